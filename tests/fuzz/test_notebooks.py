"""Whatever comes as a notebook is refused as none, or is one from then on; so is what runs record."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from fuzz.harnesses import HARNESSES
from fuzz.nearly import JSON, NOTEBOOKS, TEXT, of
from hypothesis import given
from hypothesis import strategies as st

from mlabs_ext import notebook as notebooks
from mlabs_ext import parameters, wire
from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.service import live_text, run_events
from mlabs_ext.service.replay import Replay, rebuild

NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True) | TEXT


@pytest.mark.parametrize("name", HARNESSES)
def test_the_seeds_of_what_is_fuzzed_by_bytes_are_in_order(name):
    harness = HARNESSES[name]
    seeds = list(harness.seeds())
    assert len(seeds) > 5
    for seed in seeds:
        harness.check(seed)


@given(NOTEBOOKS | JSON)
def test_a_notebook_is_refused_or_read_the_same_from_then_on(root):
    HARNESSES["notebook"].check(json.dumps(root).encode())


@given(NOTEBOOKS)
def test_what_is_read_has_an_id_for_each_cell(root):
    try:
        found = notebooks.parse(json.dumps(root).encode())
    except BadInput:
        return
    assert len({cell.id for cell in found.cells}) == len(found.cells)
    assert notebooks.code_sha256(found) == notebooks.code_sha256(notebooks.parse(notebooks.dumps(found)))


@given(st.dictionaries(NAMES, JSON, max_size=4))
def test_parameters_are_refused_or_are_what_a_cell_sets(given_):
    given_ = json.loads(json.dumps(given_))
    try:
        checked = parameters.check(given_)
    except Unusable:
        return
    found: dict[str, Any] = {}
    exec(parameters.assignments(checked), {}, found)
    assert found == checked


@given(TEXT | JSON.map(json.dumps), JSON)
def test_what_a_person_writes_for_a_parameter_is_json(text, default):
    value = parameters.read(text, default)
    assert msgspec.json.decode(msgspec.json.encode(value)) == value


EXECUTIONS, DISPLAYS = st.sampled_from(["e1", "e2"]), st.sampled_from(["d1", "d2"])
EVENTS = st.one_of(
    *(
        st.tuples(st.just(kind), of(shape).map(msgspec.to_builtins))
        for kind, shape in run_events.SHAPES.items()
        if kind not in ("usage", "metric")
    )
)


@st.composite
def streams(draw: st.DrawFn) -> list[wire.RunEvent]:
    """Events as a server may send them, of executions and displays that meet."""
    made = []
    for number, (kind, data) in enumerate(draw(st.lists(EVENTS, max_size=8)), 1):
        for name, values in (("execution", EXECUTIONS), ("display_id", DISPLAYS)):
            if data.get(name) is not None:
                data[name] = draw(values)
        fields = {"seq": number, "type": kind, "time": "2026-01-01T00:00:00Z", "data": data}
        made.append(msgspec.convert(fields | {"cell": draw(st.none() | TEXT)}, wire.RunEvent))
    return made


@given(streams())
def test_events_that_are_taken_can_be_shown(events):
    taken = []
    for event in events:
        try:
            run_events.checked(event)
        except Unusable:
            continue
        taken.append(event)
    shown = notebooks.parse(rebuild(taken, {}))
    assert len(shown.cells) == len(
        {event.cell or f"execution-{event.data['execution']}" for event in taken if event.type == "execute"}
    )


@given(streams())
def test_to_be_told_twice_from_the_beginning_is_to_be_told_once(events):
    def told() -> dict[str, Any]:
        replay = Replay()
        for event in msgspec.msgpack.decode(msgspec.msgpack.encode(events), type=list[wire.RunEvent]):
            replay.take(event)
        return msgspec.to_builtins(replay.executions)

    assert told() == told()


@given(TEXT | st.from_regex(r"[0-9]{1,20}(\.final)?", fullmatch=True))
def test_the_id_of_a_step_is_refused_or_read_back(text):
    try:
        number, end = live_text.position(text)
    except ValueError:
        return
    again = f"{number}.final" if end else str(number)
    assert live_text.position(again) == (number, end)
