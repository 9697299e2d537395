"""Where MLabs listens, and under which address people and user servers reach it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass

EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - recognized, not chosen


@dataclass(frozen=True)
class Address:
    """A host (name or IP address) and a port."""

    host: str = "127.0.0.1"
    port: int = 8000

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Address:
        """The address in `MLABS_HOST` and `MLABS_PORT`, by default 127.0.0.1:8000."""
        return cls(environ.get("MLABS_HOST") or cls.host, int(environ.get("MLABS_PORT") or cls.port))

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def family(self) -> socket.AddressFamily:
        """IPv4 or IPv6."""
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def bind_url(self) -> str:
        """`http://host:port`, as JupyterHub wants it."""
        return self._url(self.host)

    @property
    def local_url(self) -> str:
        """The address for processes on this machine; also a browser's, where the host is every interface."""
        return self._url("127.0.0.1" if self.host in EVERYWHERE else self.host)

    def _url(self, host: str) -> str:
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
