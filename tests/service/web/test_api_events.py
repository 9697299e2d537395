"""Watching a run over HTTP: replay, then live, to its end, and again after every loss of the connection."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from service.conftest import BASE
from sqlalchemy import text
from support.sse import watch
from support.waiting import until
from traitlets.config import Config
from ulid import ULID

from mlabs_ext.service import orm
from mlabs_ext.service.orm_shares import Share

START = "2026-01-01T12:00:00Z"
STREAM = {"Accept": "text/event-stream"}


def begin(site, lab: str = "ada/x") -> str:
    run = str(ULID())
    body = {"id": run, "lab": lab, "started": START, "environment": "python"}
    assert site.as_("ada").post("api/v1/runs", json=body).status_code == 201
    return run


def event(seq: int, kind: str, **data: Any) -> dict[str, Any]:
    return {"seq": seq, "type": kind, "time": START, "cell": "c", "data": data}


def printed(seq: int, text: str = "x\n") -> dict[str, Any]:
    shown = {"output_type": "stream", "name": "stdout", "text": text}
    return event(seq, "output", execution="e", output=shown)


def tell(site, run: str, *events: dict[str, Any]) -> dict[str, Any]:
    answer = site.as_("ada").post(f"api/v1/runs/{run}/events", json={"events": events})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def run(site) -> str:
    site.publish(name="x")
    return begin(site)


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


def test_a_private_run_is_its_owners_and_not_for_other_sites(site):
    site.publish(name="x", visibility="private")
    run = begin(site)
    for who in ("bob", None):
        answer = site.as_(who).get(f"api/v1/runs/{run}/events", headers=STREAM)
        absent = site.as_(who).get(f"api/v1/runs/{ULID()}/events", headers=STREAM)
        assert answer.status_code == absent.status_code == 404
        assert answer.json()["error"]["code"] == absent.json()["error"]["code"]
    for client in (site.as_("ada"), site.session("ada")):
        with watch(client, run) as stream:
            assert stream.next("run")["id"] == run
            assert "Access-Control-Allow-Origin" not in stream.answer.headers
            assert stream.answer.headers["Cache-Control"] == "private, no-store"


def make_private(site, run: str) -> None:
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"})


def delete_lab(site, run: str) -> None:
    site.as_("ada").delete("api/v1/labs/ada/x")


def delete_run(site, run: str) -> None:
    site.as_("ada").delete(f"api/v1/runs/{run}")


@pytest.mark.parametrize("change", [make_private, delete_lab, delete_run])
def test_who_may_see_it_no_longer_is_cut_off_at_once(site, run, change):
    with watch(site.as_(None), run) as stream:
        stream.next("run")
        changed = time.monotonic()
        change(site, run)
        stream.rest()
        assert time.monotonic() - changed < 5


def test_the_owner_goes_on_watching_what_was_made_private(site, run):
    with watch(site.as_("ada"), run) as mine, watch(site.as_("bob"), run) as other:
        mine.next("run")
        other.next("run")
        make_private(site, run)
        other.rest()
        tell(site, run, printed(1))
        assert mine.next("step")["seq"] == 1


SHARES = "api/v1/labs/ada/x/shares"


def revoke(site, links: list[str]) -> None:
    """End all that `shared_streams` made."""
    ends = ["bob?kind=user", "team?kind=group", *(f"links/{link}" for link in links)]
    for end in ends:
        assert site.as_("ada").delete(f"{SHARES}/{end}").status_code == 204


@contextlib.contextmanager
def shared_streams(teller, site):
    """Who watches a private run at `site` by a share of each kind, and the links among them."""
    run, ada = begin(teller), teller.as_("ada")
    assert ada.put(f"{SHARES}/bob", json={}).status_code == 200
    assert ada.put(f"{SHARES}/team", json={"kind": "group"}).status_code == 200
    link = ada.post(f"{SHARES}/links", json={}).json()
    reader = site.client()
    assert reader.get(f"s/{link['secret']}").status_code == 303
    with contextlib.ExitStack() as stack:
        watching = [site.as_("bob"), site.session("bob"), site.as_("dan"), reader]
        streams = [stack.enter_context(watch(client, run)) for client in watching]
        for stream in streams:
            assert stream.next("run")["id"] == run
            assert "Access-Control-Allow-Origin" not in stream.answer.headers
        yield run, streams, [link["id"]]


def test_a_share_that_is_revoked_ends_its_streams_and_no_others(site):
    site.publish(name="x", visibility="private")
    with shared_streams(site, site) as (run, streams, links), watch(site.as_("ada"), run) as mine:
        mine.next("run")
        tell(site, run, printed(1))
        for stream in streams:
            stream.step(1)
        revoked = time.monotonic()
        revoke(site, links)
        for stream in streams:
            stream.rest()
        assert time.monotonic() - revoked < 5
        tell(site, run, printed(2))
        mine.step(2)


def test_a_link_that_expires_ends_its_streams(site):
    site.publish(name="x", visibility="private")
    run = begin(site)
    late = datetime.now(UTC) + timedelta(hours=1)
    link = site.as_("ada").post(f"{SHARES}/links", json={"expires": late.isoformat()}).json()
    reader = site.client()
    reader.get(f"s/{link['secret']}")
    with watch(reader, run) as stream:
        stream.next("run")
        soon = datetime.now(UTC) + timedelta(seconds=2)
        with site.service.store.write() as session:
            row = session.get_one(Share, link["id"])
            row.expires = soon
            site.service.shares.spread(session, session.get_one(orm.Lab, row.lab_id))
        stream.rest()
        assert timedelta(0) <= datetime.now(UTC) - soon < timedelta(seconds=5)


def test_who_leaves_a_group_watches_no_longer(site, hub, monkeypatch):
    site.publish(name="x", visibility="private")
    with shared_streams(site, site) as (_, streams, _links):
        monkeypatch.setitem(hub.tokens, "dan-token", hub.tokens["dan-token"] | {"groups": []})
        left = time.monotonic()
        streams[2].rest()
        assert time.monotonic() - left < 5


def test_a_credential_that_is_revoked_ends_the_stream(site, hub, monkeypatch):
    site.publish(name="x", visibility="private")
    run = begin(site)
    with watch(site.as_("ada"), run) as stream, watch(site.session("ada"), run) as session:
        stream.next("run")
        session.next("run")
        monkeypatch.delitem(hub.tokens, "ada-token")
        revoked = time.monotonic()
        stream.rest()
        session.rest()
        assert time.monotonic() - revoked < 5


def test_a_hub_that_is_away_ends_no_stream(site, hub):
    site.publish(name="x", visibility="private")
    run = begin(site)
    with watch(site.as_("ada"), run) as stream:
        stream.next("run")
        hub.down = True
        asked = hub.asked
        while hub.asked == asked:
            time.sleep(0.05)
        hub.down = False
        tell(site, run, printed(1))
        assert stream.next("step")["seq"] == 1


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


def connect(site, run: str) -> socket.socket:
    """A connection that has asked for the stream, and read its first bytes."""
    connection = socket.create_connection(("127.0.0.1", httpx.URL(site.url).port), timeout=30)
    path = f"{BASE}api/v1/runs/{run}/events"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


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
