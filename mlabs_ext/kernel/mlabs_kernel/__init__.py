"""What MLabs adds to every Python kernel: the magic `%runtime`, and what `mlabs.log` needs to know.

A name of its own, beside `mlabs`: a notebook in a folder with a file `mlabs.py` must not lose the magic.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

# The kernel's shell and process: what is forked off from it must not speak in its name.
shell: Any = None
pid = 0


def load_ipython_extension(ipython: Any) -> None:
    """Called by IPython when the kernel starts; what the magic needs is imported when it is used.

    Our place on the path becomes the last one: a `mlabs` of the user's own comes first.
    """
    global shell, pid
    shell, pid = ipython, os.getpid()
    here = str(Path(__file__).parent.parent)
    if here in sys.path:
        sys.path.remove(here)
        sys.path.append(here)
    ipython.register_magic_function(runtime, "line", "runtime")
    ipython.events.register("post_run_cell", log_histories)


def runtime(line: str) -> Any:
    """Show where this notebook runs, or ask for another environment.

    %runtime                  where it runs now, and what there is
    %runtime pytorch          PyTorch, without an accelerator
    %runtime pytorch gpu      PyTorch on a GPU

    The notebook remembers it, and JupyterLab offers to restart there: files are kept, variables are lost.
    """
    from mlabs_kernel.magic import answer

    return answer(line)


def log_histories(result: Any) -> None:
    """Log what a cell's training with Keras has left behind, where no callback did."""
    if "keras" not in sys.modules:
        return
    from mlabs_kernel.keras import MARK, log_history

    for value in [result.result, *list(shell.user_ns.values())]:
        kind = type(value)
        if kind.__name__ == "History" and "keras" in kind.__module__ and not getattr(value, MARK, False):
            log_history(value, asked=False)
