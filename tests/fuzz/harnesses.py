"""What is fuzzed byte by byte: each harness takes any bytes, and raises only where something is wrong.

`python tests/fuzz/harnesses.py notebook` fuzzes one with atheris; arguments after the name go to libFuzzer.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
# No model here is larger, and a task that may write more would only be slower.
LIMIT = 1 << 20
# Longer inputs find nothing that shorter ones do not, and each takes longer.
LONGEST = 1 << 16


class Harness(NamedTuple):
    """`check` is called with any bytes; `seeds` are where to begin."""

    check: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def notebook(data: bytes) -> None:
    """A file is refused as no notebook, or it is one: what is written of it is read as the same."""
    from mlabs_ext import notebook as notebooks
    from mlabs_ext.errors import BadInput

    try:
        found = notebooks.parse(data)
    except BadInput:
        return
    written = notebooks.dumps(found)
    assert notebooks.dumps(notebooks.parse(written)) == written
    cleaned = notebooks.dumps(notebooks.clean(found))
    assert notebooks.dumps(notebooks.clean(notebooks.parse(cleaned))) == cleaned
    assert len(notebooks.title_of(found) or "") <= notebooks.TITLE_MAX
    notebooks.runtime_of(found)


def hdf5(data: bytes) -> None:
    """A file is refused as no model, or it is converted; nothing is written but into its folder."""
    _converted("model.h5", data)


def description(data: bytes) -> None:
    """The same of a file that is in order, but for what it says of its layers."""
    import h5py

    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder, "model.h5")
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"] = "3.0.0" if data[:1] == b"3" else "2.15.0"
            file.attrs["model_config"] = data[1:].replace(b"\0", b" ") or b" "
            file.create_group("model_weights")
        _converted("model.h5", path.read_bytes())


def _converted(name: str, data: bytes) -> None:
    from mlabs_ext.service.conversion.__main__ import answer
    from mlabs_ext.service.conversion.task import Task

    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        source, target = Path(folder, name), Path(folder, "made")
        source.write_bytes(data)
        target.mkdir()
        found = answer(Task({name: str(source)}, str(target), LIMIT))
        assert (found.made is None) != (found.failed is None)
        if found.failed is not None:
            assert found.failed.status in (413, 422)
        else:
            json.loads((target / "model.json").read_bytes())


def notebook_seeds() -> Iterator[bytes]:
    """A notebook of each format, and what is on the edge of being one."""
    output = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}
    result = {
        "output_type": "execute_result",
        "data": {"text/plain": "1", "application/json": {"a": 1}},
        "metadata": {},
        "execution_count": 1,
    }
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]}
    code = {"cell_type": "code", "metadata": {"tags": ["a, b"]}, "source": "1 + 1", "execution_count": 1}
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n"], "attachments": {}}
    cells = [code | {"outputs": [output, result, error]}, text, {"cell_type": "raw", "source": "r"}]
    spec = {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}, "colab": {}}
    for minor in (0, 4, 5, 99):
        yield _json({"nbformat": 4, "nbformat_minor": minor, "metadata": spec, "cells": cells})
    old = {"cell_type": "code", "input": "1", "language": "python", "outputs": [], "prompt_number": 1}
    heading = {"cell_type": "heading", "level": 1, "source": "T"}
    for major in (2, 3):
        sheets = [{"cells": [old, heading]}]
        yield _json({"nbformat": major, "nbformat_minor": 0, "metadata": {"name": "n"}, "worksheets": sheets})
    yield from (b"", b"null", b"[]", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')


def hdf5_seeds() -> Iterator[bytes]:
    """Files as real Keras wrote them."""
    for path in _models():
        yield path.read_bytes()


def description_seeds() -> Iterator[bytes]:
    """What those say of their layers."""
    import h5py

    for path in _models():
        with h5py.File(path) as file:
            version = str(file.attrs["keras_version"])
            yield (version[:1] + str(file.attrs["model_config"])).encode()


def _models() -> Iterator[Path]:
    from support.recorded_models import model_file, recorded

    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(recorded()):
            if name.endswith(".h5"):
                path = model_file(name, Path(folder))
                if path.stat().st_size <= LONGEST:
                    yield path


def _words(harness: Harness) -> list[str]:
    """The words of the seeds that are JSON: a fuzzer would take long to find them by itself."""
    found = (re.findall(rb'"(\w{2,40})"', seed) for seed in harness.seeds())
    return sorted({word.decode() for words in found for word in words})


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


HARNESSES = {
    "notebook": Harness(notebook, notebook_seeds),
    "hdf5": Harness(hdf5, hdf5_seeds),
    "description": Harness(description, description_seeds),
}


def main(name: str, *arguments: str) -> None:
    """Fuzz one, from its seeds on, until libFuzzer is told to stop or something is wrong."""
    import atheris

    with atheris.instrument_imports(include=["mlabs_ext", "nbformat"]):
        import mlabs_ext.notebook
        import mlabs_ext.service.conversion.converting  # noqa: F401
    harness = HARNESSES[name]
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(harness.seeds()):
            Path(folder, f"seed-{number}").write_bytes(seed)
        words = Path(folder).with_suffix(".dict")
        words.write_text("\n".join(f'"\\"{word}\\""' for word in _words(harness)))
        settings = [f"-max_len={LONGEST}", "-rss_limit_mb=3072", f"-dict={words}"]
        atheris.Setup([name, *settings, *arguments, folder], harness.check)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    main(*sys.argv[1:])
