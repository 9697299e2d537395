"""Who may watch a run, and that whoever may no longer is cut off within seconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from service.watched_runs import (
    SHARES,
    STREAM,
    begin,
    ending,
    make_private,
    printed,
    revoke,
    shared_streams,
    tell,
)
from support.sse import watch
from ulid import ULID

from mlabs_ext.service import orm
from mlabs_ext.service.orm_shares import Share


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


def delete_lab(site, run: str) -> None:
    site.as_("ada").delete("api/v1/labs/ada/x")


def delete_run(site, run: str) -> None:
    site.as_("ada").delete(f"api/v1/runs/{run}")


@pytest.mark.parametrize("change", [make_private, delete_lab, delete_run])
def test_who_may_see_it_no_longer_is_cut_off_at_once(site, run, change):
    with watch(site.as_(None), run) as stream:
        stream.next("run")
        with ending(stream):
            change(site, run)


def test_the_owner_goes_on_watching_what_was_made_private(site, run):
    with watch(site.as_("ada"), run) as mine, watch(site.as_("bob"), run) as other:
        mine.next("run")
        other.next("run")
        make_private(site, run)
        other.rest()
        tell(site, run, printed(1))
        assert mine.next("step")["seq"] == 1


def test_a_share_that_is_revoked_ends_its_streams_and_no_others(site):
    site.publish(name="x", visibility="private")
    with shared_streams(site, site) as (run, streams, links), watch(site.as_("ada"), run) as mine:
        mine.next("run")
        tell(site, run, printed(1))
        for stream in streams:
            stream.step(1)
        with ending(*streams):
            revoke(site, links)
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
    with shared_streams(site, site) as (_, streams, _links), ending(streams[2]):
        monkeypatch.setitem(hub.tokens, "dan-token", hub.tokens["dan-token"] | {"groups": []})


def test_a_credential_that_is_revoked_ends_the_stream(site, hub, monkeypatch):
    site.publish(name="x", visibility="private")
    run = begin(site)
    with watch(site.as_("ada"), run) as stream, watch(site.session("ada"), run) as session:
        stream.next("run")
        session.next("run")
        with ending(stream, session):
            monkeypatch.delitem(hub.tokens, "ada-token")


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
