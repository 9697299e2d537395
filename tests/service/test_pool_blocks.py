"""Blocks of rows and checkpoints: what is let in, and what is said of the rest."""

from __future__ import annotations

import io

import numpy as np
import pytest
from support.pool import decoded, network, numbers, rows, spec, trained

from mlabs_ext.service import pool_blocks
from mlabs_ext.service.pool_blocks import Broken, Known, Rows


def looked(data: bytes) -> Known:
    return pool_blocks.rows(io.BytesIO(data), len(data))


def test_rows_are_known_by_their_count_shapes_and_bounds():
    known = looked(rows(7, x=(2, 3), y=4))
    assert (known.count, known.x, known.y) == (7, [2, 3], 4)
    x = np.frombuffer(rows(7, x=(2, 3), y=4)[-4 * 7 * 10 :], np.float32)[: 7 * 6]
    assert (known.low, known.high) == (float(x.min()), float(x.max()))


def test_what_follows_the_header_is_where_numbers_may_begin():
    data = rows(1)
    assert (4 + int.from_bytes(data[:4], "little")) % 4 == 0


def of(values, **said) -> bytes:
    fields = {"format": "mlabs-rows/1", "count": 2, "x": [1], "y": 1} | said
    return pool_blocks.packed(Rows(**fields), [np.array(values, np.float32)])


BROKEN = {
    "nothing": b"",
    "three bytes": b"\x04\0\0",
    "a header of none": b"\0\0\0\0" + b"\0" * 16,
    "a header at odds with four": b"\x03\0\0\0{} " + b"\0" * 16,
    "a header beyond all bounds": b"\xfc\xff\xff\xff" + b"{}  ",
    "no JSON": b"\x04\0\0\0abcd" + b"\0" * 16,
    "no UTF-8": b'\x08\0\0\0{"\xff":1} ' + b"\0" * 16,
    "nested without end": (1 << 16).to_bytes(4, "little") + b"[" * (1 << 16),
    "another format": of([1, 2, 3, 4], format="mlabs-rows/2"),
    "no rows": of([], count=0),
    "a shape of none": of([1, 2, 3, 4], x=[]),
    "a negative length": of([1, 2, 3, 4], x=[-1]),
    "more rows than there are": of([1, 2, 3, 4], count=1_000_000_000, x=[10_000_000]),
    "a number too few": of([1, 2, 3]),
    "a number too many": of([1, 2, 3, 4, 5]),
    "NaN in x": of([1, np.nan, 3, 4]),
    "an infinity in y": of([1, 2, 3, np.inf]),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_are_no_rows_is_refused(data):
    with pytest.raises(Broken) as refused:
        looked(data)
    assert refused.value.code in ("block_broken", "block_not_finite")


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "rmsprop", "adam"])
def test_a_checkpoint_is_taken_apart_as_it_was_put_together(optimiser):
    asked = decoded(spec(optimiser=optimiser))
    made, data = network(asked), trained(asked, None, 0, 3)
    state = pool_blocks.checkpoint(io.BytesIO(data), len(data), made, 0, 3)
    assert (state.finite, state.steps, state.said.epoch) == (True, 9.0, 3)
    weights, kept = pool_blocks.numbers(io.BytesIO(data), made)
    whole, others = numbers(data, made)
    assert np.array_equal(weights, whole)
    assert np.array_equal(kept, others[1:])


@pytest.mark.parametrize(("epoch", "taken"), [(1, True), (3, True), (0, False), (4, False)], ids=str)
def test_a_training_that_diverged_ends_with_the_epoch_in_which_it_did(epoch, taken):
    asked = decoded(spec(seed=13))
    data = trained(asked, None, 0, 3, epoch=epoch)
    if taken:
        assert not pool_blocks.checkpoint(io.BytesIO(data), len(data), network(asked), 0, 3).finite
    else:
        with pytest.raises(Broken):
            pool_blocks.checkpoint(io.BytesIO(data), len(data), network(asked), 0, 3)
