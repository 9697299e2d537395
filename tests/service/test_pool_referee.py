"""The referee: TensorFlow.js itself agrees with what Python expects; a process that ends is replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.pool import decoded, rows, spec

from mlabs_ext.errors import Unavailable, Unusable
from mlabs_ext.service import pool_blocks, pool_likeness, pool_specs
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.pool_referee import Referee
from mlabs_ext.service.pool_verdicts import Question

DENSE = {"kind": "dense", "units": 4, "activation": "relu", "initialiser": "heNormal", "dropout": 0.2}
CONVOLUTION = {"kind": "convolution", "filters": 3, "size": 3, "pool": True, "activation": "relu"}
GRU = {"kind": "recurrent", "cell": "gru", "units": 3}
WORDS = {"kind": "embedding", "units": 4}


@pytest.fixture
async def referee(tmp_path):
    made = Referee(Blobs(directory=str(tmp_path / "blobs")))
    yield made
    await made.close()
    assert made._folder is None


def question(
    referee: Referee, asked: dict, start: str | None = None, before: int = 0, to: int = 2, blob=None
):
    """To do a slice, or to judge `blob`."""
    of = decoded({**asked, "rows": 20})
    kinds = {"x": tuple(of.shape), "y": of.output.units}
    train, held_out = (_rows(of, count, kinds) for count in (20, 8))
    sent = [referee.blobs.put(block) for block in (train, held_out)]
    return Question("slice", "lease", of, None, None, 0, to, *sent, None)


def _rows(of, count: int, kinds: dict) -> bytes:
    block = rows(count, count, **kinds)
    if not of.words:
        return block
    said = pool_blocks.Rows("mlabs-rows/1", count, of.shape, of.output.units)
    chance = np.random.default_rng(1)
    words = chance.integers(0, of.words, count * of.shape[0]).astype(np.float32)
    return pool_blocks.packed(
        said, [words, np.eye(2, dtype=np.float32)[chance.integers(0, 2, count)].ravel()]
    )


async def done(referee: Referee, asked: Question, folder: Path) -> tuple[str, pool_blocks.State]:
    """A slice of the referee's as a blob, and what Python finds in it."""
    out = folder / "made"
    await referee.slice(asked, out)
    with out.open("rb") as file:
        state = pool_blocks.checkpoint(file, out.stat().st_size, asked.network, asked.before, asked.to)
    return referee.blobs.put(out.read_bytes()), state


NETWORKS = {
    "dense, adam": spec(layers=[DENSE], optimiser="adam"),
    "dense, sgd": spec(layers=[DENSE], optimiser="sgd"),
    "dense, momentum": spec(layers=[DENSE], optimiser="momentum"),
    "dense, rmsprop": spec(layers=[DENSE], optimiser="rmsprop"),
    "a picture": spec(shape=[6, 6, 2], layers=[CONVOLUTION, DENSE]),
    "a series": spec(shape=[8, 2], layers=[{**GRU, "cell": "lstm"}, GRU]),
    "a simple one": spec(shape=[8, 2], layers=[CONVOLUTION, {**GRU, "cell": "simple"}]),
    "a text": spec(shape=[6], words=9, layers=[WORDS, {"kind": "pooling", "how": "max"}, DENSE]),
}


@pytest.mark.parametrize("asked", NETWORKS.values(), ids=NETWORKS)
async def test_a_slice_of_tensorflow_js_is_what_python_expects(referee, tmp_path, asked):
    whole = question(referee, asked, to=2)
    blob, state = await done(referee, whole, tmp_path)
    assert state.finite
    assert state.steps == pool_specs.steps(whole.spec, 2)
    assert [point.epoch for point in state.said.curve] == [1, 2]
    judged = await referee.judge(whole._replace(blob=blob))
    assert judged.claim == pytest.approx(state.said.claim.loss, rel=1e-4)
    assert judged.loss > 0
    assert 0 <= judged.score <= 1
    # In two goes it comes to the same.
    half, _ = await done(referee, whole._replace(to=1), tmp_path)
    rest, _ = await done(referee, whole._replace(start=half, before=1), tmp_path)
    distance = pool_likeness.apart(referee.blobs, whole.network, rest, blob, half)
    assert distance < 1e-3


async def test_one_process_answers_many_questions_and_another_takes_its_place(referee, tmp_path):
    asked = question(referee, spec())
    await done(referee, asked, tmp_path)
    first = referee._process
    await done(referee, asked, tmp_path)
    assert referee._process is first
    first.kill()
    await first.wait()
    blob, _ = await done(referee, asked, tmp_path)
    assert referee._process is not first
    assert referee.blobs.exists(blob)


async def test_one_that_takes_too_long_is_ended(referee, tmp_path):
    asked = question(referee, spec())
    await done(referee, asked, tmp_path)
    slow = referee._process
    referee.slice_seconds = 0.001
    with pytest.raises(Unusable, match="longer than"):
        await done(referee, asked, tmp_path)
    assert slow.returncode is not None
    referee.slice_seconds = 60
    await done(referee, asked, tmp_path)


async def test_what_cannot_be_judged_is_said_and_the_referee_goes_on(referee, tmp_path):
    asked = question(referee, spec())
    broken = referee.blobs.put(b"\x08\0\0\0nonsense")
    with pytest.raises(Unusable) as failed:
        await referee.judge(asked._replace(blob=broken))
    assert failed.value.code == "referee_failed"
    process = referee._process
    await done(referee, asked, tmp_path)
    assert referee._process is process


async def test_without_the_ui_there_is_no_referee(referee, tmp_path):
    referee.script = tmp_path / "absent.mjs"
    with pytest.raises(Unavailable):
        await referee.judge(question(referee, spec()))


async def test_it_reads_and_writes_nothing_but_its_own_folder(referee, tmp_path):
    """A script in its place finds out what it may do."""
    script = tmp_path / "script" / "referee.mjs"
    script.parent.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    script.write_text(
        f"""
        import {{ readFileSync, writeFileSync }} from "node:fs";
        import {{ spawnSync }} from "node:child_process";
        import {{ createInterface }} from "node:readline";
        const tried = (work) => {{ try {{ work(); return "done"; }} catch (error) {{ return error.code; }} }};
        for await (const line of createInterface({{ input: process.stdin }})) {{
          const {{ id, checkpoint }} = JSON.parse(line);
          const found = [
            tried(() => readFileSync({str(secret)!r})),
            tried(() => writeFileSync({str(secret)!r}, "changed")),
            tried(() => spawnSync("true", []).error),
            tried(() => readFileSync(checkpoint)),
          ];
          console.log(JSON.stringify({{ id, error: found.join(" ") }}));
        }}
        """
    )
    referee.script = script
    asked = question(referee, spec())
    with pytest.raises(Unusable) as said:
        await referee.judge(asked._replace(blob=referee.blobs.put(b"any")))
    assert "ERR_ACCESS_DENIED ERR_ACCESS_DENIED ERR_ACCESS_DENIED done" in said.value.message
    assert secret.read_text() == "secret"
