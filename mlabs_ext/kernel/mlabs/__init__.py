"""What a notebook can ask of MLabs. On the path of every Python kernel, so it needs no installation.

Standard library only: it must import in any environment, whatever is installed there.
"""

from __future__ import annotations

from mlabs_kernel import load_ipython_extension
from mlabs_kernel.choices import Runtime, running

__all__ = ["Runtime", "load_ipython_extension", "runtime"]


def runtime() -> Runtime:
    """Where this notebook runs: `.environment` (`"pytorch"`) and `.accelerator` (`"gpu"` or `"none"`)."""
    return running()
