"""Log lines are JSON, and hold no credential."""

from __future__ import annotations

import json
import logging
import time

import pytest
from support.waiting import until

from mlabs_ext.service import logs


@pytest.fixture
def line(caplog):
    def format_last() -> dict:
        # The service writes it right after the answer, in a thread of its own.
        deadline = time.monotonic() + 5
        while not (ours := [record for record in caplog.records if record.name.startswith("mlabs")]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return json.loads(logs.JsonFormatter().format(ours[-1]))

    caplog.set_level(logging.INFO)
    return format_last


def test_a_line_is_json_with_its_exception(line):
    try:
        raise ValueError("a\nb")
    except ValueError:
        logging.getLogger("mlabs").exception("Failed: %s", {"x": 1})
    said = line()
    assert (said["level"], said["logger"], said["message"]) == ("error", "mlabs", "Failed: {'x': 1}")
    assert said["exception"].endswith("ValueError: a\nb")
    assert said["time"].endswith("+00:00")


def test_a_request_is_logged_without_its_query(site, line):
    site.as_(None).get("oauth_callback?code=very-secret&state=very-secret")
    said = line()
    assert (said["method"], said["status"]) == ("GET", 403)
    assert said["path"] == "/services/mlabs/oauth_callback"
    assert "secret" not in json.dumps(said)


@pytest.mark.parametrize("path", ["test/broken", "api/v1/test/broken", "@ada?cursor=%ff&", "s/very-secret"])
def test_what_fails_is_logged_without_its_query(site, caplog, path):
    with caplog.at_level(logging.INFO):
        site.as_(None).get(f"{path}{'' if '?' in path else '?'}code=very-secret")
        until(lambda: "services/mlabs/" in caplog.text)
    assert "ZeroDivisionError" in caplog.text or "broken" not in path
    ours = [record for record in caplog.records if not record.name.startswith("http")]
    assert "very-secret" not in "".join(logs.JsonFormatter().format(record) for record in ours)


def test_who_asked_is_logged(site, line):
    site.as_("ada").get("api/v1/me")
    assert line()["user"] == "ada"
    assert "ada-token" not in json.dumps(line())
