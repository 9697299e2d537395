"""Watching a run over HTTP: replay, then live, to its end, and again after every loss of the connection."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from service.watched_runs import STREAM, begin, connect, event, printed, tell
from sqlalchemy import text
from support.sse import watch
from support.waiting import until
from traitlets.config import Config


def test_a_late_watcher_sees_all_from_the_beginning_then_live_to_the_end(site, run):
    tell(site, run, event(1, "execute", execution="e", code="1"), printed(2))
    with watch(site.as_(None), run) as stream:
        assert stream.answer.headers["Content-Type"] == "text/event-stream"
        assert stream.answer.headers["Access-Control-Allow-Origin"] == "*"
        first, *steps = stream.step(2)
        assert (first.event, first.data["id"], first.data["status"]) == ("run", run, "running")
        assert [(one.event, one.id, one.data["seq"]) for one in steps] == [("step", "1", 1), ("step", "2", 2)]
        tell(site, run, printed(3, "é\n\u2028"))
        assert stream.step(3)[-1].data["data"]["output"]["text"] == "é\n\u2028"
        tell(site, run, event(4, "done", execution="e", status="ok"), event(5, "end", status="succeeded"))
        rest = stream.rest()
    assert [one.event for one in rest if one.event != "watching"] == ["step", "step", "run", "final"]
    assert rest[-1].data["status"] == "succeeded"


def test_a_watcher_goes_on_where_it_was(site, run):
    tell(site, run, *(printed(seq) for seq in range(1, 6)))
    anybody = site.as_(None)
    for query, headers in ((3, {}), (None, {"Last-Event-ID": "3"}), (1, {"Last-Event-ID": "3"})):
        with watch(anybody, run, query, **headers) as stream:
            assert [one.data["seq"] for one in stream.step(5)[1:]] == [4, 5]


def test_who_has_seen_the_end_need_not_come_again(site, run):
    tell(site, run, printed(1), event(2, "end", status="stopped"))
    anybody = site.as_(None)
    with watch(anybody, run) as stream:
        messages = stream.rest()
    assert [(one.event, one.id) for one in messages] == [
        ("run", None),
        ("step", "1"),
        ("step", "2"),
        ("final", "2.final"),
    ]
    path = f"api/v1/runs/{run}/events"
    seen = anybody.get(path, headers=STREAM | {"Last-Event-ID": "2.final"})
    assert (seen.status_code, seen.content) == (204, b"")
    # A connection that was lost before the end was told.
    with watch(anybody, run, **{"Last-Event-ID": "2"}) as stream:
        assert [one.event for one in stream.rest()] == ["run", "final"]


def test_what_cannot_be_told_any_more_is_a_gap_with_a_snapshot(site, run):
    tell(
        site,
        run,
        event(1, "execute", execution="e", code="print(1)"),
        printed(2, "one\n"),
        printed(3, "two\n"),
    )
    with watch(site.as_(None), run, after=90) as stream:
        gap = stream.next("gap")
        snapshot = stream.next("snapshot")
        tell(site, run, printed(4))
        assert [one.data["seq"] for one in stream.step(4)] == [4]
    assert gap == {"after": 90, "next": 4}
    assert snapshot["seq"] == 3
    (cell,) = snapshot["notebook"]["cells"]
    assert "".join(cell["outputs"][0]["text"]) == "one\ntwo\n"


def test_steps_that_were_removed_are_a_gap_too(site, run):
    tell(site, run, *(printed(seq) for seq in range(1, 6)))
    with site.service.store.write() as session:
        session.execute(text("DELETE FROM event WHERE seq < 4"))
    for after, expected in ((0, ["run", "gap", "snapshot"]), (3, ["run", "step", "step"])):
        with watch(site.as_(None), run, after) as stream:
            kinds = [next(stream.messages).event for _ in expected]
            assert kinds == expected


@pytest.mark.parametrize("last", ["x", "-1", "3.end", "9" * 30])
def test_ids_of_other_streams_are_refused(site, run, last):
    answer = site.as_(None).get(f"api/v1/runs/{run}/events", headers=STREAM | {"Last-Event-ID": last})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "last_event_id_invalid")


def test_a_run_that_was_taken_for_lost_goes_on(site, run):
    tell(site, run, printed(1))
    with watch(site.as_(None), run) as stream:
        stream.step(1)
        site.service.runs.sweep(datetime.now(UTC) + timedelta(hours=1))
        assert stream.next("run")["status"] == "lost"
        tell(site, run, printed(2))
        assert stream.next("run")["status"] == "running"


def test_a_flood_is_capped_with_a_marker(start_site):
    site = start_site(Config({"Runs": {"max_run_size": 1000}}))
    site.publish(name="x")
    run = begin(site)
    with watch(site.as_(None), run) as stream:
        tell(site, run, *(printed(seq, "b" * 300) for seq in range(1, 6)))
        shown = [one.data["data"]["output"]["text"] for one in stream.step(5) if one.event == "step"]
    assert [("b" in text, "bytes were left out" in text) for text in shown] == [
        (True, False),
        (True, False),
        (True, True),
        (False, False),
        (False, False),
    ]


def test_watchers_are_counted_and_the_recorder_is_told(site, run):
    anybody, path = site.as_(None), f"api/v1/runs/{run}"
    assert anybody.get(path).json()["watching"] == 0
    with watch(anybody, run) as first, watch(site.as_("bob"), run) as second:
        first.next("run")
        second.next("run")
        assert first.until(lambda one: one.event == "watching" and one.data["watching"] == 2)
        assert site.as_("ada").get(path).json()["watching"] == 2
        assert site.as_("ada").get("api/v1/labs/ada/x/runs").json()["items"][0]["watching"] == 2
        assert tell(site, run)["watching"] == 2
    until(lambda: anybody.get(path).json()["watching"] == 0)


def test_no_more_than_so_many_may_watch(start_site):
    site = start_site(Config({"Live": {"max_watchers": 1}}))
    site.publish(name="x")
    run = begin(site)
    with watch(site.as_(None), run) as stream:
        stream.next("run")
        answer = site.as_(None).get(f"api/v1/runs/{run}/events", headers=STREAM)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_silence_is_broken_by_comments(start_site):
    site = start_site(Config({"Live": {"heartbeat": 0.2}}))
    site.publish(name="x")
    with watch(site.as_(None), begin(site)) as stream:
        chunks = stream.chunks
        while not next(chunks).endswith(b":\n\n"):
            pass


def test_a_head_request_is_answered_without_a_stream(site, run):
    answer = site.as_(None).head(f"api/v1/runs/{run}/events", headers=STREAM)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")


def test_a_stop_of_the_service_waits_for_no_stream(start_site):
    site = start_site(stop_grace=30)
    site.publish(name="x")
    with watch(site.as_(None), begin(site)) as stream:
        stream.next("run")
        begun = time.monotonic()
        asyncio.run_coroutine_threadsafe(site.service.stop(), site.loop).result(20)
        assert time.monotonic() - begun < 10
        assert "final" not in [one.event for one in stream.rest()]


def test_a_watcher_that_speaks_is_cut_off(site, run):
    with connect(site, run) as connection:
        connection.sendall(b"POST /services/mlabs/api/v1/runs HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(4096):
                pass
    assert site.as_(None).get(f"api/v1/runs/{run}").json()["watching"] == 0


def test_who_does_not_read_is_let_go_while_others_go_on(start_site):
    site = start_site(Config({"Live": {"max_behind": 100_000}}))
    site.publish(name="x")
    run = begin(site)
    seq = 0
    with connect(site, run) as deaf, watch(site.as_(None), run) as stream:
        stream.next("run")
        until(lambda: len(site.service.live.topics[run].live) == 2)
        waiting = []
        while len(site.service.live.topics[run].watchers) == 2:
            seq += 1
            tell(site, run, printed(seq, "x" * 50_000))
            stream.step(seq)
            waiting += [watcher._bytes for watcher in list(site.service.live.topics[run].watchers)]
            assert seq < 1000
        assert max(waiting) < 100_000 + 2 * 51_000
        tell(site, run, printed(seq + 1))
        stream.step(seq + 1)
        deaf.settimeout(30)
        with contextlib.suppress(ConnectionResetError):
            while deaf.recv(1 << 20):
                pass


@pytest.mark.timeout(180)
def test_a_hundred_lost_connections_leave_no_gap_and_nothing_twice(site, run):
    chance = random.Random(3)
    total, seen = 600, []
    teller = threading.Thread(
        target=lambda: [tell(site, run, *(printed(seq + n) for n in range(3))) for seq in range(1, total, 3)]
    )
    teller.start()
    losses = 0
    client = site.as_(None)
    while losses < 100 or len(seen) < total:
        headers = {"Last-Event-ID": str(seen[-1])} if seen else {}
        with watch(client, run, **headers) as stream:
            stay = chance.randrange(1, 12)
            for message in stream.messages:
                if message.event == "step":
                    assert message.id == str(message.data["seq"])
                    seen.append(message.data["seq"])
                    stay -= 1
                if len(seen) == total or not stay:
                    break
        losses += 1
    teller.join()
    assert seen == list(range(1, total + 1))
