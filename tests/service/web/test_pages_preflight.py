"""What is missing is said before anything starts, with a way out; what runs on something else restarts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from service.conftest import BASE
from support.waiting import until


def target(answer: httpx.Response) -> str:
    """The lab that a redirect to JupyterHub's spawn page is for."""
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)["opt-lab"][0]


def labs(town, who: str) -> list[str]:
    return [lab["name"] for lab in town.site.as_(who).get(f"api/v1/labs?owner={who}").json()["items"]]


def test_a_gpu_that_is_not_in_the_plan_is_said_and_can_be_done_without(planned):
    page = planned.page("bob", "fork/@ada/deep")
    assert "PyTorch with accelerator 'gpu' is not in your plan 'free'" in page.text
    assert "Fork and open without the GPU" in page.text
    answer = planned.send("bob", "fork/@ada/deep")
    assert (answer.status_code, labs(planned, "bob")) == (409, [])
    assert target(planned.send("bob", "fork/@ada/deep", accelerator="none")) == "bob/deep"
    fork = planned.site.as_("bob").get("api/v1/labs/bob/deep").json()
    assert (fork["environment"], fork["accelerator"]) == ("pytorch", "none")


def test_a_fork_that_cannot_start_can_be_made_all_the_same(planned):
    answer = planned.send("bob", "fork/@ada/deep", open="later")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}@bob/deep")
    assert planned.site.as_("bob").get("api/v1/labs/bob/deep").json()["accelerator"] == "gpu"


def test_the_owner_opens_without_the_gpu_and_the_lab_remembers(planned):
    assert "Open without the GPU" in planned.page("ada", "open/@ada/deep").text
    assert planned.send("ada", "open/@ada/deep").status_code == 409
    assert target(planned.send("ada", "open/@ada/deep", accelerator="none")) == "ada/deep"
    assert planned.site.as_("ada").get("api/v1/labs/ada/deep").json()["accelerator"] == "none"


def test_no_other_accelerator_can_be_smuggled_in(planned):
    for path in ("open/@ada/mnist", "fork/@ada/mnist"):
        assert planned.send("ada", path, accelerator="gpu").status_code == 422


def test_a_server_that_may_stop_is_stopped_from_the_page(planned):
    first, _ = planned.open("ada", "ada/mnist"), planned.open("ada", "ada/digits")
    page = planned.page("ada", "open/@ada/deep")
    assert "runs 2 servers at a time" in page.text
    assert len(page.all("form", action=f"{BASE}servers/{first}/stop")) == 1
    answer = planned.send("ada", f"servers/{first}/stop", form="open/@ada/deep", next=f"{BASE}open/@ada/deep")
    assert answer.headers["Location"] == f"{BASE}open/@ada/deep"
    assert planned.hub.asked == [("ada", "mnist")]
    assert "servers at a time" not in planned.page("ada", "open/@ada/deep").text


@pytest.mark.parametrize(("who", "status"), [("bob", 404), ("ada", 303), ("admin", 303)])
def test_only_its_person_and_administrators_stop_a_server(planned, who, status):
    server = planned.open("ada", "ada/mnist")
    answer = planned.send(who, f"servers/{server}/stop", form="new")
    assert answer.status_code == status
    assert planned.hub.asked == ([] if status == 404 else [("ada", "mnist")])
    assert planned.send(who, "servers/01JCQ3W3T9V0Q8X5H7ZK2M0001/stop", form="new").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("bob", 404), ("ada", 204)])
def test_a_server_asks_for_its_own_end_over_rest(planned, who, status):
    server = planned.open("ada", "ada/mnist")
    assert planned.site.as_(who).delete(f"api/v1/me/servers/{server}").status_code == status
    if status == 404:
        assert planned.hub.asked == []
    else:
        assert until(lambda: planned.hub.asked) == [("ada", "mnist")]


def test_a_server_of_the_lab_itself_needs_no_place_of_its_own(planned):
    planned.open("ada", "ada/mnist")
    planned.open("ada", "ada/digits")
    answer = planned.get("ada", "open/@ada/mnist")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/user/ada/mnist/mlabs/api/open?lab=ada%2Fmnist", "nothing to ask"
    answer = planned.send("ada", "open/@ada/mnist", form="open/@ada/mnist?restart=1")
    assert target(answer) == "ada/mnist"
    assert planned.hub.asked == []


def test_a_server_on_something_else_is_stopped_first(planned):
    planned.open("ada", "ada/mnist", "pytorch")
    planned.open("ada", "ada/digits")
    page = planned.page("ada", "open/@ada/mnist")
    assert "Your files are kept." in page.text
    assert "Restart and open" in page.text
    assert target(planned.send("ada", "open/@ada/mnist")) == "ada/mnist"
    assert planned.hub.asked == [("ada", "mnist")]
    assert [s["lab"] for s in planned.site.as_("ada").get("api/v1/me/servers").json()["items"]] == [
        "ada/digits"
    ]


def test_a_restart_can_be_asked_for(planned):
    planned.open("ada", "ada/mnist")
    page = planned.page("ada", "open/@ada/mnist?restart=1")
    assert page.all("input", name="restart", value="1")
    assert (
        target(planned.send("ada", "open/@ada/mnist", form="open/@ada/mnist?restart=1", restart="1"))
        == "ada/mnist"
    )
    assert planned.hub.asked == [("ada", "mnist")]


@pytest.fixture
def impatient(planned, monkeypatch):
    """Pages that wait only a moment for a server to be gone."""
    monkeypatch.setattr("mlabs_ext.service.web.pages.start.PATIENCE", 0.05)
    monkeypatch.setattr("mlabs_ext.service.web.pages.servers.PATIENCE", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_slow_hub_is_waited_for_on_a_page(planned):
    planned.open("ada", "ada/mnist", "pytorch")
    planned.hub.slow = True
    person = planned.person("ada")
    answer = planned.send("ada", "open/@ada/mnist")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}open/@ada/mnist/wait")
    cookie = re.match(
        r"mlabs-restarting=([^;]+); HttpOnly; Path=([^;]+); SameSite=Lax", answer.headers["Set-Cookie"]
    )
    person.cookies.set("mlabs-restarting", cookie[1].strip('"'))
    assert cookie[2] == f"{BASE}open/@ada/mnist"
    waiting = person.get("open/@ada/mnist/wait")
    assert (waiting.status_code, waiting.headers["Refresh"]) == (200, "1")
    assert "Your files are kept." in waiting.text
    assert planned.hub.asked == [("ada", "mnist")]
    assert "Stopping" in planned.page("ada", "me").text
    assert planned.get("ada", "me").headers["Refresh"]
    planned.hub.finish()
    wait_for(lambda: person.get("open/@ada/mnist/wait").status_code == 303)


def wait_for(done) -> None:
    until = datetime.now(UTC).timestamp() + 30
    while not done():
        assert datetime.now(UTC).timestamp() < until


@pytest.mark.parametrize("cookie", [None, "forged"])
def test_nobody_is_led_to_a_restart_that_they_did_not_ask_for(planned, cookie):
    planned.open("ada", "ada/mnist")
    if cookie:
        planned.person("ada").cookies.set("mlabs-restarting", cookie)
    answer = planned.get("ada", "open/@ada/mnist/wait")
    assert answer.headers["Location"] == f"{BASE}open/@ada/mnist"
    assert planned.get("bob", "open/@ada/mnist/wait").headers["Location"] == f"{BASE}fork/@ada/mnist"
    assert planned.hub.asked == []


def test_a_hub_that_is_broken_is_said_in_words(planned):
    planned.open("ada", "ada/mnist", "pytorch")
    planned.hub.status = 500
    answer = planned.send("ada", "open/@ada/mnist")
    assert answer.status_code == 503
    assert "JupyterHub does not answer" in answer.text
    planned.hub.status = None
    assert target(planned.send("ada", "open/@ada/mnist")) == "ada/mnist"


@pytest.mark.parametrize("path", ["fork/@ada/mnist", "new"])
def test_a_double_click_makes_one_lab(planned, path):
    key = planned.page("bob", path).all("input", name="key")[0]["value"]
    fields = {"key": key, "title": "Twice", "environment": "python"}
    first, second = (planned.send("bob", path, **fields) for _ in range(2))
    assert target(first) == target(second)
    assert len(labs(planned, "bob")) == 1
    assert target(planned.send("bob", path, **fields | {"key": "another"})) != target(first)


def test_another_choice_on_the_same_page_is_another_fork(planned):
    key = planned.page("bob", "fork/@ada/deep").all("input", name="key")[0]["value"]
    planned.send("bob", "fork/@ada/deep", key=key, open="later")
    assert target(planned.send("bob", "fork/@ada/deep", key=key, accelerator="none")) == "bob/deep-2"


def test_a_new_lab_without_a_place_can_be_opened_later(planned):
    planned.open("ada", "ada/mnist")
    planned.open("ada", "ada/digits")
    page = planned.page("ada", "new")
    assert "runs 2 servers at a time" in page.text
    assert "Create, open later" in page.text
    fields = {"title": "Third", "environment": "python", "accelerator": "none"}
    assert planned.send("ada", "new", **fields).status_code == 409
    assert "third" not in labs(planned, "ada")
    answer = planned.send("ada", "new", open="later", **fields)
    assert answer.headers["Location"] == f"{BASE}@ada/third"


def test_environments_outside_the_plan_cannot_be_chosen(planned):
    page = planned.page("ada", "new")
    choices = {field["value"]: "disabled" in field for field in page.all("input", name="environment")}
    assert (choices["python"], choices["pytorch"], choices["jax"]) == (False, False, True)
    assert "Not in your plan." in page.text
    assert not page.all("select", name="accelerator")


def test_an_environment_that_went_away_is_said(empty_town):
    site = empty_town.site
    site.publish("ada", name="old", title="Old", environment="python")
    site.service.catalogue._specs.pop("python")
    page = empty_town.page("ada", "open/@ada/old")
    assert "There is no environment 'python' here" in page.text
    assert "Choose another environment" in page.text


def test_a_gpu_that_this_machine_lacks_is_said(empty_town):
    site = empty_town.site
    site.service.starts.catalogue.accelerators = lambda spec: ["none"]
    site.publish("ada", name="deep", title="Deep", environment="pytorch", accelerator="gpu")
    page = empty_town.page("bob", "fork/@ada/deep")
    assert "There is no GPU here" in page.text
    assert "Fork and open without the GPU" in page.text


@pytest.fixture
def lending(planned):
    """Machines may be lent, and ada's plan has hours on them."""
    catalogue = planned.site.service.catalogue
    catalogue.community, catalogue.local = True, False
    planned.site.service.plans.known["free"].limits.accelerators = ["none", "community"]
    return planned


def lent(town, *machines):
    """The hub says which machines are lent."""
    said = [{"name": name, "cpus": 4, "memory": 8 << 30} for name in machines]
    assert town.site.as_("spawner").put("api/v1/hub/status", json={"lent": said}).is_success


CAUTION = "Whoever owns that machine can read this lab"


def test_who_chooses_a_lent_machine_is_told_who_can_read_what_runs_there(lending):
    page = lending.page("ada", "new")
    options = [field["value"] for field in page.all("option")]
    assert "community" in options
    assert CAUTION in page.text
    lent(lending, "desk")
    answer = lending.send("ada", "new", title="Lent", environment="python", accelerator="community")
    assert "/hub/spawn/" in answer.headers["Location"]
    page = lending.page("ada", "open/@ada/lent")
    assert CAUTION in page.text
    assert "a community machine" in page.text
    assert CAUTION in lending.page("ada", "@ada/lent/settings").text


def test_where_no_machine_is_lent_that_is_said_before_a_start(lending):
    lent(lending)
    answer = lending.send("ada", "new", title="Lent", environment="python", accelerator="community")
    assert answer.status_code == 409
    assert "No machine is lent right now" in answer.text


def test_the_queue_for_a_gpu_is_told_beforehand(planned):
    gpus = [{"id": "GPU-1", "name": "A100", "holders": [{"user": "eve", "lab": "eve/x"}]}]
    queue = [{"user": "bob", "lab": "bob/y", "position": 1}]
    since = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    waits = {"held_since": [since], "usual_use": 360.0}
    said = {"gpus": gpus, "queue": queue, "waits": waits}
    spawner = planned.site.as_("spawner")
    assert spawner.put("api/v1/hub/status", json=said).is_success
    admin = planned.site.as_("admin")
    assert admin.put("api/v1/people/ada/plan", json={"plan": "pro"}).is_success
    text = planned.page("ada", "open/@ada/deep").text
    assert "You would wait: about 10 minutes; 1 person before you" in text
