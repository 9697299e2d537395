"""The addresses that answers carry, so that rules need not know where the service is reached."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from mlabs_ext.names import lab_url


@dataclass(frozen=True, slots=True)
class Addresses:
    """Builds addresses below `base`, which ends in a slash: absolute where the public address is known."""

    base: str

    def lab(self, owner: str, name: str) -> str:
        """A lab's page."""
        return lab_url(self.base, owner, name)

    def person(self, name: str) -> str:
        """A person's page."""
        return f"{self.base}@{quote(name, safe='')}"

    def collection(self, owner: str, name: str) -> str:
        """A collection's page."""
        return f"{self.person(owner)}/collections/{name}"

    def version(self, owner: str, name: str, number: int) -> str:
        """A version's page, fixed forever."""
        return f"{self.lab(owner, name)}/v/{number}"

    def run(self, owner: str, name: str, run: str) -> str:
        """A run's page."""
        return f"{self.lab(owner, name)}/runs/{run}"

    def comment(self, owner: str, name: str, comment: str) -> str:
        """A comment's page, with its thread."""
        return f"{self.lab(owner, name)}/comments/{comment}"

    def proposal(self, owner: str, name: str, number: int) -> str:
        """A proposal's page."""
        return f"{self.lab(owner, name)}/proposals/{number}"

    def embed(self, owner: str, name: str) -> str:
        """What other sites put into an iframe."""
        return f"{self.base}embed/@{quote(owner, safe='')}/{name}"

    def asset(self, owner: str, name: str, which: str, path: str) -> str:
        """A file's bytes; `which` is a run, a version, `latest` or `best`."""
        return f"{self.base}assets/{quote(owner, safe='')}/{name}/{which}/{quote(path)}"

    def dataset(self, owner: str, name: str) -> str:
        """A dataset's page."""
        return f"{self.person(owner)}/datasets/{name}"

    def data(self, owner: str, name: str, which: str, path: str) -> str:
        """A file of a dataset; `which` is a version or `latest`."""
        return f"{self.base}data/{quote(owner, safe='')}/{name}/{which}/{quote(path)}"

    def thumbnail(self, owner: str, name: str, number: int) -> str:
        """The small picture of a version."""
        return f"{self.base}thumbnails/{quote(owner, safe='')}/{name}/{number}.webp"

    def model(self, owner: str, name: str) -> str:
        """A model's page."""
        return f"{self.person(owner)}/models/{name}"

    def model_file(self, owner: str, name: str, which: int | str, path: str) -> str:
        """A file of a model's; `which` is a version or `latest`."""
        return f"{self.base}models/{quote(owner, safe='')}/{name}/{which}/{quote(path)}"
