"""Starts a Python module without an import that it never uses: `python -m mlabs_ext.quick MODULE ARGUMENTS…`.

jsonschema, which Jupyter's events and nbformat load, looks for a package that checks internationalized
addresses. Importing that one builds a grammar, which takes as long as all the rest of a start together.
"""

from __future__ import annotations

import runpy
import sys
from types import ModuleType
from typing import cast

UNUSED = "rfc3987_syntax"


def main() -> None:
    """Become the module that the command line names."""
    # The documented way to make an import fail; jsonschema then goes without.
    sys.modules[UNUSED] = cast(ModuleType, None)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
