"""An MLabs elsewhere: its API, with the token that `mlabs login` keeps."""

from __future__ import annotations

import http.client
import io
import os
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec
from msgspec import Struct

from mlabs_ext import errors
from mlabs_ext.errors import BadInput, Forbidden, MLabsError, Unavailable

T = TypeVar("T")
SERVICE = "/services/mlabs"
TIMEOUT = 60
KINDS = {
    kind.status: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, MLabsError)
}


class Login(Struct):
    """What a person said with `mlabs login`; `url` is the address of the hub, without a slash at its end."""

    url: str
    token: str


class Told(Struct):
    """The inside of the one error shape."""

    message: str
    code: str
    detail: dict[str, Any] | None = None


class ErrorAnswer(Struct):
    """The one error shape."""

    error: Told


def login_file() -> Path:
    """Where the login is kept: $MLABS_LOGIN, else below the folder for settings."""
    if named := os.environ.get("MLABS_LOGIN"):
        return Path(named)
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(settings, "mlabs", "login.json")


def hub_url(given: str) -> str:
    """The hub's address of any address of it that a person may have at hand."""
    parts = urllib.parse.urlsplit(given if "://" in given else f"https://{given}")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadInput(f"{given!r:.200} is not the address of an MLabs.", "url_invalid")
    path = parts.path.partition("/services/")[0].partition("/hub")[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def keep(login: Login) -> Path:
    """Write the login down, for its person alone; the file."""
    file = login_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        os.fchmod(descriptor, 0o600)
        opened.write(msgspec.json.encode(login))
    return file


def kept() -> Login:
    """The login that is kept; Forbidden where there is none."""
    try:
        return msgspec.json.decode(login_file().read_bytes(), type=Login)
    except (OSError, msgspec.MsgspecError) as error:
        raise Forbidden("Sign in first: mlabs login URL", "login_missing") from error


class Site:
    """Requests to `api/v1/` of one MLabs."""

    def __init__(self, login: Login):
        self.login = login

    def get(self, path: str, shape: type[T], **query: Any) -> T:
        """GET, decoded as `shape`; query values that are None are left out."""
        asked = urllib.parse.urlencode({key: value for key, value in query.items() if value is not None})
        return self.ask("GET", f"{path}?{asked}" if asked else path, None, shape)

    def post(self, path: str, body: Any, shape: type[T], timeout: float = TIMEOUT) -> T:
        """POST `body` as JSON, and decode the answer as `shape`."""
        headers = {"Content-Type": "application/json"}
        return self.ask("POST", path, msgspec.json.encode(body), shape, headers, timeout)

    def download(self, path: str, out: BinaryIO) -> None:
        """Write what is at an address below BASE to a file; Unavailable where not all of it came."""
        headers = {"Authorization": f"token {self.login.token}"}
        request = urllib.request.Request(f"{self.login.url}{SERVICE}/{path}", headers=headers)  # noqa: S310
        with self._opened(request) as answer:
            shutil.copyfileobj(answer, out)
            size = answer.headers.get("Content-Length")
        if size is not None and out.tell() != int(size):
            raise Unavailable(f"{path} did not come whole; try again.", "file_incomplete")

    def bytes_of(self, path: str) -> bytes:
        """What is at an address below BASE."""
        with io.BytesIO() as held:
            self.download(path, held)
            return held.getvalue()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        shape: type[T],
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> T:
        """One request; raises what the service has against it, as it says it."""
        with self._opened(self._request(method, path, body, headers or {}), timeout) as answer:
            return msgspec.json.decode(answer.read(), type=shape)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """One request whose answer is empty."""
        with self._opened(self._request(method, path, body, headers)):
            return

    def _request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib.request.Request:
        address = f"{self.login.url}{SERVICE}/api/v1/{path}"
        own = {"Authorization": f"token {self.login.token}"}
        return urllib.request.Request(address, body, {**headers, **own}, method=method)  # noqa: S310 - http(s)

    @contextmanager
    def _opened(self, request: urllib.request.Request, timeout: float = TIMEOUT) -> Iterator[Any]:
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - http or https
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                raise told(error.code, error.read(), self.login.url) from error
        except (OSError, http.client.HTTPException, msgspec.MsgspecError) as error:
            raise Unavailable(f"{self.login.url} does not answer as an MLabs does: {error}") from error


def told(status: int, body: bytes, url: str) -> MLabsError:
    """The error that an answer tells."""
    try:
        said = msgspec.json.decode(body, type=ErrorAnswer).error
    except msgspec.MsgspecError:
        return Unavailable(f"{url} answers with status {status}; try again in a minute.")
    if said.code == "token_invalid":
        return Forbidden(f"{url} does not know your token any more: mlabs login {url}", said.code)
    kind = KINDS.get(status, MLabsError)
    return kind(said.message, said.code, said.detail)
