"""The image that a fork's original ran on: shown, told from the current one, and left with one click."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from service.conftest import BASE

IMAGE = "mlabs/python@sha256:" + "0123456789ab" + "c" * 52
RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0009"


def pin(planned) -> None:
    """bob has a fork of what ran on IMAGE."""
    ada = planned.site.as_("ada")
    body = {"id": RUN, "lab": "ada/mnist", "started": datetime.now(UTC).isoformat(), "environment": "python"}
    assert ada.post("api/v1/runs", json=body | {"image": IMAGE}).is_success
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    answer = ada.post("api/v1/labs/ada/mnist/versions", json={"notebook": notebook, "run": RUN})
    assert answer.status_code == 201, answer.text
    planned.send("bob", "fork/@ada/mnist")


def test_the_image_of_the_original_is_shown_and_left_with_one_click(planned):
    pin(planned)
    for visitor, offered in (("bob", True), ("ada", False), (None, False)):
        assert ("Use the current one" in planned.page(visitor, "@bob/mnist").text) == offered
    page = planned.page("bob", "@bob/mnist")
    assert "sha256:0123456789ab" in page.text
    assert page.all("button", **{"data-copy-text": IMAGE})
    answer = planned.send("bob", "@bob/mnist/settings", form="@bob/mnist", image="")
    assert answer.headers["Location"] == f"{BASE}@bob/mnist"
    assert planned.site.as_("bob").get("api/v1/labs/bob/mnist").json()["image"] is None
    assert "Use the current one" not in planned.page("bob", "@bob/mnist").text


def test_leaving_the_image_leads_to_the_restart_of_a_server_that_runs_on_it(planned):
    pin(planned)
    planned.open("bob", "bob/mnist")
    answer = planned.send("bob", "@bob/mnist/settings", form="@bob/mnist", image="")
    assert answer.headers["Location"] == f"{BASE}open/@bob/mnist?restart=1"


def test_an_image_that_is_the_current_one_is_no_news(planned):
    pin(planned)
    images = [{"environment": "python", "accelerator": "none", "image": IMAGE}]
    assert planned.site.as_("spawner").put("api/v1/hub/status", json={"images": images}).is_success
    assert "Use the current one" not in planned.page("bob", "@bob/mnist").text


@pytest.mark.parametrize(
    ("lab", "image", "offered"),
    [
        pytest.param("ada/digits", IMAGE, False, id="others-still-run-on-it"),
        pytest.param("ada/digits", IMAGE[:-1] + "d", True, id="others-run-on-another"),
        pytest.param("bob/mnist", IMAGE, True, id="only-the-fork-itself-does"),
    ],
)
def test_the_ledger_tells_what_is_current(planned, lab, image, offered):
    pin(planned)
    planned.open(lab.partition("/")[0], lab, image=image)
    assert ("Use the current one" in planned.page("bob", "@bob/mnist").text) == offered


def test_a_run_shows_its_image_short_and_whole(planned):
    pin(planned)
    page = planned.page(None, f"@ada/mnist/runs/{RUN}")
    assert "sha256:0123456789ab" in page.text
    assert page.all("code", title=IMAGE)
