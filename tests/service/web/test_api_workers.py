"""The calls of workers: what their token opens, and what is made of what they bring."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from support.pool import StandInReferee, decoded, judge_all, network, numbers, rows, spec, trained
from traitlets.config import Config

MACHINE = {"kind": "machine", "backend": "cpu", "speed": 1000}


class Pool:
    """A service with a pool, where ada asks and others lend."""

    def __init__(self, site):
        self.site, self.rules = site, site.service.community
        self.referee = StandInReferee(self.rules)
        self.ada = site.as_("ada")

    def send(self, block: bytes) -> str:
        answer = self.ada.post("api/v1/jobs/data", content=block)
        assert answer.status_code == 201, answer.text
        return answer.json()["digest"]

    def ask(self, *jobs, **fields):
        data = {"train": self.send(rows(40, 1)), "held_out": self.send(rows(10, 2))}
        body = {"data": data, "consent": True, "jobs": list(jobs) or [spec()], "every": 3, **fields}
        answer = self.ada.post("api/v1/searches", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def worker(self, who="bob", **fields):
        answer = self.site.as_(who).post("api/v1/workers", json=MACHINE | fields)
        assert answer.status_code == 201, answer.text
        return Lender(self, answer.json())

    def job(self, lease):
        return self.ada.get(f"api/v1/jobs/{lease['job']}").json()


class Lender:
    """A worker."""

    def __init__(self, pool, made):
        self.pool, self.made = pool, made
        self.client = pool.site.client(Authorization=f"worker {made['token']}")

    def post(self, path, **given):
        return self.client.post(f"api/v1/{path}", **given)

    def claim(self):
        answer = self.post("jobs/claim")
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.status_code == 200 else None

    def train(self, lease, **changes):
        start = lease["start"] and self.client.get(f"api/v1/jobs/checkpoints/{lease['start']}").content
        return trained(decoded(lease["spec"]), start, lease["from"], lease["to"], **changes)

    def bring(self, lease, body):
        return self.post(f"jobs/{lease['job']}/result?lease={lease['lease']}", content=body)

    def lend(self):
        lease = self.claim()
        if lease is not None:
            answer = self.bring(lease, self.train(lease))
            assert answer.json() == {"status": "received"}, answer.text
            judge_all(self.pool.rules, self.pool.referee)
        return lease


@pytest.fixture
def pool(site):
    return Pool(site)


def test_two_workers_bring_a_job_to_its_end(pool):
    asked = pool.ask()
    bob, carol = pool.worker(), pool.worker("carol")
    leases = [one.lend() for _ in range(8) for one in (bob, carol)]
    seen = [(lease["from"], lease["to"]) for lease in leases if lease]
    job = pool.ada.get(f"api/v1/searches/{asked['id']}").json()["jobs"][0]
    assert (job["status"], job["epoch"], job["epochs"]) == ("succeeded", 12, 12)
    assert [score["epoch"] for score in job["scores"]] == [3, 6, 9, 12]
    assert job["best"] == job["scores"][-1]
    assert {one["worker"] for one in job["slices"]} <= {bob.made["name"], carol.made["name"], None}
    # The first two of each were done once more by the other.
    assert sorted(seen)[:2] == [(0, 3), (0, 3)]
    state = pool.ada.get(f"api/v1/jobs/{job['id']}/checkpoint")
    assert numbers(state.content, network(decoded(spec())))[1][0] == 36
    everybody = pool.site.as_(None).get("api/v1/community").json()
    assert everybody["done_today"] >= 4
    assert everybody["waiting"] == everybody["running"] == 0
    assert [one["name"] for one in everybody["workers"]] == [bob.made["name"], carol.made["name"]]


def test_one_worker_alone_is_enough_as_the_server_checks_it_then(pool):
    asked = pool.ask()
    bob = pool.worker()
    while bob.lend():
        pass
    job = pool.ada.get(f"api/v1/searches/{asked['id']}").json()["jobs"][0]
    assert job["status"] == "succeeded"
    assert pool.referee.epochs >= 6


def test_a_lease_says_all_that_is_needed_and_is_signed(pool):
    pool.ask()
    bob = pool.worker()
    lease = bob.claim()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(bob.made["key"]))
    key.verify(base64.b64decode(lease["signature"]), lease["signed"].encode())
    said = json.loads(lease["signed"])
    assert said == {name: value for name, value in lease.items() if name not in ("signed", "signature")}
    assert (said["start"], said["from"], said["to"]) == (None, 0, 3)
    # Who asks again has it still.
    assert bob.claim()["lease"] == lease["lease"]
    data = bob.client.get(f"api/v1/jobs/data/{lease['data']}")
    assert data.content == rows(40, 1)


def test_the_same_result_twenty_times_at_once_has_one_effect(pool):
    pool.ask()
    bob = pool.worker()
    lease = bob.claim()
    body = bob.train(lease)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: bob.bring(lease, body), range(20)))
    assert {(one.status_code, one.text) for one in answers} == {(200, '{"status":"received"}')}
    judge_all(pool.rules, pool.referee)
    assert bob.bring(lease, body).status_code == 200
    job = pool.job(lease)
    assert (job["epoch"], len(job["slices"])) == (3, 1)
    assert pool.referee.judged == 1


@pytest.mark.parametrize("signed_out", [True, False])
def test_who_is_not_signed_in_lends_only_where_an_administrator_allows_it(start_site, signed_out):
    site = start_site(Config(Community={"signed_out": signed_out}))
    answer = site.as_(None).post("api/v1/workers", json=MACHINE)
    assert answer.status_code == (201 if signed_out else 403)


@pytest.mark.parametrize(("token", "status"), [("lend", 201), ("read", 403), ("bare", 403)])
def test_a_token_to_lend_with_is_enough_for_that(site, token, status):
    answer = site.as_(f"ada-{token}").post("api/v1/workers", json=MACHINE)
    assert answer.status_code == status, answer.text


def test_a_token_to_lend_with_opens_nothing_else(site):
    site.publish("ada", name="secret", visibility="private")
    lender = site.as_("ada-lend")
    assert lender.get("api/v1/labs/ada/secret").status_code == 404
    for refused in (lender.get("api/v1/me"), lender.post("api/v1/labs", json={"name": "new"})):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_missing")


def test_renewals_say_whether_a_slice_is_still_wanted(pool):
    asked = pool.ask()
    bob = pool.worker()
    lease = bob.claim()
    renewed = bob.post(f"jobs/{lease['job']}/renew", json={"lease": lease["lease"], "epoch": 1})
    assert renewed.json()["go_on"] is True
    pool.ada.post(f"api/v1/searches/{asked['id']}/stop")
    renewed = bob.post(f"jobs/{lease['job']}/renew", json={"lease": lease["lease"], "epoch": 2})
    assert renewed.json()["go_on"] is False
    refused = bob.bring(lease, bob.train(lease))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "lease_over")
    assert bob.claim() is None
