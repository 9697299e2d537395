"""A version of a lab to take along: as a program, as one HTML file, and as a reference to cite."""

from __future__ import annotations

from mlabs_ext.service import citing, scripts
from mlabs_ext.service.render import STATIC
from mlabs_ext.service.versions import Number
from mlabs_ext.service.web.files import FileHandler
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.headers import raw_headers
from mlabs_ext.wire import Version


class Download(FileHandler):
    """A file that is made when somebody asks for it, walled in like every file of a lab's."""

    def send(self, text: str | bytes, media: str, filename: str, public: bool) -> None:
        """Send it."""
        for name, value in raw_headers(media, filename, public).items():
            self.set_header(name, value)
        self.set_header("X-Robots-Tag", "noindex")
        self.finish(text)

    async def version(self, owner: str, name: str, number: Number) -> tuple[Version, bool]:
        """The version, and whether everybody may have it."""
        return await self.public_first(self.app.versions.get, owner, name, number)

    async def notebook(self, owner: str, name: str, number: str) -> tuple[bytes, str, bool]:
        """The version's notebook, its digest, and whether everybody may have it."""
        self.costs()
        rule = self.app.versions.notebook
        (data, digest), public = await self.public_first(rule, owner, name, int(number))
        return data, digest, public


class ScriptFile(Download):
    """`BASE/@{owner}/{lab}/v/{n}/script`."""

    async def get(self, owner: str, name: str, number: str) -> None:
        """Send the code, with its text as comments."""
        data, _, public = await self.notebook(owner, name, number)
        text, extension = await self.run(scripts.percent, data)
        self.send(text, "text/plain; charset=utf-8", f"{name}{extension}", public)


class HtmlFile(Download):
    """`BASE/@{owner}/{lab}/v/{n}/html`."""

    async def get(self, owner: str, name: str, number: str) -> None:
        """Send the rendered document with all that it loads."""
        data, digest, public = await self.notebook(owner, name, number)
        shown = await self.app.renderer.document(data, digest)
        page = await self.run(shown.alone, STATIC / "render")
        self.send(page, "text/html; charset=utf-8", f"{name}.html", public)


class Citation(Download):
    """`BASE/@{owner}/{lab}/cite.bib` and `…/CITATION.cff`; below `…/v/{n}/` of one version."""

    async def get(self, owner: str, name: str, number: str | None, filename: str) -> None:
        """Send the reference."""
        version, public = await self.version(owner, name, int(number) if number else "latest")
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        base = self.app.public_url or f"{self.request.protocol}://{self.request.host}{self.app.base_url}"
        make, media = CITATIONS[filename]
        names = await self.run(self.app.social.profiles.names, citing.authors(lab, version))
        text = make(lab, version, f"{base}{lab_path(lab)}/v/{version.number}", names)
        self.send(text, f"{media}; charset=utf-8", filename, public)


CITATIONS = {
    "cite.bib": (citing.bibtex, "application/x-bibtex"),
    "CITATION.cff": (citing.cff, "application/yaml"),
}
