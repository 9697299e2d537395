"""The ledger of servers: words of the hub come late, twice or not at all, and only its own are heard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.server_rules import hub as hub
from service.server_rules import refused
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, Unusable
from mlabs_ext.service import orm, server_state
from mlabs_ext.service.ledger import HOUR
from mlabs_ext.service.servers import Servers

SECOND = timedelta(seconds=1)


# --- The hub's words ----------------------------------------------------------------------------------------


def test_what_is_reported_is_counted_and_shown(hub):
    id = hub.ask(server="lab").id
    began = hub.time + 20 * SECOND
    hub.wait(minutes=30)
    shown = hub.change(id, started=began, image="mlabs/python:abc")
    assert (shown.started, shown.image, shown.ends) == (began, "mlabs/python:abc", began + HOUR)
    shown = hub.change(id, ended=began + 90 * SECOND, reason="It was stopped")
    assert (shown.ended, shown.reason, shown.ends) == (began + 90 * SECOND, "It was stopped", None)
    assert hub.used().cpu_hours == 90 / 3600
    assert hub.mine() == []


def test_the_first_word_counts(hub):
    id, began = hub.ask().id, hub.time
    hub.wait(hours=5)
    for _ in range(2):
        hub.change(id, started=began)
        hub.change(id, started=began + HOUR, image="a")
        hub.change(id, ended=began + 2 * HOUR, image="b")
        hub.change(id, ended=began + 3 * HOUR, reason="late")
        shown = hub.change(id)
    assert (shown.started, shown.ended, shown.image) == (began, began + 2 * HOUR, "a")
    assert hub.used().cpu_hours == 2


def test_words_in_the_wrong_order(hub):
    id, began = hub.ask().id, hub.time
    hub.wait(hours=5)
    hub.change(id, ended=began + 2 * HOUR)
    assert hub.change(id, started=began + HOUR).started == began + HOUR
    assert hub.used().cpu_hours == 1


@pytest.mark.parametrize("order", ["together", "one by one", "the other way round"])
def test_an_end_before_the_start_is_the_start(hub, order):
    id, began = hub.ask().id, hub.time
    words = {"started": began + 60 * SECOND}, {"ended": began + 30 * SECOND}
    if order == "together":
        hub.change(id, **words[0], **words[1])
    for word in {"one by one": words, "the other way round": words[::-1]}.get(order, ()):
        hub.change(id, **word)
    assert hub.used().cpu_hours == 0


@pytest.mark.parametrize("field", ["started", "ended"])
@pytest.mark.parametrize("days", [-400, -2, 2, 400, 100_000], ids=lambda days: f"{days} days")
def test_a_clock_that_cannot_be_right(hub, field, days):
    id = hub.ask().id
    error = refused(lambda: hub.change(id, **{field: hub.time + timedelta(days=days)}), "time_invalid", 422)
    assert isinstance(error, Unusable)
    assert hub.mine() == [id]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_hub_whose_clock_is_an_hour_off_is_counted_right(hub, hours):
    id, skew = hub.ask().id, hours * HOUR
    hub.change(id, started=hub.time + skew)
    hub.wait(hours=3)
    hub.change(id, ended=hub.time + skew)
    assert hub.used().cpu_hours == 3


def test_a_word_that_comes_days_late_counts(hub):
    id, began = hub.ask().id, hub.time
    hub.wait(days=9)
    hub.change(id, started=began, ended=began + HOUR)
    assert hub.used().cpu_hours == 1


def test_a_server_that_nobody_asked_for(hub):
    with pytest.raises(NotFound):
        hub.change(str(ULID()), started=hub.time)
    with pytest.raises(NotFound):
        hub.change("\0")
    assert hub.alive(str(ULID())) == {}


# --- Silence ------------------------------------------------------------------------------------------------


def sweep(hub):
    return hub.servers.sweep(hub.time)


def test_a_place_that_is_not_used_is_free_after_five_minutes(hub):
    hub.ask()
    hub.wait(seconds=300)
    assert sweep(hub) == 0
    hub.wait(seconds=1)
    assert sweep(hub) == 1
    assert hub.mine() == []
    assert hub.used().cpu_hours == 0
    hub.ask()


def test_a_place_whose_start_takes_long_is_kept(hub):
    id = hub.ask().id
    for _ in range(60):
        hub.wait(seconds=10)
        hub.alive(id)
        assert sweep(hub) == 0
    hub.change(id, started=hub.time)
    assert hub.mine() == [id]


def test_a_server_that_falls_silent_ends_with_its_last_word(hub):
    id = hub.start()
    hub.wait(minutes=10)
    hub.alive(id)
    hub.wait(minutes=20)
    assert sweep(hub) == 1
    assert hub.used().cpu_hours == 1 / 6
    hub.wait(minutes=10)
    assert sweep(hub) == 0


def test_one_that_is_heard_of_again_went_on_all_the_time(hub):
    id = hub.start()
    hub.wait(minutes=20)
    sweep(hub)
    assert hub.mine() == []
    hub.wait(minutes=10)
    assert hub.alive(id)[id].ends == hub.time + HOUR / 2
    assert hub.mine() == [id]
    assert hub.used().cpu_hours == 0.5


def test_the_hubs_own_word_on_the_end_takes_the_place_of_a_conclusion(hub):
    id, began = hub.start(), hub.time
    hub.wait(minutes=20)
    sweep(hub)
    shown = hub.change(id, ended=began + 12 * 60 * SECOND)
    assert (shown.ended, shown.reason) == (began + 12 * 60 * SECOND, None)
    assert hub.used().cpu_hours == 0.2
    hub.alive(id)
    assert hub.mine() == [], "it has ended for good"


def test_a_server_that_starts_again_ends_its_forgotten_session(hub):
    """The hub was killed, and never said that the first one ended."""
    first = hub.start(server="lab")
    hub.wait(minutes=6)
    hub.alive(first)
    hub.wait(minutes=2)
    second = hub.start(server="lab")
    assert hub.mine() == [second]
    hub.alive(first, second)
    assert hub.mine() == [second]
    assert hub.used().cpu_hours == 0.1
    refused(lambda: hub.ask(server="lab", id=first), "server_ended", 409)
    hub.change(first, ended=hub.time)
    assert hub.used().cpu_hours == 8 / 60


def test_a_start_under_way_keeps_its_place_against_its_own_name(hub):
    hub.ask(server="lab")
    hub.wait(seconds=20)
    refused(lambda: hub.ask(server="lab"), "too_many_servers", 429)
    hub.wait(seconds=20)
    hub.ask(server="lab")


def test_nothing_ends_because_nobody_listened(hub, rules):
    """The service was down for an hour: the servers were there all the time."""
    id = hub.start()
    hub.wait(hours=1)
    again = Servers(store=rules.store, plans=rules.plans, catalogue=rules.catalogue)
    again.listening = hub.time
    assert again.sweep(hub.time) == 0
    hub.servers = again
    again.now = lambda: hub.time
    hub.wait(seconds=10)
    hub.alive(id)
    hub.wait(seconds=301)
    assert again.sweep(hub.time) == 1


def test_words_that_are_concluded_are_told_apart(hub, rules):
    first, second = hub.start(), hub.ask("bob").id
    hub.wait(hours=1)
    sweep(hub)
    with rules.store.read() as session:
        reasons = [session.get_one(orm.Server, id).reason for id in (first, second)]
    assert reasons == [server_state.LOST, server_state.RELEASED]


# --- Who may ask --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "admin", "nobody"])
def test_only_the_hub_reports(hub, rules, who):
    viewer = getattr(rules, who)
    fields = wire.ServerCreate(id=str(ULID()), user="ada", lab="ada/x", server="x", environment="python")
    for call in (
        lambda: hub.servers.reserve(viewer, fields),
        lambda: hub.servers.change(viewer, str(ULID()), wire.ServerChange()),
        lambda: hub.servers.alive(viewer, []),
    ):
        with pytest.raises(Forbidden):
            call()


def test_people_see_their_own(hub, rules):
    id = hub.start(server="lab")
    assert hub.mine(rules.bob) == []
    (server,) = hub.servers.mine(rules.ada)
    assert (server.id, server.user, server.server, server.lab, server.plan) == (
        id,
        "ada",
        "lab",
        "ada/lab",
        "free",
    )
    assert (server.started, server.ends) == (hub.time, hub.time + HOUR)
    with pytest.raises(Forbidden):
        hub.servers.mine(rules.nobody)
    with pytest.raises(Forbidden):
        hub.servers.mine(rules.spawner)


def test_measures(hub):
    hub.configure({})
    gpu = {"environment": "pytorch", "accelerator": "gpu"}
    hub.start(**gpu)
    hub.start(user="bob", **gpu)
    hub.start()
    hub.wait(hours=1)
    measured = hub.servers.measure()
    assert measured.open == {("pytorch", "gpu"): 2, ("python", "none"): 1}
    assert (measured.server_hours, measured.gpu_hours) == (3, 2)
