"""The pages of the community pool as they are served; test_community_browser.py has what browsers do."""

from __future__ import annotations

import pytest
from service.web.conftest import Town
from service.web.test_api_workers import MACHINE, Pool
from support.pool import spec
from traitlets.config import Config


@pytest.fixture
def pool(site):
    """ada asks for two networks."""
    pool = Pool(site)
    pool.search = pool.ask(spec(), spec(rate=0.1), title="Which <iris>?")
    return pool


@pytest.fixture
def town(site):
    return Town(site)


def offers(town: Town, who: str | None) -> bool:
    return "data-lend " in town.get(who, "community").text


def test_it_reads_well_without_scripts(pool, town):
    bob = pool.worker()
    bob.lend()
    for who in (None, "ada"):
        text = town.get(who, "community").text
        for said in ("Nothing runs before you press Start", "What this cannot catch", "mlabs volunteer http"):
            assert said in text
        assert bob.made["name"] in text and "Keeps no address" in text
    assert "Which &lt;iris&gt;?" in text
    assert "Which" not in town.get("bob", "community").text, "searches are their owner's"


@pytest.mark.parametrize(
    ("settings", "signed_out", "signed_in"),
    [
        pytest.param({}, False, True, id="usual"),
        pytest.param({"signed_out": True}, True, True, id="also for the signed-out"),
        pytest.param({"enabled": False}, False, False, id="none"),
    ],
)
def test_who_is_offered_to_lend(start_site, settings, signed_out, signed_in):
    config = Config()
    config.Community.update(settings)
    town = Town(start_site(config))
    assert (offers(town, None), offers(town, "bob")) == (signed_out, signed_in)
    assert ("Sign in</a> to lend this one" in town.get(None, "community").text) == (
        signed_in and not signed_out
    )
    assert ("data-pool" in town.get("bob", "trainer").text) == signed_in


def test_a_search_is_seen_by_its_owner_and_administrators(pool, town):
    path = f"community/searches/{pool.search['id']}"
    assert [town.get(who, path).status_code for who in ("ada", "admin", "bob")] == [200, 200, 404]
    assert town.get(None, path).status_code == 302
    assert town.get("ada", "community/searches/01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code == 404
    assert "Nobody has begun yet" in town.get("ada", path).text
    assert "Open in the trainer" in town.get("ada", path).text
    assert "Open in the trainer" not in town.get("admin", path).text, "the data are in ada's browser"


def test_its_page_says_who_did_what(pool, town):
    bob = pool.worker()
    lease = bob.lend()
    text = town.get("ada", f"community/searches/{pool.search['id']}").text
    assert f"Epochs {lease['from'] + 1} to" not in text
    assert f"{lease['from'] + 1} to {lease['to']}" in text and bob.made["name"] in text
    assert 'class="lanes__lane"' in text and "Dense 4" in text


def test_who_may_stop_a_search(pool, town):
    path = f"community/searches/{pool.search['id']}"
    refused = town.send("bob", f"{path}/stop", form="me")
    assert refused.status_code == 404
    assert town.send("ada", f"{path}/stop", form=path).status_code == 303
    jobs = pool.ada.get(f"api/v1/searches/{pool.search['id']}").json()["jobs"]
    assert [(job["status"], job["reason"]) for job in jobs] == [("stopped", "person")] * 2
    assert "Stop the search" not in town.get("ada", path).text


def test_a_search_that_is_over_can_be_deleted(pool, town):
    path = f"community/searches/{pool.search['id']}"
    assert "Delete this search" not in town.get("ada", path).text
    assert town.send("ada", f"{path}/delete", form=path, sure="yes").status_code == 409
    town.send("ada", f"{path}/stop", form=path)
    assert "Delete this search" in town.get("ada", path).text
    for who, said, status in (("bob", {"sure": "yes"}, 404), ("ada", {}, 400)):
        assert town.send(who, f"{path}/delete", form="me", **said).status_code == status
    gone = town.send("ada", f"{path}/delete", form=path, sure="yes")
    assert (gone.status_code, gone.headers["Location"].endswith("/community")) == (303, True)
    assert town.get("ada", path).status_code == 404


def test_administrators_switch_it_off_and_on(pool, town):
    bob = pool.worker()
    assert "Switch the pool off" in town.get("admin", "community").text
    assert "Switch the pool off" not in town.get("ada", "community").text
    assert town.send("ada", "community/switch", form="me", on="no").status_code == 403
    assert town.get(None, "community").status_code == 200 and bob.claim() is not None

    assert town.send("admin", "community/switch", form="community", on="no").status_code == 303
    assert not pool.site.client().get("api/v1/community").json()["enabled"]
    refused = bob.post("jobs/claim")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "community_disabled")
    assert "switched off on this server" in town.get("ada", "community").text
    assert not offers(town, "ada")
    assert town.send("admin", "community/switch", form="community", on="no").status_code == 303

    assert town.send("admin", "community/switch", form="community", on="yes").status_code == 303
    assert offers(town, "ada") and bob.post("jobs/claim").status_code in (200, 204)


def test_while_it_is_off_nothing_is_in_training_and_who_lends_may_go(pool, town):
    bob = pool.worker()
    lease = bob.claim()
    assert pool.job(lease)["status"] == "running"
    town.send("admin", "community/switch", form="community", on="no")
    assert pool.job(lease)["status"] == "queued"
    again = bob.post(f"jobs/{lease['job']}/release", json={"lease": lease["lease"]})
    left = bob.client.delete(f"api/v1/workers/{bob.made['worker']}")
    assert "community_disabled" not in again.text + left.text and left.status_code == 204
    assert pool.site.client().get("api/v1/community").json()["workers"] == []


def test_who_may_not_lend_signed_out_is_told_so(pool):
    refused = pool.site.client().post("api/v1/workers", json=MACHINE)
    assert refused.status_code == 403 and "those lend who are signed in" in refused.json()["error"]["message"]
