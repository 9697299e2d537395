"""What the hub asks the MLabs service."""

from __future__ import annotations

from logging import Logger, LoggerAdapter
from urllib.parse import quote

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPResponse

from mlabs_ext import names
from mlabs_spawner.options import Refused, Runtime


class Service:
    """The MLabs service at `url`, asked with the hub's own token; `timeout` in seconds."""

    def __init__(self, url: str, token: str, timeout: float, log: Logger | LoggerAdapter[Logger]):
        self.url, self.token, self.timeout, self.log = url, token, timeout, log

    async def runtime(self, lab: str) -> Runtime:
        """What the lab needs; raise Refused where the service does not say."""
        owner, name = names.split_lab(lab)
        response = await self.get(f"api/v1/labs/{quote(owner, safe='')}/{name}/runtime")
        if response.code == 404:
            raise Refused(f"There is no lab {lab}. Make one, or open one from its page.", 404, "lab")
        try:
            if response.code == 200:
                return msgspec.json.decode(response.body, type=Runtime)
            reason = f"status {response.code}"
        except msgspec.MsgspecError as error:
            reason = str(error)
        self.log.error("Unusable answer from the MLabs service at %s: %s", self.url, reason)
        raise Refused("MLabs cannot say what this lab needs. The hub's log says why.", 503, "service")

    async def get(self, path: str) -> HTTPResponse:
        """One GET below the service's URL."""
        try:
            return await AsyncHTTPClient().fetch(
                f"{self.url}{path}",
                headers={"Authorization": f"token {self.token}"},
                connect_timeout=self.timeout,
                request_timeout=self.timeout,
                follow_redirects=False,
                raise_error=False,
            )
        except (OSError, HTTPClientError) as error:
            self.log.error("No answer from the MLabs service at %s: %s", self.url, error)
            message = "MLabs does not answer right now. Try again in a minute."
            raise Refused(message, 503, "service") from error
