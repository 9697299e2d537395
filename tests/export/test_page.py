"""Pages without their service: nothing dead is left, nothing else is touched."""

from __future__ import annotations

import re

import pytest

from mlabs_ext.export.links import Links, Scope
from mlabs_ext.export.page import Page

BASE = "http://mlabs.invalid/services/mlabs/"
HEADER = "default-src 'none'; script-src 'nonce-abc_1-2'; frame-src 'self'; frame-ancestors 'none'"
HEAD = '<html lang="en"><head><meta charset="utf-8"></head>'


def page(origin: str = "", header: str = HEADER, notice: str = "") -> Page:
    scope = Scope(True, {"ada"}, {"ada/mnist"})
    links = Links(scope, BASE, origin, f"{BASE}@ada/mnist", "@ada/mnist/index.html")
    return Page(links, header, notice, copy="../../")


def body(text: str, origin: str = "") -> str:
    return page(origin).text(text).decode()


SAME = [
    "<p>5 &lt; 6 &amp; &#34;x&#34; é</p>",
    '<svg viewBox="0 0 2 2"><path d="M0 0"/></svg>',
    "<!doctype html>",
    '<button type="button" hidden data-copy="x">Copy</button>',
    "<details open><summary>a</summary></details>",
    '<script type="x">if (a < b && "</p>") {}</script>',
]


@pytest.mark.parametrize("text", SAME)
def test_what_needs_no_change_stays_to_the_letter(text):
    assert body(text) == text


CHANGED = {
    "post": ('<form method="post" action="/services/mlabs/x"><b>y</b></form>!', "!"),
    "search": ('<form action="/services/mlabs/">q</form>', '<form action="../../">q</form>'),
    "form to another site": ('<form action="https://example.org/find">a</form>!', "!"),
    "other form": ('<form method="get" action="/services/mlabs/@ada/mnist/compare">a</form>!', "!"),
    "button": ('<a class="button" href="/services/mlabs/fork/@ada/mnist">Fork</a>!', "!"),
    "unknown lab": (
        '<a class="chip" href="/services/mlabs/@bob/x" rel="y">bob/<b>x</b></a>',
        '<span class="chip">bob/<b>x</b></span>',
    ),
    "only a server": ("<p data-server>now <p>x</p></p>!", "!"),
    "only around": ('<div data-server="around" class="a"><b>x</b></div>', '<div class="a"><b>x</b></div>'),
    "form around": ('<form data-server="around"><b>x</b></form>', '<div class=""><b>x</b></div>'),
    "live lab": ('<span class="live">live</span>!', "!"),
    "live": ('<span data-since="2026" class="a">x</span>', '<span class="a">x</span>'),
    "elsewhere rendered": (
        '<iframe data-document src="https://content.example/x/render/@ada/mnist/v/1?theme=auto"></iframe>',
        '<iframe data-document src="../../render/@ada/mnist/v/1.html?theme=auto"></iframe>',
    ),
    "picture": ('<img src="/services/mlabs/x"><b>y</b>', "<b>y</b>"),
    "logged": (
        '<section data-charts="/services/mlabs/api/v1/runs/01J/metrics?points=500"></section>',
        '<section data-charts="../../api/v1/runs/01J/metrics.json"></section>',
    ),
    "unknown call": ('<b data-x="/services/mlabs/api/v1/me">y</b>', "<b>y</b>"),
    "canonical": (f'<link rel="canonical" href="{BASE}@ada/mnist">', ""),
    "words": (f"<textarea>url = {{{BASE}@ada/mnist}}</textarea>", "<textarea>url = {@ada/mnist}</textarea>"),
    "feed": ('<a class="feed" href="/services/mlabs/feed.atom">Feed</a>!', "!"),
    "file": (
        '<a href="/services/mlabs/assets/ada/mnist/01J/r.html">r.html</a>',
        '<a href="../../assets/ada/mnist/01J/r.html.bin" download="r.html">r.html</a>',
    ),
    "drawing": ('<img src="/services/mlabs/assets/ada/mnist/01J/d.svg">', ""),
}


@pytest.mark.parametrize(("text", "made"), CHANGED.values(), ids=CHANGED)
def test_what_would_be_dead_is_left_out(text, made):
    assert body(text) == made


def test_the_original_is_named_where_it_is_known():
    here = f"{BASE}@ada/mnist"
    text = f'<link rel="canonical" href="{here}"><meta property="og:url" content="{here}">'
    there = "https://labs.example.org/services/mlabs/"
    assert f'href="{there}@ada/mnist"' in body(text, there)
    assert f'content="{there}@ada/mnist"' in body(text, there)


def test_the_policy_travels_in_the_page():
    made = body(f'{HEAD}<script nonce="abc_1-2">1</script>')
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made)[1]
    nonce = re.search(r'<script nonce="([\w-]{43})">', made)[1]
    assert policy == f"default-src 'none'; script-src 'nonce-{nonce}'; frame-src 'self'"
    assert "abc_1-2" not in made


def test_a_nonce_belongs_to_one_page_and_is_the_same_every_time():
    def nonce(text: str, given: str = "abc_1-2") -> str:
        header = HEADER.replace("abc_1-2", given)
        made = page(header=header).text(f'{HEAD}{text}<script nonce="{given}"></script>')
        return re.search(rb'nonce="([\w-]+)"', made)[1].decode()

    assert nonce("a") == nonce("a", "other") != nonce("b")


def test_a_page_knows_where_its_copy_begins_and_has_the_notice():
    made = page(notice="<p>A copy</p>").text(f'{HEAD}<main id="main">x</main>').decode()
    assert '<html lang="en" data-copy="../../">' in made
    assert '<p>A copy</p><main id="main">x</main>' in made


def test_what_a_page_needs_is_said():
    made = page()
    made.text('<iframe data-document src="/services/mlabs/render/@ada/mnist/v/1?theme=auto"></iframe>')
    assert made.needs == {"render/@ada/mnist/v/1?theme=auto": "render/@ada/mnist/v/1.html"}
