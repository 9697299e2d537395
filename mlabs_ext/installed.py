"""Files that an installation has below `share/mlabs`; a checkout has them where they were written."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import mlabs_ext


def shared(name: str) -> Path:
    """The file `share/mlabs/<name>` of this installation, or the checkout's where that is editable.

    Raises FileNotFoundError where it has none.
    """
    for file in metadata.files("mlabs") or ():
        if file.as_posix().endswith(f"share/mlabs/{name}"):
            return Path(str(file.locate())).resolve()
    checkout = Path(mlabs_ext.__file__).parent.parent / name
    if checkout.is_file():
        return checkout
    raise FileNotFoundError(f"{name} is missing from this installation of MLabs.")
