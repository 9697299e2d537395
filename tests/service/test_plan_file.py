"""Plans as the configuration writes them: read, or refused in words that name plan and key."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mlabs_ext import wire
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service.plan_file import InvalidPlan, read
from mlabs_ext.service.plans import Plans


def test_a_plan_as_it_is_written():
    every = {
        "groups": ["a"],
        "cpu_hours": 1.5,
        "gpu_hours": 0,
        "community_hours": 5,
        "concurrent_servers": 2,
        "concurrent_runs": 3,
        "memory": "512M",
        "cpus": 0.5,
        "storage": "1T",
        "longest_run": 60,
        "idle_timeout": 0.5,
        "environments": ["python", "theano"],
        "accelerators": ["none", "gpu", "community"],
    }
    plan = read({"all": every}, Catalogue())["all"]
    sizes = {"memory": 512 << 20, "storage": 1 << 40}
    limits = {name: value for name, value in every.items() if name != "groups"}
    assert plan.limits == wire.Limits(**limits | sizes)
    assert plan.groups == {"a"}


def test_what_is_left_out_is_not_limited_but_accelerators_are():
    limits = read({"free": {}}, Catalogue())["free"].limits
    assert {name: getattr(limits, name) for name in limits.__struct_fields__ if getattr(limits, name)} == {
        "accelerators": ["none"]
    }


@pytest.mark.parametrize(
    ("fields", "accelerators"),
    [
        ({}, ["none"]),
        ({"gpu_hours": 20}, ["none", "gpu"]),
        ({"gpu_hours": 0, "community_hours": 0}, ["none"]),
        ({"community_hours": 10}, ["none", "community"]),
        ({"gpu_hours": 20, "community_hours": 10}, ["none", "gpu", "community"]),
        ({"gpu_hours": 20, "accelerators": ["none"]}, ["none"]),
    ],
)
def test_hours_on_a_class_of_accelerators_are_a_word_on_it(fields, accelerators):
    assert read({"free": fields}, Catalogue())["free"].limits.accelerators == accelerators


@pytest.mark.parametrize(
    ("fields", "key", "reason"),
    [
        ({"gpu_hour": 1}, "gpu_hour", "there is no such key; there are: groups, cpu_hours, gpu_hours"),
        ({"gpu_hours": "20"}, "gpu_hours", "expected `float"),
        ({"gpu_hours": -1}, "gpu_hours", ">= 0"),
        ({"cpu_hours": float("inf")}, "cpu_hours", "<= 1000000"),
        ({"cpu_hours": float("nan")}, "cpu_hours", ""),
        ({"concurrent_servers": 1.5}, "concurrent_servers", "expected `int"),
        ({"concurrent_servers": True}, "concurrent_servers", "expected `int"),
        ({"memory": "4Q"}, "memory", "'4Q' is no size: write a number and K, M, G or T, like '4G'"),
        ({"memory": 4}, "memory", "expected `str"),
        ({"storage": "-1G"}, "storage", "is no size"),
        ({"cpus": 0}, "cpus", "> 0"),
        ({"longest_run": 0}, "longest_run", "> 0"),
        ({"groups": "pro"}, "groups", "expected `array"),
        ({"groups": [1]}, "groups", "expected `str`"),
        ({"environments": ["pithon"]}, "environments", "there is no 'pithon'; there are: "),
        ({"accelerators": ["tpu"]}, "accelerators", "there is no 'tpu'; there are: none, gpu"),
        ([], None, "write it as a dict of limits, not as []"),
        ({1: 2}, "1", "there is no such key"),
    ],
    ids=lambda value: None if isinstance(value, str) or value is None else str(value)[:40],
)
def test_a_mistake_is_named_by_plan_and_key(fields, key, reason):
    with pytest.raises(InvalidPlan) as error:
        Plans(plans={"free": {}, "pro": fields}, catalogue=Catalogue())
    assert error.value.detail == {"plan": "pro", "key": key}
    where = "plan 'pro'" if key is None else f"plan 'pro', key '{key}'"
    assert error.value.message.startswith(f"c.Plans.plans: {where}: ")
    assert reason in error.value.message


@pytest.mark.parametrize("name", ["", " ", "a" * 61, "-", "a\n", "a/b"], ids=repr)
def test_names_that_no_plan_may_have(name):
    with pytest.raises(InvalidPlan):
        read({name: {}}, Catalogue())


def test_an_environment_that_is_only_not_offered_now_may_be_named():
    plans = Plans(plans={"free": {"environments": ["pytorch"]}}, catalogue=Catalogue(enabled=["python"]))
    assert plans.known["free"].limits.environments == ["pytorch"]


@pytest.mark.timeout(60)
def test_the_service_does_not_start_with_a_mistake(tmp_path):
    config = tmp_path / "mlabs_config.py"
    config.write_text("c = get_config()\nc.Plans.plans = {'pro': {'memory': '4Q'}}\n")
    command = [sys.executable, "-m", "mlabs_ext.service", f"--config={config}", f"--data={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said == (
        "MLabs cannot start: c.Plans.plans: plan 'pro', key 'memory': '4Q' is no size: "
        "write a number and K, M, G or T, like '4G'"
    )
    assert "Traceback" not in done.stderr
