"""What a new lab may begin with: the Welcome lab, and a short notebook for each environment."""

from __future__ import annotations

import re
import tomllib
from functools import cached_property
from pathlib import Path

import msgspec
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sqlalchemy.orm import Session
from traitlets import Unicode

from mlabs_ext import notebook as notebooks
from mlabs_ext.errors import NotFound
from mlabs_ext.names import split_lab
from mlabs_ext.service import dataset_rows
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.viewers import Viewer

FOLDER = Path(__file__).parent / "beginnings"
WELCOME = "welcome"
LIBRARY = "library/"
CODE = re.compile(r"^```(\w+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
KERNELS = {
    "python": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "R": {"name": "ir", "display_name": "R", "language": "R"},
}


class Beginning(msgspec.Struct, frozen=True):
    """One of them: how it is called, what it needs, and its text."""

    name: str
    title: str
    summary: str
    environment: str
    data: tuple[str, ...] = ()
    text: str = ""

    def notebook(self) -> bytes:
        """The notebook, in format 4.5, that names its environment and its data."""
        language, cells = "python", []
        for number, (kind, source) in enumerate(parts(self.text), 1):
            own_id = f"{self.name}-{number}"
            cells.append(
                new_markdown_cell(source, id=own_id) if kind is None else new_code_cell(source, id=own_id)
            )
            language = kind or language
        own = {"environment": self.environment, **({"data": list(self.data)} if self.data else {})}
        metadata = {"kernelspec": KERNELS[language], "mlabs": own}
        return notebooks.dumps(new_notebook(cells=cells, metadata=metadata))


class Beginnings(Rules):
    """The rules about them."""

    library = Unicode("library", help="Whose the datasets are that come with MLabs.")

    @cached_property
    def all(self) -> list[Beginning]:
        """All that come with MLabs, in their order."""
        listed = tomllib.loads((FOLDER / "beginnings.toml").read_text(encoding="utf-8"))["beginning"]
        return [self._read(msgspec.convert(fields, Beginning)) for fields in listed]

    def offered(self, viewer: Viewer, environments: set[str]) -> list[Beginning]:
        """Those whose data are here, and that run in one of these environments."""
        with self.store.read() as session:
            return [
                one
                for one in self.all
                if (one.name == WELCOME or one.environment in environments) and _has(session, viewer, one)
            ]

    def get(self, viewer: Viewer, name: str) -> Beginning:
        """The one of that name, with its data here; NotFound `template_unknown`."""
        with self.store.read() as session:
            for one in self.all:
                if one.name == name and _has(session, viewer, one):
                    return one
        raise NotFound(f"There is no notebook {name!r:.60} to begin with.", "template_unknown")

    def _read(self, one: Beginning) -> Beginning:
        text = (FOLDER / f"{one.name}.md").read_text(encoding="utf-8")
        there = f"{self.library}/"
        data = tuple(name.replace(LIBRARY, there) for name in one.data)
        return msgspec.structs.replace(one, data=data, text=text.replace(LIBRARY, there))


def _has(session: Session, viewer: Viewer, one: Beginning) -> bool:
    """Whether the viewer can have its data: an administrator may have left them out."""
    try:
        for name in one.data:
            dataset_rows.find(session, viewer, *split_lab(name))
    except NotFound:
        return False
    return True


def parts(text: str) -> list[tuple[str | None, str]]:
    """Cells as Jupytext's Markdown has them: fenced code with its language, and texts between, with None."""
    found: list[tuple[str | None, str]] = []
    between, *rest = CODE.split(text)
    found += _texts(between)
    for language, code, after in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        found += [(language, code), *_texts(after)]
    return found


def _texts(text: str) -> list[tuple[None, str]]:
    return [(None, part.strip("\n")) for part in text.split("\n\n\n") if part.strip()]
