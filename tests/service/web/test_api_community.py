"""Searches and jobs over REST: what is asked for, who sees it, and what never leaves the server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.web.test_api_workers import MACHINE, Pool
from support.pool import judge_all, rows, spec
from support.waiting import until
from traitlets.config import Config


@pytest.fixture
def pool(site):
    return Pool(site)


OWN = [
    ("get", "searches/{search}"),
    ("get", "jobs/{job}"),
    ("get", "jobs/{job}/checkpoint"),
    ("post", "searches/{search}/stop"),
    ("post", "jobs/{job}/stop"),
]


def test_a_search_is_its_owners_and_administrators_alone(pool):
    asked = pool.ask()
    pool.worker().lend()
    named = {"search": asked["id"], "job": asked["jobs"][0]["id"]}
    for verb, path in OWN:
        address = "api/v1/" + path.format(**named)
        for who, status in (("bob", 404), (None, 403 if verb == "post" else 404), ("ada-bare", 404)):
            if who == "ada-bare" and verb == "post":
                status = 403
            answer = pool.site.as_(who).request(verb, address)
            assert answer.status_code == status, (who, verb, path)
        for who in ("ada", "admin"):
            assert pool.site.as_(who).request(verb, address).status_code == 200, (who, verb, path)
    assert pool.ada.get("api/v1/me/searches").json()["items"][0]["id"] == asked["id"]
    assert pool.site.as_("bob").get("api/v1/me/searches").json()["items"] == []


def test_who_deletes_a_search_that_is_over(pool):
    asked = pool.ask()
    address = f"api/v1/searches/{asked['id']}"
    bob = pool.worker()
    bob.lend()
    going = pool.ada.delete(address)
    assert (going.status_code, going.json()["error"]["code"]) == (409, "search_running")
    # Somebody is at work on it, and what comes of it later is refused and harms nothing.
    lease = bob.claim()
    late = bob.train(lease)
    assert pool.ada.post(f"{address}/stop").status_code == 200
    assert [pool.site.as_(who).delete(address).status_code for who in ("bob", None)] == [404, 403]
    assert pool.ada.delete(address).status_code == 204
    assert pool.ada.get(address).status_code == pool.ada.delete(address).status_code == 404
    assert pool.ada.get("api/v1/me/searches").json()["items"] == []
    assert pool.ada.get(f"api/v1/jobs/{asked['jobs'][0]['id']}/checkpoint").status_code == 404
    assert bob.bring(lease, late).status_code == 404
    assert bob.claim() is None


def test_held_out_rows_reach_no_worker(pool):
    asked = pool.ask()
    train, held_out = pool.send(rows(40, 1)), pool.send(rows(10, 2))
    bob = pool.worker()
    lease = bob.claim()
    assert held_out not in str(lease)
    assert lease["data"] == train
    for path in ("jobs/data", "jobs/checkpoints"):
        assert bob.client.get(f"api/v1/{path}/{held_out}").status_code == 404
    assert bob.client.get(f"api/v1/jobs/checkpoints/{train}").status_code == 404
    # Rows and checkpoints are for the time of a lease, and for the one who has it.
    other = pool.worker("carol")
    assert other.client.get(f"api/v1/jobs/data/{train}").status_code == 404
    bob.bring(lease, bob.train(lease))
    assert bob.client.get(f"api/v1/jobs/data/{train}").status_code == 404
    assert asked["jobs"][0]["status"] == "queued"


POOLING = {"kind": "pooling", "how": "max"}
NOBODYS = {"train": f"sha256:{'0' * 64}", "held_out": f"sha256:{'1' * 64}"}
UNFIT, INVALID = (422, "job_unfit"), (422, "fields_invalid")
WRONG = {
    "no consent": ({"consent": False}, 422, "consent_needed"),
    "no jobs": ({"jobs": []}, *INVALID),
    "65 jobs": ({"jobs": [spec()] * 65}, *INVALID),
    "rows of nobody": ({"data": NOBODYS}, 422, "rows_unknown"),
    "no digests": ({"data": {"train": "x", "held_out": "y"}}, *INVALID),
    "another shape": ({"jobs": [spec(shape=[4])]}, *UNFIT),
    "another count": ({"jobs": [spec(rows=41)]}, *UNFIT),
    "classes that are not there": ({"jobs": [spec(output={"units": 3, "activation": "softmax"})]}, *UNFIT),
    "words that are none": ({"jobs": [spec(words=9, layers=[{"kind": "embedding", "units": 2}])]}, *UNFIT),
    "too many epochs": ({"jobs": [spec(epochs=2001)]}, *UNFIT),
    "as many as there may be": ({"jobs": [spec(epochs=2000, batch=1)]}, 201, None),
    "too many parameters": ({"jobs": [spec(layers=[{"kind": "dense", "units": 90_000}] * 2)]}, *UNFIT),
    "weighed without weights": ({"jobs": [spec(weighed=True)]}, *UNFIT),
    "layers that do not fit": ({"jobs": [spec(layers=[POOLING])]}, 422, "network_unfit"),
    "a layer that nobody knows": ({"jobs": [spec(layers=[{"kind": "lambda", "code": "1"}])]}, *INVALID),
    "a field that nobody knows": ({"jobs": [{**spec(), "patience": 3}]}, *INVALID),
    "a rate of none": ({"jobs": [spec(rate=0)]}, *INVALID),
    "a dataset that is not public": ({"dataset": "ada/secret"}, 422, "dataset_not_public"),
    "NUL in the title": ({"title": "a\0b"}, *INVALID),
    "a rung of none": ({"halving": {"rungs": []}}, *INVALID),
}


@pytest.mark.parametrize(("fields", "status", "code"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_said(lasting_site, fields, status, code):
    pool = Pool(lasting_site)
    data = {"train": pool.send(rows(40, 1)), "held_out": pool.send(rows(10, 2))}
    body = {"data": data, "consent": True, "jobs": [spec()]} | fields
    if "dataset" in fields:
        body = {"data": data | fields, "consent": True, "jobs": [spec()]}
    answer = pool.ada.post("api/v1/searches", json=body)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["error"]["code"] == code


def test_the_same_rows_cannot_be_trained_on_and_held_out(pool):
    same = pool.send(rows(40, 1))
    body = {"data": {"train": same, "held_out": same}, "consent": True, "spec": spec()}
    answer = pool.ada.post("api/v1/jobs", json=body)
    assert answer.json()["error"]["code"] == "rows_same"


def test_one_job_can_be_asked_for_and_a_key_asks_once(pool):
    data = {"train": pool.send(rows(40, 1)), "held_out": pool.send(rows(10, 2))}
    body = {"data": data, "consent": True, "spec": spec()}
    made = [
        pool.ada.post("api/v1/jobs", json=body, headers={"Idempotency-Key": "one"}).json() for _ in range(3)
    ]
    assert made[0] == made[1] == made[2]
    assert made[0]["layers"][0]["kind"] == "dense"
    assert len(pool.ada.get("api/v1/me/searches").json()["items"]) == 1


def test_rows_that_are_none_leave_nothing(pool):
    answer = pool.ada.post("api/v1/jobs/data", content=b"\x08\0\0\0nonsense")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "block_broken")
    assert list(pool.rules.rows.blobs.list("00")) == []
    blobs = [one for number in range(256) for one in pool.rules.rows.blobs.list(f"{number:02x}")]
    assert blobs == []


@pytest.mark.parametrize("announced", [True, False])
def test_rows_have_a_limit_also_where_no_length_is_announced(start_site, announced):
    pool = Pool(start_site(Config(Community={"max_rows_bytes": 500})))
    block = rows(1000)
    content = block if announced else iter([block[:400], block[400:]])
    answer = pool.ada.post("api/v1/jobs/data", content=content)
    assert answer.status_code == 413


def test_a_result_has_a_limit_too(pool):
    pool.ask()
    bob = pool.worker()
    lease = bob.claim()
    answer = bob.bring(lease, b"\0" * (2 << 20))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "result_too_large")


def test_a_person_has_so_many_jobs_open(start_site):
    pool = Pool(start_site(Config(Community={"max_jobs": 2})))
    pool.ask(spec(), spec(seed=2))
    data = {"train": pool.send(rows(40, 1)), "held_out": pool.send(rows(10, 2))}
    answer = pool.ada.post("api/v1/jobs", json={"data": data, "consent": True, "spec": spec()})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_jobs")
    assert answer.headers["Retry-After"] == "60"


def test_registrations_have_a_rate(start_site):
    site = start_site(Config(Traffic={"registrations": 3}))
    said = [site.as_("bob").post("api/v1/workers", json=MACHINE).status_code for _ in range(5)]
    assert said == [201, 201, 201, 429, 429]
    assert site.as_("carol").post("api/v1/workers", json=MACHINE).status_code == 201


def test_what_is_switched_off_takes_nothing_and_gives_nothing(start_site):
    site = start_site(Config(Community={"enabled": False}))
    pool = Pool(site)
    said = [
        pool.ada.post("api/v1/jobs/data", content=rows()),
        pool.ada.post("api/v1/workers", json=MACHINE),
        site.client(Authorization=f"worker mlw_{'x' * 43}").post("api/v1/jobs/claim"),
    ]
    assert {(one.status_code, one.json()["error"]["code"]) for one in said} == {(403, "community_disabled")}
    assert site.as_(None).get("api/v1/community").json()["enabled"] is False


TOKENS = {
    "none": None,
    "another word": "token mlw_" + "x" * 43,
    "too short": "worker mlw_x",
    "not ours": "worker mlw_" + "x" * 43,
    "nothing behind": "worker",
}


@pytest.mark.parametrize("credential", TOKENS.values(), ids=TOKENS)
def test_only_a_workers_token_is_one(lasting_site, credential):
    headers = {"Authorization": credential} if credential else {}
    answer = lasting_site.client(**headers).post("api/v1/jobs/claim")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] in ("worker_required", "worker_unknown")


def test_a_worker_that_left_is_known_no_more_and_its_slice_is_somebody_elses(pool):
    pool.ask()
    bob, carol = pool.worker(), pool.worker("carol")
    lease = bob.claim()
    assert carol.client.delete(f"api/v1/workers/{bob.made['worker']}").status_code == 404
    assert bob.client.delete(f"api/v1/workers/{bob.made['worker']}").status_code == 204
    assert bob.post("jobs/claim").json()["error"]["code"] == "worker_unknown"
    assert carol.claim()["from"] == lease["from"]


def test_a_slice_that_is_given_back_is_somebody_elses(pool):
    pool.ask()
    bob, carol = pool.worker(), pool.worker("carol")
    lease = bob.claim()
    assert carol.claim() is None
    given = {"lease": lease["lease"]}
    assert carol.post(f"jobs/{lease['job']}/release", json=given).status_code == 404
    assert bob.post(f"jobs/{lease['job']}/release", json=given).status_code == 204
    assert bob.post(f"jobs/{lease['job']}/release", json=given).status_code == 204
    assert carol.claim()["from"] == 0
    assert pool.job(lease)["slices"][0]["status"] == "released"


LIES = {
    "garbage": (lambda bob, lease: b"garbage" * 100, 422, "block_broken"),
    "NaN": (
        lambda bob, lease: bob.train(lease)[:-4] + b"\0\0\xc0\x7f",
        422,
        "not_finite",
    ),
    "another epoch": (lambda bob, lease: bob.train(lease, epoch=9), 422, "checkpoint_unfit"),
    "a claim that is too good": (lambda bob, lease: bob.train(lease, claim=0.0), 200, None),
}


@pytest.mark.parametrize(("lie", "status", "code"), LIES.values(), ids=LIES)
def test_a_lie_leaves_no_trace_in_the_job(pool, lie, status, code):
    pool.ask()
    bob = pool.worker()
    lease = bob.claim()
    body = lie(bob, lease)
    answer = bob.bring(lease, body)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["error"]["code"] == code
    judge_all(pool.rules, pool.referee)
    job = pool.job(lease)
    assert [one["worker"] for one in job["slices"] if one["status"] == "accepted"] in ([], [None])
    if code in (None, "not_finite"):
        away = bob.post("jobs/claim")
        assert (away.status_code, away.json()["error"]["code"]) == (403, "quarantined")


def test_a_stale_lease_and_another_body_are_conflicts(pool):
    pool.ask(spec(), spec(seed=2))
    bob = pool.worker()
    lease = bob.claim()
    body = bob.train(lease)
    assert bob.bring(lease, body).status_code == 200
    other = bob.bring(lease, bob.train(lease, claim=1.0))
    assert (other.status_code, other.json()["error"]["code"]) == (409, "result_other")
    assert bob.bring(lease, body).status_code == 200
    late = bob.claim()
    body = bob.train(late)
    now = pool.rules.results.now()
    pool.rules.leases.expire(now + timedelta(hours=1))
    answer = bob.bring(late, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "lease_expired")


def test_the_pools_numbers_are_among_the_metrics(pool):
    pool.ask()
    bob = pool.worker()
    bob.lend()
    lease = bob.claim()
    bob.bring(lease, b"garbage")
    told = pool.site.as_("metrics").get("metrics").text
    found = dict(
        line.split() for line in told.splitlines() if line.startswith("mlabs_community_") and "{" not in line
    )
    assert float(found["mlabs_community_workers"]) == 1
    assert float(found["mlabs_community_slices_done"]) == 1
    assert float(found["mlabs_community_slices_refused"]) == 1
    assert float(found["mlabs_community_jobs_waiting"]) == 1
    assert float(found["mlabs_community_seconds_lent_this_month"]) > 0


def test_what_the_log_says_of_a_registration_names_no_address(pool, caplog):
    with caplog.at_level("INFO", "mlabs.access"):
        pool.worker()
        # It is written after the answer.
        (line,) = until(lambda: [one for one in caplog.records if "workers" in one.getMessage()])
    assert "127.0.0.1" not in str(line.__dict__["fields"]) + line.getMessage()


def test_who_has_no_room_is_told_what_searches_take(start_site):
    config = Config()
    config.Plans.plans = {"free": {"storage": "4K"}}
    pool = Pool(start_site(config))
    pool.send(rows())
    refused = pool.ada.post("api/v1/jobs/data", content=rows(400))
    assert (refused.status_code, refused.json()["error"]["code"]) == (507, "storage_full")
    assert "Searches of the community pool take" in refused.json()["error"]["message"]
