"""How a model is refused: always with what is wrong, what to do, and the layer that it is about."""

from __future__ import annotations

from mlabs_ext.errors import Unusable

CODE = "model_refused"


def refused(message: str, layer: str | None = None) -> Unusable:
    """The error that refuses a model."""
    return Unusable(message, CODE, {"layer": layer} if layer else None)


def damaged(what: str) -> Unusable:
    """The error for a file that does not hold what it says."""
    return refused(f"This file is damaged: {what}. Save the model again, and upload the new file.")
