"""What a notebook can ask of MLabs. On the path of every Python kernel, so it needs no installation.

Standard library only: it must import in any environment, whatever is installed there.
"""

from __future__ import annotations

from typing import Any

from mlabs_kernel import load_ipython_extension
from mlabs_kernel.choices import Runtime, running
from mlabs_kernel.metrics import log

__all__ = [
    "KerasCallback",
    "LightningLogger",
    "Runtime",
    "keras_callback",
    "load_ipython_extension",
    "log",
    "runtime",
]


def runtime() -> Runtime:
    """Where this notebook runs: `.environment` (`"pytorch"`) and `.accelerator` (`"gpu"` or `"none"`)."""
    return running()


def keras_callback(**options: Any) -> Any:
    """A Keras callback that logs every epoch; `batches=100` logs every hundredth batch too."""
    return __getattr__("KerasCallback")(**options)


def __getattr__(name: str) -> Any:
    """The classes that stand on a framework, made when they are asked for."""
    if name == "KerasCallback":
        from mlabs_kernel.keras import callback_class

        globals()[name] = callback_class()
    elif name == "LightningLogger":
        from mlabs_kernel.lightning import logger_class

        globals()[name] = logger_class()
    else:
        raise AttributeError(f"module 'mlabs' has no attribute {name!r}")
    return globals()[name]
