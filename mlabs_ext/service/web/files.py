"""Sends files of any size in pieces, to other sites as well, and takes them in pieces."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

from tornado.iostream import StreamClosedError
from tornado.web import stream_request_body

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError, NotFound, TooLarge
from mlabs_ext.service.asset_paths import is_shown
from mlabs_ext.service.blobs_writer import Writer
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.base import YEAR, BaseHandler
from mlabs_ext.service.web.blob_sending import BlobHandler
from mlabs_ext.service.web.failures import Failure
from mlabs_ext.service.web.headers import raw_headers
from mlabs_ext.service.web.identity import SAFE
from mlabs_ext.service.web.requested import announced, network_of
from mlabs_ext.service.web.silence import Silence

P = ParamSpec("P")
T = TypeVar("T")
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
DAY = 86400
EXPOSED = "Accept-Ranges, Content-Disposition, Content-Length, Content-Location, Content-Range, ETag"


class RangeUnsatisfiable(MLabsError):
    """A range that begins behind the end."""

    status, code = 416, "range_unsatisfiable"


class FileHandler(BlobHandler):
    """Answers with a file, to pages of other sites as well where it is public."""

    async def options(self, *path: str) -> None:
        """Let other sites' pages ask for ranges; credentials of theirs are never taken."""
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Access-Control-Allow-Methods", "GET, HEAD")
        self.set_header("Access-Control-Allow-Headers", "Range, If-None-Match, If-Range")
        self.set_header("Access-Control-Max-Age", "86400")
        self.set_status(204)

    async def public_first(
        self, rule: Callable[Concatenate[Viewer, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, bool]:
        """Ask as anybody could, then as the viewer; and whether anybody may have it."""
        try:
            return await self.run(rule, Viewer.anonymous(), *args, **kwargs), True
        except NotFound:
            if self.viewer == Viewer.anonymous():
                raise
            return await self.run(rule, self.viewer, *args, **kwargs), False

    async def send_file(self, asset: wire.Asset, public: bool, fixed: bool) -> None:
        """Send it, or the range of it that is asked for, or that nothing has changed."""
        self._describe(asset, public, fixed)
        self.etag = f'"{asset.digest}"'
        self.set_header("Etag", self.etag)
        if self.check_etag_header():
            self.set_status(304)
            return
        start, stop = self._range(asset.size)
        self.set_header("Content-Length", str(stop - start))
        if self.request.method != "HEAD":
            with await self.run(self.app.blobs.pieces, asset.digest, start, stop) as pieces:
                await self.send_blob_pieces(pieces)

    async def send_pieces(self, pieces: Generator[bytes]) -> None:
        """Send pieces as fast as they are taken; the disk is read by another thread."""
        try:
            while (piece := await self.run(next, pieces, None)) is not None:
                self.write(piece)
                await self.flush()
        except StreamClosedError:
            # Who has left needs no more of it.
            pieces.close()

    def _describe(self, asset: wire.Asset, public: bool, fixed: bool) -> None:
        for name, value in raw_headers(asset.type, None, public).items():
            self.set_header(name, value)
        kind = "inline" if is_shown(asset.type) else "attachment"
        name = quote(asset.path.rpartition("/")[2])
        self.set_header("Content-Disposition", f"{kind}; filename*=UTF-8''{name}")
        self.set_header("Accept-Ranges", "bytes")
        if asset.run:
            # `latest` and `best` move on; a page that needs several files of one run finds it here.
            self.set_header("Content-Location", urlsplit(asset.url).path)
        if public:
            self.set_header("Access-Control-Expose-Headers", EXPOSED)
            self.set_header("Vary", "Accept-Encoding")
            self.set_header(
                "Cache-Control", f"public, max-age={YEAR}, immutable" if fixed else "public, no-cache"
            )

    def write_failure(self, failure: Failure) -> None:
        """Say how long the file is to who asked for more than there is, and let other sites read why not.

        They ask as nobody, and are told what anybody is: of a private lab, that there is none.
        """
        if self.viewer.name is None and self.request.method in SAFE:
            self.set_header("Access-Control-Allow-Origin", "*")
        if failure.status == RangeUnsatisfiable.status:
            self.set_header("Content-Range", f"bytes */{(failure.detail or {})['size']}")
        super().write_failure(failure)

    def _range(self, size: int) -> tuple[int, int]:
        """The bytes to send, from and until before; all of them where no single range is asked for."""
        asked = RANGE.fullmatch(self.request.headers.get("Range", "").replace(" ", ""))
        if (
            not asked
            or not any(asked.groups())
            or self.request.headers.get("If-Range", self.etag) != self.etag
        ):
            return 0, size
        first, last = asked.groups()
        start = int(first) if first else max(0, size - int(last))
        stop = min(size, int(last) + 1) if first and last else size
        if first and last and int(last) < start:
            return 0, size
        if start >= size:
            raise RangeUnsatisfiable(f"The file has {size} bytes.", detail={"size": size})
        self.set_status(206)
        self.set_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        return start, stop


@stream_request_body
class TakingHandler(BaseHandler):
    """Takes a body into a blob while it comes; `verb` says by which verb, `most` how many
    bytes, where there is a limit.

    A subclass keeps the blob, and says by `begin` what is in the way before the first byte.
    """

    takes_files = True
    verb = "PUT"
    most: int | None = None
    blob: Writer | None = None
    failure: MLabsError | None = None
    done = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.silence = Silence(self)

    async def begin(self, size: int) -> None:
        """Raise what is in the way, given the announced `size`, 0 where that is not known."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """Refuse what can be refused now; large files take as long as they take.

        Who sends without waiting for leave would meet a closed connection in place of the reason: then the
        body is dropped, and the reason is the answer at its end.
        """
        network_of(self.request).set_body_timeout(DAY)
        try:
            await super().prepare()
            if self.request.method == self.verb:
                await self._begin()
                self.silence.begins()
        except MLabsError as failure:
            headers = self.request.headers
            # A proxy gives leave to its client itself, and sends on at once.
            waits = "Expect" in headers and "X-Forwarded-For" not in headers
            if self.request.method != self.verb or waits:
                raise
            self.failure = failure

    async def _begin(self) -> None:
        await self.begin(announced(self.request.headers))
        self.blob = await self.run(self.app.blobs.writer().__enter__)

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece; the sender waits until it is written. What fails is told at the end."""
        self.silence.ends()
        if self.blob is not None and self.failure is None:
            try:
                await self._take(self.blob, chunk)
            except MLabsError as failure:
                self.failure = failure
        self.silence.begins()

    async def _take(self, blob: Writer, chunk: bytes) -> None:
        if self.most is not None and blob.size + len(chunk) > self.most:
            raise TooLarge(f"At most {self.most} bytes are taken here.")
        await self.run(blob.write, chunk)

    def came(self) -> Writer:
        """What came, all of it; raises what was wrong with it."""
        self.silence.ends()
        if self.failure is not None:
            raise self.failure
        assert self.blob is not None
        return self.blob

    def on_finish(self) -> None:
        """Be done, once; nothing stays of what was not committed."""
        if not self.done:
            self.done = True
            self.silence.close()
            super().on_finish()
            if self.blob is not None:
                self.app.pool.submit(self.blob.__exit__)

    def on_connection_close(self) -> None:
        """The sender has left: nothing of it counts."""
        super().on_connection_close()
        self.on_finish()


class UploadHandler(TakingHandler):
    """Takes a body into a blob while it comes, and then keeps it.

    The rule `expect` raises what is in the way before the first byte, given the path and a `size`, 0 where
    that is not known; `keep` puts the blob where it belongs and returns the asset.
    """

    expect: Callable[..., None]
    keep: Callable[..., wire.Asset]

    async def begin(self, size: int) -> None:
        """Ask the rule, for a person."""
        self.require_user()
        await self.run(self.expect, self.viewer, *self.path_args, size=size)

    async def put(self, *path: str) -> None:
        """Keep what came."""
        blob = self.came()
        digest = await self.run(blob.commit)
        asset = await self.run(self.keep, self.viewer, *path, digest, blob.size)
        self.answer(asset, 201, location=asset.url)
