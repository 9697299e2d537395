"""Hypothesis' strategies for what is nearly what it should be: JSON, notebooks, the shapes of the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from msgspec import Raw, inspect

CHARACTERS = st.characters(codec="utf-8")
TEXT = st.text(CHARACTERS, max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
MIME = st.sampled_from(["text/plain", "text/html", "image/png", "application/json", "application/x+json"])
BUNDLE = st.dictionaries(MIME | TEXT, TEXT | st.lists(TEXT, max_size=3) | JSON, max_size=3)


def some(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    """An object with these fields, of which any may be of another kind than it should."""
    loose = {name: strategy | JSON for name, strategy in optional.items()}
    return st.fixed_dictionaries({name: st.just(value) for name, value in required.items()}, optional=loose)


LINES = TEXT | st.lists(TEXT, max_size=3)
COUNT = st.none() | st.integers(0, 9)
OUTPUTS = (
    some({"output_type": "stream"}, name=TEXT, text=LINES)
    | some({"output_type": "display_data"}, data=BUNDLE, metadata=st.dictionaries(TEXT, JSON, max_size=2))
    | some({"output_type": "execute_result"}, data=BUNDLE, metadata=st.just({}), execution_count=COUNT)
    | some({"output_type": "error"}, ename=TEXT, evalue=TEXT, traceback=st.lists(TEXT, max_size=2))
    | some({"output_type": "pyout"}, text=LINES, prompt_number=COUNT)
)
METADATA = some(
    {}, tags=st.lists(TEXT, max_size=3), name=TEXT, collapsed=st.booleans(), execution=JSON, colab=JSON
)
ID = st.sampled_from(["a", "b", "cell-1"]) | TEXT
CELLS = (
    some({"cell_type": "code"}, id=ID, metadata=METADATA, source=LINES, outputs=st.lists(OUTPUTS, max_size=2))
    | some({"cell_type": "markdown"}, id=ID, metadata=METADATA, source=LINES, attachments=JSON)
    | some({"cell_type": "raw"}, id=ID, metadata=METADATA, source=LINES)
)
OLD_CELLS = some(
    {"cell_type": "code"}, input=LINES, outputs=st.lists(OUTPUTS, max_size=2), prompt_number=COUNT
) | some({"cell_type": "heading"}, level=st.integers(1, 6), source=LINES)
ABOUT = some(
    {}, kernelspec=some({}, name=TEXT, display_name=TEXT, language=TEXT), language_info=JSON, mlabs=JSON
)
NOTEBOOKS = st.fixed_dictionaries(
    {"nbformat": st.just(4), "nbformat_minor": st.sampled_from([0, 4, 5, 99]), "metadata": ABOUT},
    optional={"cells": st.lists(CELLS, max_size=4)},
) | st.fixed_dictionaries(
    {"nbformat": st.sampled_from([2, 3]), "nbformat_minor": st.just(0), "metadata": ABOUT},
    optional={"worksheets": st.lists(some({}, cells=st.lists(OLD_CELLS, max_size=3)), max_size=2)},
)


def of(shape: Any) -> st.SearchStrategy[Any]:
    """Any value of a msgspec type."""
    return _of(inspect.type_info(shape))


def _of(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.StrType():
            return _text(info)
        case inspect.IntType():
            low = info.ge if info.ge is not None else -(2**53) if info.gt is None else info.gt + 1
            return st.integers(low, 2**53 if info.lt is None else info.lt - 1)
        case inspect.FloatType():
            low = info.ge if info.gt is None else info.gt
            beyond = info.gt is not None
            return st.floats(low, info.le, exclude_min=beyond, allow_nan=False, allow_infinity=False)
        case inspect.ListType():
            return st.lists(_of(info.item_type), min_size=info.min_length or 0, max_size=3)
        case inspect.VarTupleType():
            return st.lists(_of(info.item_type), max_size=3).map(tuple)
        case inspect.TupleType():
            return st.tuples(*map(_of, info.item_types))
        case inspect.DictType():
            least = info.min_length or 0
            return st.dictionaries(_of(info.key_type), _of(info.value_type), min_size=least, max_size=3)
        case inspect.UnionType():
            return st.one_of(*map(_of, info.types))
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.StructType() | inspect.DataclassType():
            return st.deferred(lambda: _struct(info))
        case _:
            return PLAIN[type(info)]


def _text(info: inspect.StrType) -> st.SearchStrategy[str]:
    most = info.max_length or 20
    if info.pattern is None:
        return st.text(CHARACTERS, min_size=info.min_length or 0, max_size=min(most, 40))
    fitting = st.from_regex(info.pattern.removesuffix(r"(?!\n)"), fullmatch=True)
    return fitting.filter(lambda text: len(text) <= most) if info.max_length else fitting


def _struct(info: Any) -> st.SearchStrategy[Any]:
    needed = {one.name: _of(one.type) for one in info.fields if one.required}
    more = {one.name: _of(one.type) for one in info.fields if not one.required}
    return st.fixed_dictionaries(needed, optional=more).map(lambda fields: info.cls(**fields))


PLAIN = {
    inspect.BoolType: st.booleans(),
    inspect.NoneType: st.none(),
    inspect.AnyType: JSON,
    inspect.RawType: st.just(Raw(b"{}")),
    inspect.DateTimeType: st.datetimes(datetime(1971, 1, 1), datetime(8000, 1, 1), timezones=st.just(UTC)),
}
