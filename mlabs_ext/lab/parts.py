"""A trait for a part that is handed in, named by what it can do and not by a class."""

from __future__ import annotations

from typing import TypeVar

from traitlets import TraitType

T = TypeVar("T")


class Part(TraitType[T, T]):
    """Anything that does what `Part[...]` says, a Protocol or a function; only type checkers look at that."""

    info_text = "a part of the extension"
