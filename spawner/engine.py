"""The Docker engine: how it is reached, and its errors in a person's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.utils import kwargs_from_env
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import RequestException, Timeout

from mlabs_spawner.options import Refused

# A busy machine may need a minute to make a container; a server has its time to end.
TIMEOUT = 180
THREADS = 32
# What fails where there is no engine, or one that breaks off.
UNREACHABLE = (NoConnection, Timeout)
FAILURES = (DockerException, RequestException)


def connect(**kwargs: Any) -> APIClient:
    """The engine that DOCKER_HOST names, else this machine's; raise one of FAILURES."""
    given = {"version": "auto", "timeout": TIMEOUT, "max_pool_size": THREADS}
    return APIClient(**{**given, **kwargs_from_env(), **kwargs})


def image_labels(image: dict[str, Any]) -> dict[str, str]:
    """The labels of an inspected image."""
    return (image.get("Config") or {}).get("Labels") or {}


def moment(text: str | None) -> float | None:
    """A time that the engine names, in seconds since 1970; None for the one that stands for never."""
    if not text or text.startswith("0001-"):
        return None
    # It has up to nine digits after the second; Python takes six.
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    at = datetime.fromisoformat(f"{seconds}.{fraction[:6]:0<6}")
    return at.replace(tzinfo=UTC).timestamp()


def refused(failure: Exception) -> Refused:
    """What a person is told of a start that the engine failed."""
    text = str(getattr(failure, "explanation", None) or failure)
    if isinstance(failure, UNREACHABLE):
        return Refused(
            "Docker does not answer on this machine right now. Try again in a minute.", 503, "engine"
        )
    for sign, words, status in CAUSES:
        if sign in text:
            return Refused(words, status, "engine")
    if isinstance(failure, ImageNotFound):
        return Refused("The image of this environment went away while the server started.", 503, "image")
    code = failure.status_code if isinstance(failure, APIError) else "?"
    return Refused(f"Docker could not start the server (status {code}): {text[:300]}", 503, "engine")


# A part of the engine's own words, what a person is told, and the HTTP status.
CAUSES = [
    (
        "could not select device driver",
        "This machine's Docker hands out no GPUs: its administrator has to install the NVIDIA Container "
        "Toolkit. Without a GPU the lab can start now.",
        503,
    ),
    (
        "nvidia-container-cli",
        "The GPU does not work on this machine right now; its administrator finds more in the hub's log. "
        "Without a GPU the lab can start now.",
        503,
    ),
    ("no space left on device", "The disk of the machine that runs labs is full.", 507),
    (
        "address already in use",
        "Two servers wanted the same network address. Start it again.",
        503,
    ),
]

__all__ = ["FAILURES", "THREADS", "APIError", "NotFound", "connect", "image_labels", "moment", "refused"]
