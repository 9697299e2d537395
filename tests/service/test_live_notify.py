"""Two services on one PostgreSQL: what is told to one is seen by who watches at the other."""

from __future__ import annotations

import time

import pytest
from service.watched_runs import begin, ending, event, make_private, printed, revoke, shared_streams, tell
from sqlalchemy import create_engine, text
from support.sse import watch
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.service.live_notify import Listener

pytestmark = pytest.mark.postgresql


@pytest.fixture
def sites(start_site, postgresql_emptied):
    """Two services on the same database."""
    config = Config({"Store": {"url": postgresql_emptied}})
    pair = start_site(config), start_site(config)
    for site in pair:
        until(lambda site=site: site.service.live.listener.connected)
    pair[0].publish(name="x")
    return pair


def test_a_run_is_watched_where_it_is_not_told(sites):
    teller, other = sites
    run = begin(teller)
    with watch(other.as_(None), run) as stream:
        stream.next("run")
        for seq in range(1, 6):
            told = time.monotonic()
            tell(teller, run, printed(seq))
            stream.step(seq)
            # At once, and not when the database is looked at for safety.
            assert time.monotonic() - told < 5
        tell(teller, run, event(6, "end", status="succeeded"))
        assert [one.event for one in stream.rest() if one.event != "watching"] == ["step", "run", "final"]


def test_access_is_lost_at_all_services(sites):
    teller, other = sites
    run = begin(teller)
    with watch(other.as_(None), run) as stream:
        stream.next("run")
        with ending(stream):
            make_private(teller, run)


def test_a_share_is_revoked_at_all_services(sites):
    teller, other = sites
    make_private(teller, "")
    with shared_streams(teller, other) as (_, streams, links), ending(*streams):
        revoke(teller, links)


def test_watchers_everywhere_are_counted_everywhere(sites):
    run = begin(sites[0])
    with watch(sites[0].as_(None), run) as first, watch(sites[1].as_(None), run) as second:
        for stream in (first, second):
            assert stream.until(lambda one: one.event == "watching" and one.data["watching"] == 2)
        assert tell(sites[0], run)["watching"] == 2
        assert sites[1].as_(None).get(f"api/v1/runs/{run}").json()["watching"] == 2
    until(lambda: tell(sites[0], run)["watching"] == 0)


def test_without_a_listener_streams_look_for_themselves(start_site, postgresql_emptied, monkeypatch):
    async def deaf(listener: Listener) -> None:
        """As where the package psycopg is missing."""

    monkeypatch.setattr(Listener, "run", deaf)
    site = start_site(Config({"Store": {"url": postgresql_emptied}}))
    site.publish(name="x")
    run = begin(site)
    with watch(site.as_(None), run) as stream:
        stream.next("run")
        told = time.monotonic()
        tell(site, run, printed(1))
        stream.step(1)
        assert time.monotonic() - told < 10


def test_a_listener_that_is_cut_off_catches_up(sites, postgresql_emptied):
    teller, other = sites
    run = begin(teller)
    engine = create_engine(postgresql_emptied)
    with watch(other.as_(None), run) as stream:
        stream.next("run")
        for seq in range(1, 4):
            with engine.begin() as connection:
                listeners = "query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
                cut = connection.execute(
                    text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listeners}")
                )
                assert cut.all()
            tell(teller, run, printed(seq))
            stream.step(seq)
            until(lambda: other.service.live.listener.connected)
    engine.dispose()
