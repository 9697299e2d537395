"""What MLabs adds to every Python kernel: the magic `%runtime`.

A name of its own, beside `mlabs`: a notebook in a folder with a file `mlabs.py` must not lose the magic.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def load_ipython_extension(ipython: Any) -> None:
    """Called by IPython when the kernel starts; what the magic needs is imported when it is used.

    Our place on the path becomes the last one: a `mlabs` of the user's own comes first.
    """
    here = str(Path(__file__).parent.parent)
    if here in sys.path:
        sys.path.remove(here)
        sys.path.append(here)
    ipython.register_magic_function(runtime, "line", "runtime")


def runtime(line: str) -> Any:
    """Show where this notebook runs, or ask for another environment.

    %runtime                  where it runs now, and what there is
    %runtime pytorch          PyTorch, without an accelerator
    %runtime pytorch gpu      PyTorch on a GPU

    The notebook remembers it, and JupyterLab offers to restart there: files are kept, variables are lost.
    """
    from mlabs_kernel.magic import answer

    return answer(line)
