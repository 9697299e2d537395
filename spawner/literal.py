"""What people named stays as it is: DockerSpawner, Swarm and Kubernetes each expand what they are told."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any


class Rendered(dict[str, Any]):
    """Options of a container in which nothing is a template any more."""


def for_swarm(text: str) -> str:
    """The text as managers and nodes of a Swarm read it: two braces begin a template of Go's."""
    return text.replace("{{", '{{"{{"}}')


def for_kubernetes(text: str) -> str:
    """The text as Kubernetes reads it: `$(NAME)` is the value of a variable, two dollars are one."""
    return text.replace("$", "$$")


def variables(
    env: Mapping[str, Any], administrators: Container[str], literal: Callable[[str], str]
) -> dict[str, Any]:
    """A server's variables, literally, but for those of the administrator's, which may be templates."""
    return {
        name: literal(value) if isinstance(value, str) and name not in administrators else value
        for name, value in env.items()
    }
