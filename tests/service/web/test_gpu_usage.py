"""What a run made of its GPUs: told while it runs, kept with it, shown on its page."""

from __future__ import annotations

import pytest
from service.web.test_api_runs import begin, event

USED = {"gpu_utilization_mean": 41.5, "gpu_utilization_max": 97.0, "gpu_memory_peak": 3 << 30}


def test_the_newest_word_counts(site):
    site.publish(name="x")
    run, ada = begin(site, accelerator="gpu"), site.as_("ada")
    path = f"api/v1/runs/{run}/events"
    first = USED | {"gpu_utilization_mean": 5.0}
    told = [event(1, "execute", execution="e", code="1"), event(2, "usage", **first)]
    assert ada.post(path, json={"events": told}).status_code == 200
    assert ada.get(f"api/v1/runs/{run}").json()["resources"] == first
    end = [event(3, "usage", **USED), event(4, "end", status="succeeded")]
    assert ada.post(path, json={"events": end}).json()["acknowledged"] == 4
    assert ada.get(f"api/v1/runs/{run}").json()["resources"] == USED
    page = site.as_(None).get(f"@ada/x/runs/{run}").text
    for shown in ("Mean GPU use</dt><dd>42 %", "Peak GPU use</dt><dd>97 %", "Peak GPU memory</dt><dd>3"):
        assert shown in page
    cells = ada.get(f"api/v1/runs/{run}/notebook").json()["cells"]
    assert ["".join(cell["source"]) for cell in cells] == ["1"], "it is no part of the notebook"


@pytest.mark.parametrize(
    "data",
    [{}, {**USED, "gpu_utilization_mean": "much"}, {**USED, "gpu_memory_peak": -1},
     {**USED, "gpu_utilization_max": 1e9}],
    ids=["nothing", "a word", "negative", "beyond all"],
)  # fmt: skip
def test_what_does_not_fit(site, data):
    site.publish(name="x")
    path = f"api/v1/runs/{begin(site)}/events"
    answer = site.as_("ada").post(path, json={"events": [event(1, "usage", **data)]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "fields_invalid")
