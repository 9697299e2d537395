"""What the hub asks the MLabs service, and what it tells it."""

from __future__ import annotations

import asyncio
from logging import Logger, LoggerAdapter
from typing import Any
from urllib.parse import quote

import msgspec
from tornado.httpclient import HTTPClientError, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from mlabs_ext import names, wire
from mlabs_spawner.options import Refused, Runtime


class Unreachable(Exception):
    """The service did not answer at all."""


class Client(SimpleAsyncHTTPClient):
    """Not the one that JupyterHub shares among all: of that only ten requests are under way at a time."""


class Service:
    """The MLabs service at `url`, asked with the hub's own token; `timeout` in seconds."""

    def __init__(self, url: str, token: str, timeout: float, log: Logger | LoggerAdapter[Logger]):
        self.url, self.token, self.timeout, self.log = url, token, timeout, log

    async def runtime(self, lab: str) -> Runtime:
        """What the lab needs; raise Refused where the service does not say."""
        owner, name = names.split_lab(lab)
        response = await self.ask("GET", f"labs/{quote(owner, safe='')}/{name}/runtime")
        if response.code == 404 and complaint(response):
            raise Refused(f"There is no lab {lab}. Make one, or open one from its page.", 404, "lab")
        try:
            if response.code == 200:
                return msgspec.json.decode(response.body, type=Runtime)
            reason = f"status {response.code}"
        except msgspec.MsgspecError as error:
            reason = str(error)
        self.log.error("Unusable answer from the MLabs service at %s: %s", self.url, reason)
        raise Refused("MLabs cannot say what this lab needs. The hub's log says why.", 503, "service")

    async def run(self, run: str, user: str, lab: str) -> Runtime:
        """What the server of a batch run needs; raise Refused where no such run waits for one."""
        response = await self.ask("GET", f"runs/{run}/runtime")
        if response.code == 404 and complaint(response):
            raise Refused("There is no batch run that waits for this server.", 404, "run")
        try:
            if response.code == 200:
                told = msgspec.json.decode(response.body, type=wire.BatchRuntime)
                if (told.user, told.lab) != (user, lab):
                    raise Refused("This run is not one of this lab.", 404, "run")
                return Runtime(told.environment, told.accelerator, told.image)
            reason = f"status {response.code}"
        except msgspec.MsgspecError as error:
            reason = str(error)
        self.log.error("Unusable answer from the MLabs service at %s: %s", self.url, reason)
        raise Refused("MLabs cannot say what this run needs. The hub's log says why.", 503, "service")

    async def grant(self, asked: wire.ServerCreate) -> wire.Grant:
        """A place for a server; raise Refused, in the service's own words where it refuses.

        Asking again with the same id is harmless.
        """
        response = await self.ask("POST", "servers", asked)
        try:
            if response.code in (200, 201):
                return msgspec.json.decode(response.body, type=wire.Grant)
            reason = f"status {response.code}"
        except msgspec.MsgspecError as error:
            reason = str(error)
        if refused := refusal(response):
            raise refused
        self.log.error("Unusable answer from the MLabs service at %s: %s", self.url, reason)
        raise Refused(
            "MLabs cannot say whether there is a place for this lab. The hub's log says why.", 503, "service"
        )

    async def ask(self, method: str, path: str, body: Any = None) -> HTTPResponse:
        """One request for somebody who waits; raise Refused where there is no answer."""
        try:
            return await self.send(method, path, body)
        except Unreachable:
            # The service restarts within a second, and a hub that starts fifty servers may be late itself.
            await asyncio.sleep(1)
        try:
            return await self.send(method, path, body)
        except Unreachable as error:
            self.log.error("No answer from the MLabs service at %s: %s", self.url, error)
            message = "MLabs does not answer right now. Try again in a minute."
            raise Refused(message, 503, "service", retry_after=60) from error

    async def send(self, method: str, path: str, body: Any = None) -> HTTPResponse:
        """One request below the API's URL; raise Unreachable where there is no answer."""
        try:
            return await Client(max_clients=100).fetch(
                f"{self.url}api/v1/{path}",
                method=method,
                headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
                body=None if body is None else msgspec.json.encode(body),
                connect_timeout=self.timeout,
                request_timeout=self.timeout,
                follow_redirects=False,
                raise_error=False,
            )
        except (OSError, HTTPClientError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error


class _Error(msgspec.Struct):
    message: str
    code: str = "refused"


class _ErrorBody(msgspec.Struct):
    error: _Error


def complaint(response: HTTPResponse) -> _Error | None:
    """What the service itself has against a request; None where something in between answers in its place."""
    try:
        return msgspec.json.decode(response.body, type=_ErrorBody).error
    except msgspec.MsgspecError:
        return None


def refusal(response: HTTPResponse) -> Refused | None:
    """What the service refuses to a person, and when to ask again; None where it says something else."""
    error = complaint(response)
    # The words of a wrong token or role, and of another version, are for the administrator.
    if error is None or error.code in ("scope_missing", "forbidden", "not_found"):
        return None
    if response.code not in (402, 403, 409, 422, 429, 503, 507):
        return None
    after = response.headers.get("Retry-After", "")
    return Refused(
        error.message, response.code, error.code, retry_after=int(after) if after.isdecimal() else None
    )
