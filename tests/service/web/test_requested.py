"""One id for one request: taken or made, answered, logged, on record, and passed on."""

from __future__ import annotations

import json
import logging

import pytest
from support.waiting import until

from mlabs_ext import request_ids
from mlabs_ext.service.logs import JsonFormatter

GIVEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (GIVEN, True),
        ("4bf92f35-77b3.4da6_a3ce", True),
        ("short", False),
        ("x" * 65, False),
        ('"quoted-and-long"', False),
        ("two words of it", False),
        ("\N{SNOWMAN}" * 8, False),
    ],
)
def test_only_what_is_safe_is_taken(site, given, taken):
    for path in ("healthz", "api/v1/labs", "nothing-here"):
        answer = site.as_(None).get(path, headers={"X-Request-ID": given.encode()})
        found = answer.headers["X-Request-ID"]
        assert request_ids.SAFE.fullmatch(found)
        assert (found == given) is taken


def test_each_request_has_its_own(site):
    answers = [site.as_(None).get("healthz").headers["X-Request-ID"] for _ in range(3)]
    assert len(set(answers)) == 3


def test_a_kept_answer_has_the_id_of_who_asks(site):
    site.publish(name="digits")
    site.as_(None).get("@ada/digits")
    headers = {"X-Request-ID": GIVEN}
    site.as_(None).get("@ada/digits", headers=headers)
    answer = site.as_(None).get("@ada/digits", headers=headers)
    assert answer.headers.get_list("X-Request-ID") == [GIVEN]
    assert site.as_(None).get("@ada/digits").headers["X-Request-ID"] != GIVEN


def test_it_is_in_the_log_and_on_record(site, caplog):
    caplog.set_level(logging.INFO, "mlabs")
    body = {"name": "digits", "notebook": {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}}
    site.as_("ada").post("api/v1/labs", json=body, headers={"X-Request-ID": GIVEN}).raise_for_status()

    def logged():
        return [one for one in caplog.records if one.name == "mlabs.access" and "v1/labs" in one.getMessage()]

    # A request is logged once its answer is gone.
    [line] = until(logged)
    assert json.loads(JsonFormatter().format(line))["request"] == GIVEN
    entries = site.as_("admin").get("api/v1/audit", params={"request": GIVEN}).json()["items"]
    assert [(one["actor"], one["action"], one["about"]) for one in entries] == [
        ("ada", "published", "ada/digits")
    ]


def test_addresses_are_on_record_only_where_that_is_set(start_site):
    from traitlets.config import Config

    assert start_site().as_("admin").get("api/v1/audit").json()["items"] == []
    site = start_site(Config({"Audits": {"keep_addresses": True}}))
    made = {"notebook": {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}}
    by_a_proxy = {"X-Forwarded-For": "203.0.113.7"}
    site.as_("ada").post("api/v1/labs", json=made, headers=by_a_proxy).raise_for_status()
    assert [one["address"] for one in site.as_("admin").get("api/v1/audit").json()["items"]] == [
        "203.0.113.7"
    ]


def test_our_own_faults_are_told_with_it(site):
    answer = site.as_(None).get("api/v1/test/broken", headers={"X-Request-ID": GIVEN})
    assert answer.status_code == 500
    assert answer.json()["error"]["detail"] == {"request": GIVEN}
    assert "detail" not in site.as_(None).get("api/v1/labs/ada/absent").json()["error"]
