"""Plans: chosen by groups or by an administrator, asked before a start, and their room for storage."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, Full, Unusable
from mlabs_ext.service.accounts import spoken
from mlabs_ext.service.plan_file import read
from mlabs_ext.service.storage import spoken as spoken_size
from mlabs_ext.service.viewers import Viewer

PLANS = {
    "free": {"concurrent_servers": 1, "cpu_hours": 40, "memory": "2G", "longest_run": 12 * 3600},
    "course": {"groups": ["ml101", "ml102"], "concurrent_servers": 2},
    "pro": {"groups": ["pro"], "gpu_hours": 20, "concurrent_servers": 3, "storage": "10G", "cpus": 4},
}


@pytest.mark.parametrize(
    ("groups", "override", "plan"),
    [
        ([], None, "free"),
        (["other"], None, "free"),
        (["ml101"], None, "course"),
        (["ml102", "pro"], None, "pro"),
        (["pro", "ml102"], None, "pro"),
        (["pro"], "free", "free"),
        ([], "pro", "pro"),
        (["ml101"], "a plan that is gone", "course"),
    ],
    ids=str,
)
def test_whose_plan_it_is(rules, groups, override, plan):
    rules.plans.known = read(PLANS, rules.catalogue)
    assert rules.plans.best(groups, override).name == plan


def test_people_whom_no_plan_is_for(rules):
    rules.plans.known = read({"pro": {"groups": ["pro"]}}, rules.catalogue)
    flight = rules.plans.preflight(rules.ada, [], wire.RuntimeChoice("python"))
    assert (flight.ok, flight.plan, flight.places_left) == (False, "none", 0)
    assert flight.problems[0].code == "plan_forbids"
    assert "It is in the plan 'pro'; ask an administrator." in flight.problems[0].message


def person(name, *groups, admin=False):
    scopes = ["custom:mlabs:read", "custom:mlabs:write"]
    return Viewer.from_model({"name": name, "admin": admin, "groups": list(groups), "scopes": scopes})


def test_the_groups_of_now_count(rules):
    """A group that was joined a moment ago counts at once, and later for what runs already."""
    rules.plans.known = read(PLANS, rules.catalogue)
    fields = {"lab": "ada/x", "server": "x", "environment": "python", "groups": ["ml101"]}
    rules.servers.reserve(rules.spawner, wire.ServerCreate(id="0" * 26, user="ada", **fields))
    with rules.store.read() as session:
        assert rules.plans.of(session, "ada").name == "course"
    moment = rules.plans.now()
    for minutes, plan in ((0, "course"), (9, "course"), (11, "pro")):
        rules.plans.now = lambda minutes=minutes: moment + timedelta(minutes=minutes)
        assert rules.people.me(person("ada", "pro")).plan.name == "pro"
        with rules.store.read() as session:
            assert rules.plans.of(session, "ada").name == plan
    assert rules.people.me(Viewer(name="ada", can_read=True)).plan.name == "pro"


def test_an_administrator_gives_and_takes_plans(rules, caplog):
    rules.plans.known = read(PLANS, rules.catalogue)
    with caplog.at_level(logging.INFO):
        shown = rules.people.give_plan(rules.admin, "zoe", "pro")
    assert (shown.name, shown.plan.name, shown.override) == ("zoe", "pro", "pro")
    (record,) = [record for record in caplog.records if getattr(record, "fields", {}).get("audit")]
    assert record.fields == {"audit": "plan", "by": "admin", "person": "zoe", "before": None, "after": "pro"}
    assert rules.people.me(person("zoe")).plan.name == "pro"
    shown = rules.people.give_plan(rules.admin, "zoe", None)
    assert (shown.plan.name, shown.override) == ("free", None)
    with pytest.raises(Unusable, match=re.escape("There is no plan 'gold'. There are: free, course, pro.")):
        rules.people.give_plan(rules.admin, "zoe", "gold")
    with pytest.raises(Unusable):
        rules.people.give_plan(rules.admin, "z\0e", "pro")


@pytest.mark.parametrize("who", ["ada", "nobody", "spawner"])
def test_only_administrators_may(rules, who):
    viewer = getattr(rules, who)
    with pytest.raises(Forbidden):
        rules.people.give_plan(viewer, "ada", "pro")
    with pytest.raises(Forbidden):
        rules.people.all(viewer)


def test_an_administrators_token_that_may_only_read(rules):
    rules.plans.known = read(PLANS, rules.catalogue)
    reader = Viewer(name="admin", admin=True, can_read=True)
    assert rules.people.all(reader) == ([], None)
    with pytest.raises(Forbidden):
        rules.people.give_plan(reader, "ada", "pro")


def test_people_are_listed_who_was_here_last_first(rules):
    rules.plans.known = read(PLANS, rules.catalogue)
    for n, name in enumerate(("ada", "bob", "cleo")):
        id = f"{n:026}"
        fields = {"lab": f"{name}/x", "server": "x", "environment": "python", "groups": ["pro"][: n % 2]}
        rules.servers.reserve(rules.spawner, wire.ServerCreate(id=id, user=name, **fields))
    first, cursor = rules.people.all(rules.admin, limit=2)
    second, end = rules.people.all(rules.admin, limit=2, cursor=cursor)
    assert [one.name for one in first + second] == ["cleo", "bob", "ada"]
    assert end is None
    assert [one.plan.name for one in first + second] == ["free", "pro", "free"]
    assert [server.lab for server in first[1].servers] == ["bob/x"]
    assert first[1].usage.servers == 1


# --- Before anything starts --------------------------------------------------------------------------------


def test_a_preflight_says_all_that_is_missing(rules):
    rules.plans.known = read(
        {
            "free": {"concurrent_servers": 1, "cpu_hours": 0, "storage": "1K"},
            "pro": {"groups": ["pro"], "gpu_hours": 5},
        },
        rules.catalogue,
    )
    fields = {"lab": "ada/x", "server": "x", "environment": "python"}
    wants = wire.RuntimeChoice("pytorch", "gpu")
    rules.plans.known["free"].limits.cpu_hours = 1
    rules.servers.reserve(rules.spawner, wire.ServerCreate(id="0" * 26, user="ada", **fields))
    rules.plans.known["free"].limits.cpu_hours = 0
    rules.plans.known["free"].limits.storage = 0
    flight = rules.plans.preflight(rules.ada, None, wants)
    codes = [problem.code for problem in flight.problems]
    assert codes == ["plan_forbids", "plan_used_up", "too_many_servers", "storage_full"]
    assert (flight.ok, flight.plan, flight.places_left, flight.cpu_hours_left) == (False, "free", 0, 0)
    flight = rules.plans.preflight(rules.ada, ["pro"], wants)
    assert flight == wire.Preflight(True, [], "pro", None, 5, None)
    flight = rules.plans.preflight("bob", ["pro"], wire.RuntimeChoice("gone"))
    assert [problem.code for problem in flight.problems] == ["environment_unknown"]
    with pytest.raises(Forbidden):
        rules.plans.preflight(rules.nobody, None, wants)


# --- Storage ------------------------------------------------------------------------------------------------


def limit_storage(rules, size):
    rules.plans.known = read({"free": {"storage": "1K"}}, rules.catalogue)
    rules.plans.known["free"].limits.storage = size


def test_storage_holds_for_publishing(rules):
    first = rules.publish(rules.ada, "# First")
    used = rules.people.me(rules.ada).usage.storage_bytes
    limit_storage(rules, 2 * used + 50)
    rules.publish(rules.ada, "# Other")
    with pytest.raises(Full) as error:
        rules.publish(rules.ada, "# Third")
    assert (error.value.code, error.value.status) == ("storage_full", 507)
    taken = rules.people.me(rules.ada).usage.storage_bytes
    assert (error.value.detail["used"], error.value.detail["limit"]) == (taken, 2 * used + 50)
    assert {lab["lab"] for lab in error.value.detail["largest"]} == {"ada/first", "ada/other"}
    assert "Delete labs, datasets or models and empty the trash; the largest are ada/" in error.value.message
    with pytest.raises(Full):
        add(rules, "first", b"# Changed")
    rules.publish(rules.bob, "# Third")
    assert rules.publish(rules.ada, "# First").version == 1, "the very same notebook takes no room"
    assert first.version == 1


def test_storage_holds_for_forks(rules):
    for title in ("# First", "# Second"):
        rules.publish(rules.ada, title)
    size = rules.people.me(rules.ada).usage.storage_bytes
    limit_storage(rules, size - 10)
    rules.labs.fork(rules.bob, "ada", "first", wire.ForkCreate())
    with pytest.raises(Full):
        rules.labs.fork(rules.bob, "ada", "second", wire.ForkCreate())
    rules.labs.fork(rules.bob, "ada", "first", wire.ForkCreate(name="again"))


def add(rules, name, source):
    text = b'{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"id":"a","cell_type":"markdown",'
    text += b'"metadata":{},"source":"' + source + b'"}]}'
    return rules.versions.add(rules.ada, "ada", name, wire.VersionCreate(notebook=b""), text)


def test_deleted_labs_count_until_the_trash_is_emptied(rules):
    lab = rules.publish(rules.ada, "# First")
    limit_storage(rules, rules.people.me(rules.ada).usage.storage_bytes + 50)
    rules.labs.delete(rules.ada, "ada", lab.name)
    with pytest.raises(Full):
        rules.publish(rules.ada, "# Other")
    rules.publish(rules.bob, "# Other")
    assert rules.labs.empty_own_trash(rules.ada) == 1
    rules.publish(rules.ada, "# Other")
    assert rules.labs.trash(rules.bob) == []


def test_a_server_is_not_started_where_storage_is_full(rules):
    rules.publish(rules.ada, "# First")
    limit_storage(rules, rules.people.me(rules.ada).usage.storage_bytes)
    fields = {"lab": "ada/x", "server": "x", "environment": "python"}
    with pytest.raises(Full):
        rules.servers.reserve(rules.spawner, wire.ServerCreate(id="0" * 26, user="ada", **fields))
    rules.servers.reserve(rules.spawner, wire.ServerCreate(id="0" * 26, user="bob", **fields))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (43_200, "12 hours"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (0.5, "0.5 seconds"),
    ],
)
def test_durations_in_words(seconds, said):
    assert spoken(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 KB"),
        (10 << 30, "10 GB"),
        (1020 << 20, "1020 MB"),
        (5 << 50, "5120 TB"),
    ],
)
def test_sizes_in_words(size, said):
    assert spoken_size(size) == said


def test_any_lab_will_do(rules):
    """Whatever has an environment and an accelerator can be asked about."""
    lab = SimpleNamespace(environment="python", accelerator="none")
    assert rules.plans.preflight(rules.ada, None, lab).ok
