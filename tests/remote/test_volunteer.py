"""`mlabs volunteer`, against a real service with its real referee."""

from __future__ import annotations

import json
import re
import signal
import time

import pytest
from service.conftest import migrated, site, start_site
from support.judging import judging
from support.pool import rows, spec
from support.up import COMMAND
from support.volunteers import Volunteer, apart, bound, uninterrupted
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.remote import volunteer

__all__ = ["migrated", "site", "start_site"]
DENSE = {"kind": "dense", "units": 8, "activation": "tanh", "initialiser": "glorotUniform", "dropout": 0.1}


@pytest.fixture
def lend(tmp_path):
    running = []

    def start(site, *arguments):
        running.append(Volunteer(site, tmp_path, *arguments))
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def quick(start_site):
    """A service that judges, and whose leases run out soon."""
    limits = {"lease_seconds": 3, "check_share": 0, "check_patience": 1, "signed_out": True}
    site = start_site(Config(Community=limits))

    with judging(site):
        yield site


def ask(site, *jobs, every=3):
    ada = site.as_("ada")
    blocks = [ada.post("api/v1/jobs/data", content=rows(*block)).json()["digest"] for block in BLOCKS]
    data = {"train": blocks[0], "held_out": blocks[1]}
    answer = ada.post("api/v1/searches", json={"data": data, "consent": True, "jobs": jobs, "every": every})
    assert answer.status_code == 201, answer.text
    return lambda: ada.get(f"api/v1/searches/{answer.json()['id']}").json()


BLOCKS = [(40, 1), (10, 2)]


def test_two_machines_train_a_search_and_one_of_them_is_killed(quick, lend, tmp_path):
    jobs = [
        spec(seed=seed, epochs=9, optimiser=optimiser, layers=[DENSE], weighed=False)
        for seed, optimiser in enumerate(["adam", "sgd", "momentum", "rmsprop"])
    ]
    search = ask(quick, *jobs)
    first = lend(quick, "--token", "bob-token", "--json", "--cpu", "100")
    second = lend(quick, "--token", "carol-token", "--json", "--cpu", "100")
    until(lambda: first.lines and first.state["job"], 60, lambda: first.lines)
    first.process.send_signal(signal.SIGKILL)
    found = until(lambda: (now := search())["status"] != "running" and now, 120, lambda: second.lines)
    assert [job["status"] for job in found["jobs"]] == ["succeeded"] * 4, found
    assert (
        any(one["status"] == "expired" for job in found["jobs"] for one in job["slices"])
        or first.state["done"]
    )
    for job, asked in zip(found["jobs"], jobs, strict=True):
        state = quick.as_("ada").get(f"api/v1/jobs/{job['id']}/checkpoint").content
        wanted = uninterrupted(tmp_path, asked, rows(*BLOCKS[0]))
        assert apart(asked, state, wanted) <= bound(asked)
    second.process.send_signal(signal.SIGINT)
    assert second.ended() == 0


def interrupted(one):
    """Seconds from Ctrl-C in the middle of a job until the process has ended."""
    until(lambda: "Job " in one.lines, 60, lambda: one.lines)
    started = time.monotonic()
    one.process.send_signal(signal.SIGINT)
    assert one.ended() == 0
    return time.monotonic() - started


def test_it_tells_what_it_does_and_ctrl_c_gives_its_lease_back(quick, lend):
    search, took = ask(quick, spec(epochs=2000, layers=[DENSE]), every=2000), []
    while not took or (min(took) >= 1 and len(took) < 3):
        # Again where others had the processors meanwhile.
        one = lend(quick, "--anonymous", "--cpu", "20", "--name", "cellar")
        took.append(interrupted(one))
    assert min(took) < 1, took
    assert re.search(
        r"cellar lends as [a-z]+-[a-z]+(-\d+)?: 20 % of one processor, WebAssembly, [\d,]+ million", one.lines
    )
    assert "epochs 1 to 2000 on 40 rows" in one.lines and "Stopped." in one.lines
    assert {each["status"] for each in search()["jobs"][0]["slices"]} == {"released"}
    assert quick.as_(None).get("api/v1/community").json()["workers"] == []


def test_a_server_that_wants_nobody_says_so(site, lend):
    one = lend(site, "--anonymous")
    assert one.ended() == 1
    assert "Ended: " in one.lines and "at " not in one.lines.partition("Ended: ")[0]


REFUSED = {
    "nobody": ([], "Sign in first: mlabs login"),
    "too much": (["--cpu", "101"], "from 1 to 100"),
    "no hours": (["--hours", "late"], "as 22-6"),
    "no hour": (["--hours", "22-25"], "as 22-6"),
    "token in a unit": (["--token", "x", "--service"], "leave --token out"),
}


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_told(lend, site, arguments, words):
    one = lend(site, *arguments)
    assert one.ended() == 1
    assert words in one.lines and "Traceback" not in one.lines


def test_without_nodejs_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(volunteer.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(volunteer.Unavailable, match=re.escape('pip install "mlabs[volunteer]"')):
        volunteer.node()


def test_a_unit_of_systemd(lend, site, tmp_path):
    one = lend(site, "--anonymous", "--service", "--hours", "22-6", "--cpu", "30", "--name", "My cellar!")
    assert one.ended() == 0
    url = site.url.removesuffix("/services/mlabs/")
    assert f"ExecStart={COMMAND} volunteer {url} --cpu 30 --hours 22-6 --anonymous" in one.lines
    assert "mlabs-volunteer-my-cellar.service" in one.lines
    (tmp_path / "login.json").write_text(json.dumps({"url": url, "token": "secret"}))
    signed_in = lend(site, "--service")
    assert signed_in.ended() == 0
    assert (
        f"Environment=MLABS_LOGIN={tmp_path}/login.json" in signed_in.lines
        and "secret" not in signed_in.lines
    )
