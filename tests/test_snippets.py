"""What people paste elsewhere, by the table that the JupyterLab extension's writer is tested with."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlabs_ext import snippets

CASES = json.loads(Path(__file__).with_name("support").joinpath("embed_snippets.json").read_text())


@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in CASES])
def test_a_frame(case):
    lab = SimpleNamespace(owner="ada", name="digits", title=case["title"])
    made = snippets.snippet(lab, case["url"], case["embed_url"], case["options"], case["height"])
    assert made.html == case["html"]
