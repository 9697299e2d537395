"""What stands in requests (names, paths, ranges, cursors, words, cron) is refused, or it is safe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from urllib.parse import unquote

import msgspec
import pytest
from fuzz.nearly import CHARACTERS, JSON, TEXT, of
from hypothesis import given, settings
from hypothesis import strategies as st

from mlabs_ext import names, wire
from mlabs_ext.errors import BadInput, MLabsError, Unusable
from mlabs_ext.service import asset_paths, cron, cursors, dataset_archive, words
from mlabs_ext.service.web.files import FileHandler, RangeUnsatisfiable

LONG = st.text(CHARACTERS, max_size=200)
PARTS = st.sampled_from(["..", ".", "", "a", "%2e%2e", "%252e", "%00", "%5c", "a.b", "..a"]) | TEXT
PATHS = st.lists(PARTS, max_size=5).map("/".join)
FIELD = st.from_regex(r"(\*|[0-9]{1,2})([-/,][0-9]{1,2}){0,2}|[A-Z]{3}|L|[0-9]#[0-9]", fullmatch=True)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0", b"BZh9", b"")
SHAPES = sorted(name for name in dir(wire) if isinstance(getattr(wire, name), type(msgspec.Struct)))


@given(LONG, st.integers(1, 10**6))
def test_a_title_gives_a_name(title, number):
    name = names.name_from(title)
    assert names.check_name(name) == name
    assert names.name_from(name) == name
    numbered = names.numbered(name, number)
    assert names.check_name(numbered) == numbered
    assert names.split_lab(f"ada/{numbered}") == ("ada", numbered)


@given(st.from_regex(names.NAME, fullmatch=True), st.from_regex(names.NAME, fullmatch=True))
def test_servers_are_named_as_jupyterhub_allows_and_never_alike(one, other):
    served = names.server_name(one)
    assert len(served) <= 30 and served.isascii() and names.run_of_server(served) is None
    assert (served == names.server_name(other)) == (one == other)


@pytest.mark.parametrize("split", [names.split_lab, names.split_dataset])
@given(text=LONG | st.tuples(TEXT, TEXT).map("/".join))
def test_a_reference_is_refused_or_names_something(split, text):
    try:
        owner, name, *_ = split(text)
    except BadInput:
        return
    assert owner and names.NAME.fullmatch(name)


@given(PATHS)
def test_no_path_leads_out(path):
    try:
        asset_paths.check_sent_path(path)
    except BadInput:
        return
    root = PurePosixPath("/srv/root")
    read = path
    for _ in range(4):
        assert Path(root / read).resolve().is_relative_to(root)
        assert "\0" not in read and "\\" not in read
        read = unquote(read)
    assert "/" in asset_paths.media_type(path)


@given(st.text(CHARACTERS, max_size=30) | st.from_regex(r"bytes= ?[0-9]{0,20}-[0-9]{0,20}", fullmatch=True))
def test_a_range_is_within_the_file(header):
    for size in (0, 1, 10, 10**10):
        handler = SimpleNamespace(
            request=SimpleNamespace(headers={"Range": header}),
            etag='"x"',
            set_status=lambda status: None,
            set_header=lambda name, value: None,
        )
        try:
            start, stop = FileHandler._range(handler, size)
        except RangeUnsatisfiable:
            continue
        assert 0 <= start <= stop <= size
        assert start < stop or size == 0


@given(st.lists(st.text(CHARACTERS, max_size=20) | st.integers(-(2**31), 2**31), max_size=4))
def test_a_cursor_is_what_was_put_in(position):
    assert cursors.decode(cursors.encode(position), list) == position


@given(LONG | JSON.map(msgspec.json.encode).map(lambda data: cursors.encode([data.decode()])))
def test_any_text_is_refused_as_a_cursor_or_is_one(text):
    try:
        found = cursors.decode(text, tuple[str, datetime, str])
    except BadInput:
        return
    assert isinstance(found[1], datetime)


@given(st.text(CHARACTERS, max_size=200))
def test_words_are_found_by_themselves(text):
    found = words.words(text)
    assert all(found) and all(len(word) <= words.MAX_WORD for word in found)
    assert words.words(" ".join(found)) == found
    assert all(term.words for term in words.terms(text))


@given(st.text(CHARACTERS, max_size=60) | st.text('"*:()-^ ANDORNT{}a1', max_size=30))
def test_any_words_can_be_searched(rules, text):
    found, following = rules.labs.find(rules.nobody, q=text)
    assert (found, following) == ([], None)


@given(st.lists(FIELD, min_size=4, max_size=6).map(" ".join) | TEXT, MOMENTS)
def test_an_expression_is_refused_or_gives_times_that_go_on(expression, moment):
    try:
        times = cron.read(expression, "Europe/Berlin").after(moment, 3)
    except Unusable:
        return
    assert times and times[0] > moment and times == sorted(set(times))
    assert cron.read(expression, "Europe/Berlin").closer_than(timedelta(days=10_000).total_seconds()) in (
        True,
        False,
    )


@given(st.binary(max_size=300), st.sampled_from(MAGIC))
def test_an_archive_is_refused_or_unpacked_within_its_folder(tmp_path_factory, data, magic):
    folder = tmp_path_factory.mktemp("archive")
    (folder / "a.zip").write_bytes(magic + data)
    (target := folder / "made").mkdir()
    try:
        dataset_archive.unpacked(folder / "a.zip", target, 10_000, 10)
    except MLabsError as error:
        assert error.status in (400, 413)
    assert {it.name for it in folder.iterdir()} == {"a.zip", "made"}


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_sent_is_what_is_read(name):
    shape = getattr(wire, name)

    # They are many.
    @settings(max_examples=settings.default.max_examples // 6)
    @given(of(shape))
    def travels(value):
        sent = msgspec.json.encode(value)
        assert msgspec.json.encode(msgspec.json.decode(sent, type=shape)) == sent

    travels()
