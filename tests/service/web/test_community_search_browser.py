"""A search of the community pool by tabs and a machine, of which some vanish in the middle of it."""

from __future__ import annotations

import signal

import pytest
from support.judging import judging
from support.pool import rows, spec
from support.visitors import Visitors
from support.volunteers import Volunteer, apart, bound, uninterrupted
from support.waiting import until
from traitlets.config import Config

pytestmark = pytest.mark.browser

DENSE = {"kind": "dense", "units": 16, "activation": "tanh", "initialiser": "glorotUniform", "dropout": 0.1}
OPTIMISERS = ("adam", "sgd", "momentum", "rmsprop")
ROWS = 400
TRAIN, HELD_OUT = rows(ROWS, 1), rows(40, 2)


@pytest.fixture
def site(start_site):
    """A service whose leases run out soon; nothing is done twice, so that all who are left are needed."""
    site = start_site(Config(Community={"lease_seconds": 3, "trust_after": 0, "check_share": 0.0}))
    with judging(site):
        yield site


def test_twelve_jobs_end_as_if_nobody_had_gone(site, browser, tmp_path):
    given = {"epochs": 12, "layers": [DENSE], "rows": ROWS, "weighed": False}
    jobs = [spec(seed=n, optimiser=OPTIMISERS[n % 4], **given) for n in range(12)]
    ada, visit = site.as_("ada"), Visitors(site, browser)
    train, held_out = (
        ada.post("api/v1/jobs/data", content=block).json()["digest"] for block in (TRAIN, HELD_OUT)
    )
    wanted = {"data": {"train": train, "held_out": held_out}, "consent": True, "jobs": jobs, "every": 3}
    search = ada.post("api/v1/searches", json=wanted).json()

    machine = Volunteer(site, tmp_path, "--token", "bob-token", "--json", "--cpu", "100")
    try:
        tabs = [visit.page(name) for name in ("carol", "ada")]
        for tab in tabs:
            tab.fill("[name=share]", "100")
            tab.click("[data-start]")
        until(lambda: machine.lines and machine.state["job"], 60, lambda: machine.lines)
        machine.process.send_signal(signal.SIGKILL)
        until(lambda: int(tabs[0].locator("[data-account] dd").first.inner_text()) >= 1)
        tabs[0].close()
        found = until(
            lambda: (now := ada.get(f"api/v1/searches/{search['id']}").json())["ended"] and now, 180
        )
    finally:
        machine.process.kill()
        machine.process.wait()

    assert [job["status"] for job in found["jobs"]] == ["succeeded"] * 12, found
    slices = [one for job in found["jobs"] for one in job["slices"]]
    assert len({one["worker"] for one in slices if one["status"] == "accepted"}) >= 2
    held = any(one["status"] == "expired" for one in slices)
    assert held or machine.state["done"], "the machine was at it when it was killed"
    for job, asked in zip(found["jobs"], jobs, strict=True):
        state = ada.get(f"api/v1/jobs/{job['id']}/checkpoint").content
        assert apart(asked, state, uninterrupted(tmp_path, asked, TRAIN)) <= bound(asked), asked["options"]
    visit.leave()
