"""WCAG 2.2 AA on every page, by axe-core in a real browser: light on a wide window, dark on a narrow one."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from support.signed_in import sign_in

import mlabs_ext.service

BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILD / "pages.js").exists(), reason="the UI is not built: python ui/build.py"),
]
RUN, OPEN_RUN, DRAFT_RUN = (f"01JCQ3W3T9V0Q8X5H7ZK2M000{n}" for n in (1, 2, 3))
PAGES = {
    None: ["", "?q=nothing-like-it", "@ada", "@ada/mnist", "docs/api", "no/such/page", "embed/@ada/mnist",
        "render/@ada/mnist/v/1", "render/@ada/long/v/1", "embed/@ada/secret"],
    "ada": ["@ada/long", "@ada/long/v/1", "@ada/draft", "@ada/mnist/versions", "@ada/mnist/runs",
        f"@ada/mnist/runs/{RUN}", f"@ada/mnist/runs/{OPEN_RUN}", f"@ada/draft/runs/{DRAFT_RUN}",
        "@ada/mnist/forks", "@ada/mnist/board", "@ada/long/compare/1...2", "@ada/mnist/settings",
        "@ada/mnist/schedule", "me", "me/runs", "me/trash", "me/settings", "me/notifications", "new",
        "open/@ada/mnist", "fork/@ada/mnist", "run/@ada/mnist"],
    "admin": ["admin"],
}  # fmt: skip
THEMES = {
    "light": {"viewport": {"width": 1600, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# What the document of somebody's notebook is like is theirs: which headings it has, and in which order.
AUTHORS = {"heading-order", "page-has-heading-one", "empty-heading"}


@pytest.fixture
def whole(town, make_notebook):
    """The town, with a notebook of every kind of cell, in two versions."""
    wide = "<table class=dataframe><tr><th>head</th></tr><tr>" + "<td>wide cell</td>" * 60 + "</tr></table>"
    shown = [
        {"output_type": "stream", "name": "stdout", "text": "line\n" * 200},
        {"output_type": "stream", "name": "stderr", "text": "warned\n"},
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": wide}},
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\x1b[31mno\x1b[0m"]},
    ]
    text = (
        "# One\n\n## Two\n\n$$x^2$$\n\n|a|b|\n|-|-|\n|1|2|\n\n```python\nimport os  # yes\n```\n\n[in](#Two)"
    )
    notebook = make_notebook(text, "import os\nx = 1  # a comment\nprint('x', x)", "# Three")
    notebook["cells"][1] |= {"outputs": shown, "execution_count": 3}
    town.site.publish("ada", name="long", notebook=notebook, license="MIT", description="Long.")
    more = {"notebook": make_notebook("# One", "2"), "message": "Less"}
    assert town.site.as_("ada").post("api/v1/labs/ada/long/versions", json=more).status_code == 201
    for number in (1, 2):
        town.get(None, f"render/@ada/long/v/{number}")
    return town


def violations(page, url: str) -> list[str]:
    """What axe finds on a page and in its frames that matters, in words."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    found = Axe().run(page, options={"runOnly": RULES["runOnly"], "resultTypes": ["violations"]})
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical", "moderate")
        and not ("/render/" in url and each["id"] in AUTHORS)
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_no_page_shuts_anybody_out(whole, browser, theme, subtests):
    for who, paths in PAGES.items():
        context = browser.new_context(**THEMES[theme])
        if who:
            sign_in(context, whole.person(who))
        page = context.new_page()
        for path in paths:
            with subtests.test(path):
                assert violations(page, f"{whole.site.url}{path}") == []
        context.close()
