"""The ledger of servers: places are kept and given back, words of the hub come late, twice or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, MLabsError, NotFound, TooMany, Unusable
from mlabs_ext.service import orm, server_state
from mlabs_ext.service.ledger import HOUR
from mlabs_ext.service.plan_file import read
from mlabs_ext.service.servers import Servers

PLANS = {
    "free": {"concurrent_servers": 1, "cpu_hours": 10, "longest_run": 3600, "memory": "2G", "cpus": 1.5},
    "pro": {
        "groups": ["pro", "staff"],
        "concurrent_servers": 3,
        "gpu_hours": 2,
        "idle_timeout": 600,
        "environments": ["python", "pytorch"],
    },
}
SECOND = timedelta(seconds=1)


class Hub:
    """What the hub would say: `ask`, `change` and `alive` at a time that the test sets."""

    def __init__(self, rules):
        self.rules, self.servers = rules, rules.servers
        self.time = datetime(2026, 2, 10, 8, tzinfo=UTC)
        self.servers.listening = self.time - timedelta(days=1)
        self.servers.now = rules.people.now = rules.plans.now = lambda: self.time

    def configure(self, plans):
        self.rules.plans.known = read(plans, self.rules.catalogue)

    def wait(self, **span):
        self.time += timedelta(**span)

    def ask(self, user="ada", server=None, environment="python", accelerator="none", groups=(), id=None):
        id = id or str(ULID())
        fields = wire.ServerCreate(
            id=id,
            user=user,
            lab=f"{user}/{server or 'lab'}",
            server=server or f"s-{id[-8:].lower()}",
            environment=environment,
            accelerator=accelerator,
            groups=list(groups),
        )
        return self.servers.reserve(self.rules.spawner, fields)

    def change(self, id, **fields):
        return self.servers.change(self.rules.spawner, id, wire.ServerChange(**fields))

    def start(self, **asked):
        id = self.ask(**asked).id
        self.change(id, started=self.time)
        return id

    def alive(self, *ids):
        return {end.id: end for end in self.servers.alive(self.rules.spawner, list(ids))}

    def mine(self, viewer=None):
        return [server.id for server in self.servers.mine(viewer or self.rules.ada)]

    def used(self, viewer=None):
        return self.rules.people.me(viewer or self.rules.ada).usage


@pytest.fixture
def hub(rules):
    hub = Hub(rules)
    hub.configure(PLANS)
    return hub


def refused(call, code, status):
    with pytest.raises(MLabsError) as refusal:
        call()
    assert (refusal.value.code, refusal.value.status) == (code, status)
    return refusal.value


def test_without_plans_everything_is_allowed_and_recorded(hub, rules):
    hub.configure({})
    ids = [hub.start(accelerator="gpu", environment="pytorch") for _ in range(20)]
    grant = hub.ask()
    assert (grant.plan, grant.memory, grant.cpus, grant.idle_timeout, grant.ends) == (
        "unlimited",
        *[None] * 4,
    )
    assert hub.mine() == [*ids, grant.id]
    hub.wait(hours=2)
    assert hub.used().gpu_hours == 40
    assert all(end.ends is None for end in hub.alive(*ids).values())


def test_a_grant_says_what_the_server_gets(hub):
    grant = hub.ask()
    assert grant == wire.Grant(grant.id, "free", 2 << 30, 1.5, None, hub.time + HOUR)
    grant = hub.ask("bob", groups=["staff"])
    assert grant == wire.Grant(grant.id, "pro", None, None, 600, None)


def test_the_same_request_again_gets_the_same_place(hub):
    grant = hub.ask(server="lab")
    assert hub.ask(server="lab", id=grant.id) == grant
    assert hub.mine() == [grant.id]
    refused(lambda: hub.ask("bob", id=grant.id), "server_exists", 409)
    hub.change(grant.id, ended=hub.time)
    refused(lambda: hub.ask(server="lab", id=grant.id), "server_ended", 409)


def test_places_are_given_and_given_back(hub):
    id = hub.start(server="one")
    error = refused(hub.ask, "too_many_servers", 429)
    assert isinstance(error, TooMany)
    assert error.detail == {"retry_after": 30, "labs": ["ada/one"]}
    assert error.message == (
        "Your plan 'free' runs one server at a time. Stop ada/one first, or try again later."
    )
    hub.ask("bob")
    hub.change(id, ended=hub.time)
    hub.ask()


def test_parallel_requests_for_the_last_place_get_one(hub):
    hub.configure({"free": {"concurrent_servers": 3}})
    hub.start()
    hub.start()

    def ask(_):
        try:
            return hub.ask().id
        except TooMany as refusal:
            return refusal.code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(50)))
    assert answers.count("too_many_servers") == 49
    assert len(hub.mine()) == 3


@pytest.mark.parametrize(
    ("asked", "code", "status", "says"),
    [
        ({"accelerator": "gpu", "environment": "pytorch"}, "plan_forbids", 403, "It is in the plan 'pro'"),
        ({"environment": "theano", "groups": ["pro"]}, "plan_forbids", 403, "It is in the plan 'free'"),
        ({"environment": "nope"}, "environment_unknown", 422, "There is no environment 'nope'"),
        ({"accelerator": "tpu"}, "accelerator_unknown", 422, "no accelerator 'tpu'"),
        ({"user": "a\0b"}, "fields_invalid", 422, "NUL"),
        ({"server": "a\0b"}, "lab_reference_invalid", 400, "not a lab"),
    ],
    ids=["accelerator", "environment", "unknown environment", "unknown accelerator", "user", "lab"],
)
def test_what_is_refused(hub, asked, code, status, says):
    error = refused(lambda: hub.ask(**asked), code, status)
    assert says in error.message
    assert hub.mine() == []


def test_hours_that_are_used_up_are_said_until_the_month_ends(hub):
    hub.configure({"free": {"cpu_hours": 10}, "pro": {"groups": ["pro"], "gpu_hours": 1}})
    id = hub.start()
    hub.wait(hours=10)
    hub.change(id, ended=hub.time)
    error = refused(hub.ask, "plan_used_up", 429)
    assert error.message.startswith(
        "Your plan's 10 server hours of this month are used up. There are new ones"
    )
    end = hub.rules.people.me(hub.rules.ada).period_end
    assert error.detail["retry_after"] == (end - hub.time).total_seconds()
    held = hub.start(user="bob", groups=["pro"], environment="pytorch", accelerator="gpu")
    hub.wait(hours=1)
    hub.change(held, ended=hub.time)
    gpu = {"user": "bob", "groups": ["pro"], "environment": "pytorch"}
    assert "GPU hours" in refused(lambda: hub.ask(**gpu, accelerator="gpu"), "plan_used_up", 429).message
    hub.ask(**gpu)
    hub.time = end
    hub.ask()
    hub.ask(**gpu, accelerator="gpu")


def test_hours_on_lent_machines_are_counted_apart_from_those_of_gpus(hub):
    hub.configure({"free": {"gpu_hours": 5, "community_hours": 2, "cpu_hours": 10}})
    hub.rules.catalogue.community, hub.rules.catalogue.local = True, False
    lent, gpu = {"accelerator": "community"}, {"environment": "pytorch", "accelerator": "gpu"}
    first, second, held = hub.start(**lent), hub.start(**lent), hub.start(**gpu)
    ends = hub.alive(first, second, held)
    said = "Your plan's 2 hours on community machines of this month are used up"
    assert ends[first] == wire.ServerEnd(first, hub.time + HOUR, said)
    assert ends[held].reason == "Your plan's 10 server hours of this month are used up"
    hub.wait(hours=1)
    for id in (first, second, held):
        hub.change(id, ended=hub.time)
    assert refused(lambda: hub.ask(**lent), "plan_used_up", 429).message.startswith(said)
    hub.ask(**gpu)
    usage = hub.rules.people.me(hub.rules.ada).usage
    assert (usage.cpu_hours, usage.gpu_hours, usage.community_hours) == (3, 1, 2)
    assert hub.servers.measure()[1:] == (3, 1, 2)


def test_a_plan_without_a_word_on_lent_machines_has_none(hub):
    hub.configure({"free": {"gpu_hours": 5}, "lent": {"groups": ["lent"], "community_hours": 2}})
    hub.rules.catalogue.community, hub.rules.catalogue.local = True, False
    error = refused(lambda: hub.ask(accelerator="community"), "plan_forbids", 403)
    assert "It is in the plan 'lent'" in error.message


def test_a_microsecond_that_is_left_may_be_used(hub):
    hub.configure({"free": {"cpu_hours": 1}})
    id = hub.start()
    hub.change(id, ended=hub.time + HOUR - timedelta(microseconds=1))
    hub.wait(hours=2)
    assert hub.ask().ends == hub.time + timedelta(microseconds=1)


def test_ends_share_what_is_left(hub):
    """4 hours for GPUs are left; two that hold one use them up in two; all servers share 10 hours."""
    hub.configure({"free": {"cpu_hours": 10, "gpu_hours": 4, "longest_run": 6 * 3600}})
    gpu = {"environment": "pytorch", "accelerator": "gpu"}
    first, second, third = hub.start(**gpu), hub.start(**gpu), hub.start()
    ends = hub.alive(first, second, third)
    assert ends[first] == wire.ServerEnd(
        first, hub.time + 2 * HOUR, "Your plan's 4 GPU hours of this month are used up"
    )
    assert ends[second].ends == hub.time + 2 * HOUR
    assert ends[third].ends == hub.time + 10 * HOUR / 3
    assert ends[third].reason == "Your plan's 10 server hours of this month are used up"
    hub.wait(hours=1)
    hub.change(second, ended=hub.time)
    ends = hub.alive(first, third)
    assert ends[first].ends == hub.time + 2 * HOUR
    assert ends[third].ends == hub.time + 3.5 * HOUR
    hub.change(first, ended=hub.time)
    ends = hub.alive(third)
    assert ends[third].ends == hub.time + 5 * HOUR
    assert ends[third].reason == "Servers of the plan 'free' run at most 6 hours"


def test_ends_go_on_into_the_next_month(hub):
    hub.configure({"free": {"cpu_hours": 10}})
    hub.time = datetime(2026, 2, 28, 22, tzinfo=UTC)
    id = hub.start()
    assert hub.alive(id)[id].ends == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_second_server_brings_the_end_of_the_first_nearer(hub):
    hub.configure({"free": {"cpu_hours": 8}})
    first = hub.start()
    assert hub.alive(first)[first].ends == hub.time + 8 * HOUR
    assert hub.ask().ends == hub.time + 4 * HOUR
    assert hub.alive(first)[first].ends == hub.time + 8 * HOUR, "it has not started yet"
    hub.start()
    assert hub.alive(first)[first].ends == hub.time + 4 * HOUR


def test_what_is_overdue_is_found_with_its_reason(hub):
    id = hub.start(server="lab")
    hub.wait(seconds=3599)
    assert hub.servers.overdue() == []
    hub.wait(seconds=1)
    (overdue,) = hub.servers.overdue()
    reason = "Servers of the plan 'free' run at most 1 hour"
    assert overdue == (id, "ada", "lab", reason)
    assert hub.servers.condemn(id, reason)
    assert hub.change(id, ended=hub.time, reason="The hub says something else").reason == reason
    assert hub.servers.overdue() == []
    assert not hub.servers.condemn(id, "x")


def test_a_reservation_is_never_overdue(hub):
    hub.ask()
    hub.wait(hours=5)
    assert hub.servers.overdue() == []


def test_a_better_plan_counts_for_servers_that_run(hub, rules):
    id = hub.start()
    rules.plans.give(rules.admin, "ada", "pro")
    assert hub.alive(id)[id].ends is None
    rules.plans.give(rules.admin, "ada", None)
    assert hub.alive(id)[id].ends == hub.time + HOUR


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
