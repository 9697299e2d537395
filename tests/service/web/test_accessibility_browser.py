"""WCAG 2.2 AA on every page, by axe-core in a real browser: light on a wide window, dark on a narrow one."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from service.conftest import cells
from service.web.conftest import DRAFT_RUN, OPEN_RUN, RUN, Town, ok
from service.web.test_api_workers import Pool
from support.known_tokens import TOKENS
from support.models import converting, doubling, keras, upload
from support.pool import spec
from support.settled import settle
from support.signed_in import sign_in

import mlabs_ext.service
from mlabs_ext.service.imports import Taken
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.pages import LAB

BUILD = Path(mlabs_ext.service.__file__).parent / "static" / "build"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILD / "pages.js").exists(), reason="the UI is not built: python ui/build.py"),
]
PAGES = {
    None: ["", "?q=nothing-like-it", "?q=MNIST", "@ada", "@ada/mnist", "docs/", "docs/?q=share",
        "docs/teacher-guide", "docs/api", "no/such/page", "s/wrong",
        "community", "trainer", "embed/@ada/mnist", "embed/nothing", "embed/@ada/secret",
        "render/@ada/mnist/v/1", "render/@ada/long/v/1",
        "@ada/mnist/comments", "@ada/mnist/comments/{comment}",
        "@ada/collections/best", "@ada/mnist/embed", "@ada/mnist/embed?cells=9999", "unsubscribe?token=x",
        "models", "models?q=nothing-like-it", "@ada/models/sum", "@ada/models/sum/v/1",
        "@ada/models/within", "@ada/models/steps",
        "datasets", "datasets?q=nothing-like-it", "@ada/datasets/birds", "@ada/datasets/birds?file=a.png"],
    "ada": ["@ada/long", "@ada/long/v/1", "@ada/draft", "@ada/mnist/versions", "@ada/mnist/runs",
        f"@ada/mnist/runs/{RUN}", f"@ada/mnist/runs/{OPEN_RUN}", f"@ada/draft/runs/{DRAFT_RUN}",
        "@ada/mnist/forks", "@ada/mnist/board", "@ada/long/compare/1...2", "@ada/mnist/settings",
        "@ada/mnist/schedule", "@ada/secret/sharing", "@ada/mnist/comments", "@ada/mnist/comments/{comment}",
        "@ada/collections/best/edit", "collect/@ada/mnist", "import", "import?preview={preview}",
        "import?url=nonsense", "me", "me/shared", "me/runs", "me/stars", "me/collections", "me/trash",
        "me/settings", "me/settings/profile", "me/settings/confirm?token=x", "me/notifications", "new",
        "new?template=jax", "open/@ada/mnist", "fork/@ada/mnist", "run/@ada/mnist",
        "community", "community/searches/{search}",
        "models/new", "@ada/models", "@ada/models/sum", "@ada/models/sum/settings", "datasets/new",
        "@ada/datasets/birds", "@ada/datasets/birds/settings", "@ada/mnist/proposals",
        "@ada/mnist/proposals/1", "@ada/mnist/proposals?state=declined"],
    "bob": ["@ada/mnist", "@bob", "@bob/mnist", "@bob/mnist/upstream", "@bob/mnist/upstream/compare",
        "@bob/mnist/propose", "@ada/mnist/proposals/1", "report?proposal={proposal}",
        "report?lab=ada/mnist", "report?comment={comment}",
        "report?model=ada/sum", "me/stars", "me/collections", "me/notifications"],
    "carol": ["@carol/mnist/propose", "@carol/mnist/upstream"],
    "dan": ["me"],
    "admin": ["admin", "admin/audit", "admin/reports", "community"],
}  # fmt: skip
# What is answered there is for programs, is a file, or leads on at once.
NO_PAGES = {
    "feeds": {r"feed\.atom", r"@([^/]+)/feed\.atom", rf"{LAB}/versions\.atom", rf"{LAB}/runs\.atom"},
    "pictures": {r"docs/screenshots/([a-z0-9-]+\.(?:png|svg))", r"badge\.svg", rf"{LAB}/reproduced\.svg"},
    "for programs": {
        r"embed\.js",
        r"layers\.js",
        r"tf\.js",
        r"oembed",
        r"trainer/offline\.js",
        r"trainer/workers/(.*)",
    },
    "downloads": {
        rf"{LAB}/v/([1-9][0-9]{{0,8}})/script",
        rf"{LAB}/v/([1-9][0-9]{{0,8}})/html",
        rf"{LAB}/(?:v/([1-9][0-9]{{0,8}})/)?(cite\.bib|CITATION\.cff)",
    },
    "lead on": {rf"{LAB}/compare", rf"open/{LAB}/wait", r"@([^/]+)/datasets"},
}
DESCRIBED = {"visibility": "public", "license": "CC0-1.0", "description": "Measured.", "tags": "small"}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
THEMES = {"light": (1600, 900), "dark": (390, 844)}
AXE = Axe().axe_script
FIND = "async (rules) => (await axe.run({ ...rules, resultTypes: ['violations'] })).violations"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Links and buttons that a mouse cannot reach, as something that is not theirs lies above their middle.
COVERED = """() => [...document.querySelectorAll("a[href], button, input, select, summary")].filter((one) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || !width || !height)
        return false;
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    return above && !one.contains(above) && !above.contains(one) && !above.closest("label")?.contains(one);
}).map((one) => `covered: ${one.outerHTML.slice(0, 200)}`)"""
# Of hundreds of operations that are alike, two of each kind, open: axe does not look into what is closed.
SOME = """() => document.querySelectorAll(".api section").forEach((section) =>
    section.querySelectorAll("details").forEach((one, at) => (at < 2 ? (one.open = true) : one.remove())))"""
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
    # Who has no lab is offered the Welcome lab, where its data are.
    town.site.service.library.stock()
    with converting(town.site):
        given = talked_of(town)
    return Whole(town, given | {"preview": previewed(town, notebook)})


def talked_of(town: Town) -> dict[str, str]:
    """Comments, a star, a collection, a share and a report, as people make them."""
    ada, bob = town.site.as_("ada"), town.site.as_("bob")
    about = {"text": "Why *this*?\n\n`x = 1`", "cell": "cell-1"}
    comment = ok(bob.post("api/v1/labs/ada/mnist/comments", json=about))["id"]
    ok(ada.post("api/v1/labs/ada/mnist/comments", json={"text": "So.", "parent": comment}))
    ok(bob.put("api/v1/labs/ada/mnist/star"))
    ok(ada.post("api/v1/collections", json={"title": "Best", "description": "Of all."}))
    ok(ada.put("api/v1/collections/ada/best/labs/ada/mnist", json={"note": "First."}))
    ok(ada.put("api/v1/labs/ada/secret/shares/bob", json={}))
    ok(ada.post("api/v1/labs/ada/secret/shares/links", json={}))
    ok(
        ada.patch(
            "api/v1/people/ada", json={"bio": "Nets.", "link": "https://example.org", "pinned": ["mnist"]}
        )
    )
    ok(bob.post("api/v1/reports", json={"lab": "ada/mnist", "reason": "Advertising."}))
    assert upload(ada, doubling(), name="sum", description="Adds.").status_code == 201
    for name, files in (("within", keras("nested.keras3.keras")), ("steps", keras("gru.keras3.h5"))):
        assert upload(ada, files, name=name).status_code == 201
    ok(ada.post("api/v1/datasets", files=birds(), data={"name": "birds", "title": "Birds", **DESCRIBED}))
    ok(ada.put("api/v1/labs/ada/mnist/data/ada/birds"))
    ok(ada.put("api/v1/datasets/ada/birds/shares/bob", json={}))
    return {"comment": comment, "proposal": proposed(town), "search": searched(town)}


def searched(town: Town) -> str:
    """What ada asked the community pool for, with what bob did of it."""
    pool = Pool(town.site)
    made = pool.ask(spec(), spec(rate=0.1), title="Which bird?")
    # In a thread of its own: the browser has a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(pool.worker().lend).result()
    return made["id"]


def proposed(town: Town) -> str:
    """bob's proposal, which changed the same as ada did since; carol's fork has all there is."""
    ada, bob = town.site.as_("ada"), town.site.as_("bob")
    for person, owner, code in ((bob, "bob", "2 + 2"), (ada, "ada", "3 + 3")):
        changed = {"notebook": cells("# Hello", code, f"print('{owner}')")}
        ok(person.post(f"api/v1/labs/{owner}/mnist/versions", json=changed))
    fields = {"source": "bob/mnist", "title": "Another sum", "message": "See `2 + 2`."}
    made = ok(bob.post("api/v1/labs/ada/mnist/proposals", json=fields))
    ok(ada.post("api/v1/labs/ada/mnist/proposals/1/remarks", json={"text": "Why?"}))
    ok(town.site.as_("carol").post("api/v1/labs/ada/mnist/fork", json={}))
    return made["id"]


def birds() -> list[tuple[str, tuple[str, bytes]]]:
    """A table with something wrong, and two images."""
    rows = b"name;size\n" + b"".join(b"bird %d;%d\n" % (n, n) for n in range(40))
    files = [("a.csv", rows), ("a.png", PIXEL), ("b.png", PIXEL)]
    return [("file", file) for file in files]


def previewed(town: Town, notebook: dict[str, Any]) -> str:
    """What stands for a notebook that ada has uploaded."""
    ada = Viewer.from_model(TOKENS["ada-token"])
    return town.site.service.importer.rules.keep(ada, Taken("x.ipynb", "", json.dumps(notebook).encode()))


@dataclass
class Whole:
    """The town, and the names in it that are another each time."""

    town: Town
    names: dict[str, str]


def violations(page, url: str) -> list[str]:
    """What axe finds on a page and in its frames that matters, in words: in each theme, at its width."""
    page.goto(url)
    settle(page)
    page.evaluate(SOME)
    found = page.evaluate(COVERED)
    page.evaluate(AXE)
    for theme, (width, height) in THEMES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        violated = page.evaluate(FIND, RULES)
        found += [f"{theme}: {each}" for each in told(violated, "/render/" in url)]
    return found


def told(violated: list[dict[str, Any]], document: bool) -> list[str]:
    """Those that matter, in words; `document` is somebody's notebook."""
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for each in violated
        if each["impact"] in ("serious", "critical", "moderate") and not (document and each["id"] in AUTHORS)
        for node in each["nodes"][:3]
    ]


def test_no_page_shuts_anybody_out(whole, browser, subtests):
    for who, paths in PAGES.items():
        # A theme that fades in is not what stays.
        context = browser.new_context(reduced_motion="reduce")
        if who:
            sign_in(context, whole.town.person(who))
        page = context.new_page()
        for path in paths:
            with subtests.test(f"{who}: {path}"):
                assert violations(page, f"{whole.town.site.url}{path.format(**whole.names)}") == []
        context.close()
