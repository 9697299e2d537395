"""Pages of runs whose steps are no longer kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from service.web.conftest import RUN

from mlabs_ext.service import orm

FAR = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def gone(town):
    """ada's run that has ended, two years later."""
    town.site.service.runs.keep_days = 365
    assert town.site.service.runs.expire(FAR) == 2
    return town


def test_the_page_says_what_is_gone_and_shows_the_rest(gone):
    page = gone.page(None, f"@ada/mnist/runs/{RUN}")
    assert "What it executed and showed is no longer kept" in page.text
    assert "removed on 1 January 2100" in page.text
    assert "Duration" in page.text
    assert not page.all("iframe")
    assert not [link for link in page.links() if link.endswith("/notebook")]
    assert "/services/mlabs/@ada/mnist/v/1" in page.links()
    assert RUN in " ".join(gone.page(None, "@ada/mnist/runs").links())


def test_an_embed_says_it_where_the_run_would_be(gone):
    frame = gone.page(None, f"embed/@ada/mnist?run={RUN}").all("iframe")[0]["src"]
    document = gone.get(None, frame.removeprefix("/services/mlabs/"))
    assert document.status_code == 404
    assert "were removed on" in document.text


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
def test_calls_answer_in_the_one_shape(gone, accept):
    anybody = gone.site.as_(None)
    for path in ("events", "notebook"):
        answer = anybody.get(f"api/v1/runs/{RUN}/{path}", headers={"Accept": accept})
        error = answer.json()["error"]
        assert (answer.status_code, error["status"], error["code"]) == (404, 404, "run_expired")
    assert anybody.get(f"api/v1/runs/{RUN}").json()["expired"].startswith("2100-01-01")
    assert anybody.get(f"api/v1/runs/{RUN}/metrics").status_code == 200


def test_a_comparison_says_it_too(gone):
    assert "were removed on" in gone.page(None, f"@ada/mnist/compare/1...{RUN}", 404).text


def test_housekeeping_removes_what_is_old(town):
    service = town.site.service
    service.runs.keep_days = 1
    with service.store.write() as session:
        for run in session.query(orm.Run).filter(orm.Run.ended.is_not(None)):
            run.ended = datetime.now(UTC) - timedelta(days=2)
    service.sweep()
    assert town.site.as_(None).get(f"api/v1/runs/{RUN}").json()["expired"]
