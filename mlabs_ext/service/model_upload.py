"""Which files make a model, before anything is read of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.service.asset_paths import check_sent_path
from mlabs_ext.service.blobs_writer import Writer
from mlabs_ext.service.model_rows import MODEL

KERAS = (".h5", ".hdf5", ".keras")
MAX_FILES = 1000
TORCH = "is a model of PyTorch, whose files hold code and are not read here."
# What is often tried, by how its name ends.
ELSEWHERE = {
    ".onnx": "is an ONNX model, which is not converted here: save the model that it was made of where you "
    "made it, or make one of Keras of it with a converter on your own machine, such as onnx2tf with -okv3.",
    ".pb": "is a SavedModel of TensorFlow, which is not read here: tensorflowjs_converter makes a model of "
    "TensorFlow.js of it.",
    ".tflite": "is a model for TensorFlow Lite, from which no layers can be had: take what it was made of.",
    ".pt": TORCH,
    ".pth": TORCH,
    ".zip": "is an archive: unpack it first.",
}


class Stored(NamedTuple):
    """A file that came, by its path, and the blob that it is now."""

    path: str
    digest: str
    size: int


class Arriving:
    """A file of a form, on its way into a blob; no row names that yet."""

    def __init__(self, path: str, writer: Writer):
        # Some browsers give the path as the sender's system writes it.
        self._path, self._writer = path.replace("\\", "/"), writer.__enter__()

    def write(self, data: memoryview) -> None:
        """Take the next bytes."""
        self._writer.write(data)

    def commit(self) -> Stored:
        """All of it is here."""
        stored = Stored(self._path, self._writer.commit(), self._writer.size)
        self.abandon()
        return stored

    def abandon(self) -> None:
        """Nothing stays of what was not committed."""
        self._writer.__exit__()


def is_model(path: str) -> bool:
    """Whether a file of this name is a model, or names the files of one."""
    return path.lower().endswith(KERAS) or PurePosixPath(path).name == MODEL


def checked(files: Sequence[Stored]) -> list[Stored]:
    """The files of one model, with paths from where its `model.json` lies; Unusable where they are none,
    BadInput where one lies elsewhere.
    """
    if len(files) > MAX_FILES:
        raise _unusable(f"These are {len(files)} files; a model has {MAX_FILES} at most.")
    for file in files:
        check_sent_path(file.path)
    if len({file.path for file in files}) < len(files):
        raise _unusable("Two of the files have the same name.")
    described = [file for file in files if PurePosixPath(file.path).name == MODEL]
    if len(described) == 1:
        return list(_below(described[0], files))
    keras = [file for file in files if file.path.lower().endswith(KERAS)]
    if len(files) == len(keras) == 1:
        return [keras[0]._replace(path=PurePosixPath(keras[0].path).name)]
    raise _unusable(_why(files, described, keras))


def _below(model: Stored, files: Sequence[Stored]) -> Iterator[Stored]:
    folder = model.path.removesuffix(MODEL)
    for file in files:
        if not file.path.startswith(folder):
            raise BadInput(
                f"{file.path!r:.100} does not lie in the folder of {model.path!r:.100}: upload the "
                "folder of one model, with all of its files in it.",
                "path_invalid",
            )
        yield file._replace(path=file.path.removeprefix(folder))


def _why(files: Sequence[Stored], described: Sequence[Stored], keras: Sequence[Stored]) -> str:
    if not files:
        return "No file came."
    if len(described) > 1:
        return f"There are {len(described)} {MODEL} in it: each model is uploaded by itself."
    if keras:
        return f"{keras[0].path!r:.100} is a model by itself, and came with other files."
    kind = PurePosixPath(files[0].path).suffix.lower()
    if kind in ELSEWHERE:
        return f"{files[0].path!r:.100} {ELSEWHERE[kind]}"
    return f"There is no {MODEL} among the files."


def _unusable(reason: str) -> Unusable:
    return Unusable(
        f"{reason} Upload a `.keras` or `.h5` file that Keras saved, or the `{MODEL}` of TensorFlow.js "
        "together with all the files of weights that it names.",
        "model_files_invalid",
    )
