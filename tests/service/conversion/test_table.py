"""Each network as real Keras saved it predicts the same in TensorFlow.js, or is refused with a reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.recorded_models import model_file, predictions, recorded

from mlabs_ext.service.conversion.__main__ import answer
from mlabs_ext.service.conversion.task import Task
from mlabs_ext.service.model_check import NODE, SCRIPT, TOLERANCE

KINDS = ("keras2.h5", "keras2.keras", "keras3.h5", "keras3.keras")
NETWORKS = sorted({name.split(".")[0] for name in recorded()})
TABLE = Path(__file__).parents[3] / "docs" / "conversion-table.md"
INTRODUCTION = (
    "# Networks that were converted",
    "",
    "Twenty-eight networks (`tests/support/keras_models.py`), each saved by real Keras 2 and 3, in both of",
    "their formats. *equal*: in TensorFlow.js it predicts what it did in Keras, within 0.00001. The test",
    "`tests/service/conversion/test_table.py` runs them all, and holds this page against what it finds.",
    "",
)
# What is Python code, or a calculation between layers, has no layer in TensorFlow.js.
REFUSED = {"lambdas": "Lambda", "operations": "calculation"}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """What became of each file: how far its predictions are from Keras', or why it was refused."""
    found, questions = {}, {}
    for name in recorded():
        folder = tmp_path_factory.mktemp(name)
        target = folder / "made"
        target.mkdir()
        path = model_file(name, folder)
        made = answer(Task({path.name: str(path)}, str(target), 1 << 24))
        if made.failed:
            found[name] = made.failed.message
        else:
            questions[name] = {"folder": str(target), "recorded": predictions(name)}
    return found | ran(questions)


def ran(questions: dict[str, object]) -> dict[str, object]:
    """All of them in one process, as starting one takes longer than running them all."""
    lines = "".join(f"{json.dumps(question)}\n" for question in questions.values())
    done = subprocess.run(
        [NODE, SCRIPT], input=lines, capture_output=True, text=True, timeout=300, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: it.get("error") or it["difference"] for name, it in zip(questions, answers, strict=True)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("network", NETWORKS)
def test_it_predicts_the_same_or_is_refused(table, network, kind):
    result = table[f"{network}.{kind}"]
    if network in REFUSED:
        assert isinstance(result, str)
        assert REFUSED[network] in result
    else:
        assert isinstance(result, float | int), result
        assert result <= TOLERANCE


def test_the_table_is_whole():
    assert len(NETWORKS) == 28
    assert set(recorded()) == {f"{network}.{kind}" for network in NETWORKS for kind in KINDS}
    assert Path(SCRIPT).is_file()


def test_it_is_the_documented_table(table):
    assert TABLE.read_text(encoding="utf-8") == documented(table), documented(table)


def documented(table):
    """The table as a page."""
    heads = ("network", *(kind.replace(".", ", .").replace("keras", "Keras ", 1) for kind in KINDS))
    rows = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- | --- |"]
    for network in NETWORKS:
        cells = ["refused" if isinstance(table[f"{network}.{kind}"], str) else "equal" for kind in KINDS]
        rows.append(f"| {network.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join([*INTRODUCTION, *rows, ""])
