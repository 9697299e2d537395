"""All rules about what people do around labs, built once and put together."""

from __future__ import annotations

from typing import Any

from traitlets.config import LoggingConfigurable

from mlabs_ext.service.stars import Stars

CLASSES: list[type[LoggingConfigurable]] = [Stars]


class Social:
    """The rules; `shared` is what all rules stand on."""

    def __init__(self, parent: LoggingConfigurable, shared: dict[str, Any]) -> None:
        self.stars = Stars(parent=parent, **shared)
