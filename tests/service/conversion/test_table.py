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
