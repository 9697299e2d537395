"""Administration: there for administrators alone; plans change, servers stop, the hub's word is shown."""

from __future__ import annotations

import pytest

BASE = "/services/mlabs/"
STATUS = {
    "gpus": [
        {
            "id": "GPU-1",
            "name": "A100",
            "memory": 40 * 1024**3,
            "holders": [{"user": "ada", "lab": "ada/deep"}],
        },
        {"id": "GPU-2", "name": "T4", "shares": 4},
    ],
    "queue": [{"user": "bob", "lab": "bob/wait", "position": 1}],
    "warm": [{"environment": "python", "accelerator": "none", "ready": 2, "memory_bytes": 400 * 1024**2}],
    "images": [
        {"environment": "python", "accelerator": "none", "image": "mlabs/python:abc", "size": 1_200_000_000}
    ],
}


@pytest.mark.parametrize("who", ["ada", "bob"])
def test_it_is_not_there_for_anybody_else(planned, who):
    absent = planned.page(who, "no/such/page", 404).text
    assert planned.page(who, "admin", 404).text.split("404")[1] == absent.split("404")[1]
    assert planned.send(who, "admin/plan", form="new", person="ada", plan="pro").status_code == 404
    assert f"{BASE}admin" not in planned.page(who, "me").links()
    assert planned.site.as_("ada").get("api/v1/me").json()["plan"]["name"] == "free"


def test_who_is_not_signed_in_signs_in_first(planned):
    assert planned.get(None, "admin").headers["Location"].startswith(f"{BASE}login?next=")


def test_administrators_are_led_to_it(planned):
    assert f"{BASE}admin" in planned.page("admin", "me").links()


def test_what_nobody_said_yet_is_explained(planned):
    text = planned.page("admin", "admin").text
    assert "The hub has not said what accelerators it has" in text
    assert "Nobody's server runs now" in text
    assert "Nobody has started a server yet" in text


def test_everything_is_in_sight(planned):
    planned.open("ada", "ada/mnist")
    assert planned.site.as_("spawner").put("api/v1/hub/status", json=STATUS).is_success
    page = planned.page("admin", "admin")
    for words in (
        "A100", "40 GB", "ada/deep", "bob/wait", "2 ready", "400 MB", "1.12 GB", "1 of 2 in use",
        "Built", "mlabs images build pytorch --accelerator gpu",
    ):  # fmt: skip
        assert words in page.text, words
    assert f"{BASE}@ada/mnist" in page.links()


def test_a_place_that_the_hub_knows_nothing_of_is_given_back(planned):
    server = planned.open("ada", "ada/mnist", started=False)
    planned.hub.servers.clear()
    assert "Starting" in planned.page("ada", "me").text
    planned.send("ada", f"servers/{server}/stop", form="me")
    assert planned.hub.asked == []
    assert "No server runs." in planned.page("ada", "me").text


def test_without_the_hubs_word_the_ledger_tells_what_ran(planned):
    planned.open("ada", "ada/mnist", image="mlabs/python@sha256:" + "a" * 64)
    text = planned.page("admin", "admin").text
    assert "sha256:aaaaaaaaaaaa" in text
    assert "Used" in text
    assert "Not used yet" in text


def test_a_plan_is_given_and_taken_back(planned):
    planned.open("ada", "ada/mnist")
    answer = planned.send("admin", "admin/plan", form="admin", person="ada", plan="pro", next=f"{BASE}admin")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}admin")
    ada = planned.site.as_("ada")
    assert ada.get("api/v1/me").json()["plan"]["name"] == "pro"
    planned.send("admin", "admin/plan", form="admin", person="ada", plan="")
    assert ada.get("api/v1/me").json()["plan"]["name"] == "free"
    assert planned.send("admin", "admin/plan", form="admin", person="ada", plan="gold").status_code == 422


def test_an_administrator_stops_a_server_and_its_person_learns_who_did(planned):
    server = planned.open("ada", "ada/mnist")
    assert (
        planned.send("admin", f"servers/{server}/stop", form="admin", next=f"{BASE}admin").status_code == 303
    )
    assert planned.hub.asked == [("ada", "mnist")]
    assert "Nobody's server runs now" in planned.page("admin", "admin").text
    spawner = planned.site.as_("spawner")
    assert (
        spawner.patch(f"api/v1/servers/{server}", json={}).json()["reason"] == "An administrator stopped it"
    )


def test_prometheus_learns_what_the_hub_said(planned):
    assert planned.site.as_("spawner").put("api/v1/hub/status", json=STATUS).is_success
    numbers = planned.site.as_("metrics").get("metrics").text
    for line in (
        "mlabs_gpu_places 5.0",
        "mlabs_gpu_places_held 1.0",
        "mlabs_gpu_queue 1.0",
        'mlabs_warm_servers{accelerator="none",environment="python"} 2.0',
        'mlabs_warm_memory_bytes{accelerator="none",environment="python"} 4.194304e+08',
        'mlabs_hub_said_timestamp_seconds{part="gpus"}',
    ):
        assert line in numbers, line
