"""What `deploy/` gives for Prometheus and Grafana asks for nothing that a running service does not tell."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from support import needs

from mlabs_ext.last_backup import LastBackup, note

DEPLOY = needs.CHECKOUT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "mlabs.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus" / "mlabs.rules.yml").read_text())
SCRAPE = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
# Prometheus makes this one itself.
ITS_OWN = {"up"}
# Grafana puts the span in; PromQL itself knows no such word.
SPAN = re.compile(r"\$__rate_interval")


def queries() -> Iterator[tuple[str, str]]:
    """Every query, with the name of what asks it."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", SPAN.sub("5m", target["expr"])
    for group in RULES["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


QUERIES = list(queries())


def names(query: str) -> set[str]:
    """The metrics that a query asks for; ValueError where it is no PromQL."""
    promql_parser.parse(query)
    plain = re.sub(r"\{[^}]*\}|\"[^\"]*\"", "", query)
    return set(re.findall(r"\b(?:mlabs|process)_\w+|\bup\b", plain))


@pytest.fixture(scope="module")
def told(lasting_site: Any) -> set[str]:
    """The names of all samples that a service tells, whose hub has spoken and whose loop beats."""
    site = lasting_site
    note(Path(site.service.watching.directory), LastBackup(time.time(), 60, whole=True))
    beat = asyncio.run_coroutine_threadsafe(site.service.pulse.beat(), site.loop)
    status = {"gpus": [], "queue": [], "warm": []}
    site.as_("spawner").put("api/v1/hub/status", json=status).raise_for_status()
    text = site.as_("metrics").get("metrics").text
    beat.cancel()
    families = list(text_string_to_metric_families(text))
    # A number by environment has no rows before there is a server.
    return {sample.name for family in families for sample in family.samples} | {one.name for one in families}


@pytest.mark.parametrize("query", [query for _, query in QUERIES], ids=[name for name, _ in QUERIES])
def test_every_query_is_answered(told, query):
    asked = names(query)
    assert asked
    assert asked - ITS_OWN <= told


def test_what_is_no_promql_is_noticed():
    with pytest.raises(ValueError):
        names("sum(rate(mlabs_requests_total[5m])")


def test_alerts_say_how_bad_it_is_and_what_to_do():
    alerts = [rule for group in RULES["groups"] for rule in group["rules"]]
    assert len({alert["alert"] for alert in alerts}) == len(alerts)
    for alert in alerts:
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["summary"] and alert["annotations"]["do"]


def test_panels_have_places_of_their_own():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        places = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        assert not taken & places, panel["title"]
        taken |= places
    assert max(x for x, _ in taken) < 24


def test_the_source_is_for_the_administrator_to_choose():
    [source] = DASHBOARD["templating"]["list"]
    for panel in DASHBOARD["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == f"${{{source['name']}}}"


def test_the_addresses_to_collect_from_are_there(lasting_site):
    [mlabs] = [job for job in SCRAPE["scrape_configs"] if job["job_name"] == "mlabs"]
    base = lasting_site.url.partition("/services/")[0]
    answer = lasting_site.as_("metrics").get(f"{base}{mlabs['metrics_path']}")
    assert answer.status_code == 200
    assert mlabs["authorization"]["type"] == "token"
    assert SCRAPE["rule_files"] == ["mlabs.rules.yml"]
