"""PyTorch Lightning: a logger that its trainer tells everything that `self.log` is told."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from mlabs_kernel.metrics import log_found

MODULES = ("lightning.pytorch.loggers.logger", "pytorch_lightning.loggers.logger")


def logger_class() -> type:
    """The logger, made for the Lightning that is installed."""
    base: Any = found().Logger

    class LightningLogger(base):
        """Logs a training's metrics: `Trainer(logger=mlabs.LightningLogger())`."""

        name = "mlabs"
        version = ""

        @property
        def experiment(self) -> None:
            """There is no client to get at: call `mlabs.log`."""

        def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
            """Parameters are the notebook's own: nothing is logged."""

        def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
            log_found(metrics, step)

    return LightningLogger


def found() -> Any:
    """Lightning's module of loggers, under the name that it is installed by."""
    for name in MODULES[:-1]:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return importlib.import_module(MODULES[-1])
