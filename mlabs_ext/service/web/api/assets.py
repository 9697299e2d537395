"""Assets over REST: lists, uploads, and all of them in one archive."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.archive import packed
from mlabs_ext.service.assets import which_of
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.files import FileHandler, UploadHandler
from mlabs_ext.service.web.headers import raw_headers
from mlabs_ext.service.web.operations import Route, operation

BEST = {
    "metric": "With `best`: the metric that decides.",
    "mode": "With `best`: max or min; by default what the metric's name suggests.",
}
OF = {"of": "`latest` (the default), a version, a run, or `best`.", **BEST}
# A file has the media type that its name stands for.
ZIP, ANY = "application/zip", "*/*"


class LabAssetsHandler(BaseHandler):
    """A lab's files."""

    @operation("A lab's files, by path", answer=list[wire.Asset], query=OF)
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        of = which_of(self.get_query_argument("of", "latest"), *best_of(self))
        self.answer_list(await self.run(self.app.assets.list_of_lab, self.viewer, owner, lab, of), None)


class LabAssetHandler(UploadHandler):
    """A file beside a lab."""

    expect = property(lambda self: self.app.assets.expect)
    keep = property(lambda self: self.app.assets.put)

    @operation(
        "Put a file beside a lab, in the place of what had its path",
        takes=ANY,
        answer=wire.Asset,
        status=201,
        access="write",
    )
    async def put(self, *path: str) -> None:
        """Upload."""
        await super().put(*path)

    @operation("Take away a file that was put beside a lab", status=204, access="write")
    async def delete(self, owner: str, lab: str, path: str) -> None:
        """Delete."""
        await self.run(self.app.assets.delete, self.viewer, owner, lab, path)
        self.set_status(204)


class OutputsHandler(BaseHandler):
    """The files that a run made."""

    @operation("The files that a run made, by path", answer=list[wire.Asset])
    async def get(self, run: str) -> None:
        """List."""
        self.answer_list(await self.run(self.app.assets.list_of_run, self.viewer, run), None)


class OutputHandler(FileHandler, UploadHandler):
    """A file that a run made."""

    reports = True
    expect = property(lambda self: self.app.assets.expect_output)
    keep = property(lambda self: self.app.assets.put_output)

    @operation("A file that a run made", media=ANY)
    async def get(self, run: str, path: str) -> None:
        """Download."""
        found, public = await self.public_first(self.app.assets.of_run, run, path)
        await self.send_file(found.asset, public, found.fixed)

    @operation(
        "Take a file as a run's output, from a user's server; the same again changes nothing",
        takes=ANY,
        answer=wire.Asset,
        status=201,
        access="write",
    )
    async def put(self, *path: str) -> None:
        """Upload."""
        await super().put(*path)


class Archive(FileHandler):
    """Many files in one."""

    async def send_archive(self, name: str, assets: list[wire.Asset], public: bool) -> None:
        """Pack while it is sent."""
        for header, value in raw_headers(ZIP, f"{name}.zip", public).items():
            self.set_header(header, value)
        if self.request.method == "HEAD":
            return
        self.costs()
        files = (
            (asset.path, asset.created, self.app.blobs.read(asset.digest, 0, asset.size)) for asset in assets
        )
        await self.send_pieces(packed(files))


class OutputsArchive(Archive):
    """What a run made, in one."""

    @operation("All files that a run made, in one archive", media=ZIP)
    async def get(self, run: str) -> None:
        """Download."""
        assets, public = await self.public_first(self.app.assets.list_of_run, run)
        await self.send_archive(f"run-{run}", assets, public)


class LabAssetsArchive(Archive):
    """A lab's files, in one."""

    @operation("All files of a lab, in one archive", media=ZIP, query=OF)
    async def get(self, owner: str, lab: str) -> None:
        """Download."""
        of = which_of(self.get_query_argument("of", "latest"), *best_of(self))
        assets, public = await self.public_first(self.app.assets.list_of_lab, owner, lab, of)
        await self.send_archive(lab, assets, public)


def best_of(handler: BaseHandler) -> tuple[str | None, str | None]:
    """What `best` means in a request."""
    return handler.get_query_argument("metric", None), handler.get_query_argument("mode", None)


CALLS = [
    Route("/labs/{owner}/{lab}/assets", LabAssetsHandler),
    Route("/labs/{owner}/{lab}/assets.zip", LabAssetsArchive),
    Route("/labs/{owner}/{lab}/assets/{path}", LabAssetHandler),
    Route("/runs/{run}/outputs", OutputsHandler),
    Route("/runs/{run}/outputs.zip", OutputsArchive),
    Route("/runs/{run}/outputs/{path}", OutputHandler),
]
