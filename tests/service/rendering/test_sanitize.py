import re
import time

import pytest

from mlabs_ext.service.rendering import sanitize

PNG = "data:image/png;base64,iVBORw0KGgo="
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "event handler": "<img src=x onerror=alert(1)>",
    "handler without quotes": "<b/onclick=alert(1)>x",
    "svg use": '<svg><use href="data:image/svg+xml,<svg id=x onload=alert(1)>#x"></svg>',
    "javascript": '<a href="javascript:alert(1)">x</a>',
    "javascript encoded": '<a href="jav&#x09;ascript&colon;alert(1)">x</a>',
    "data link": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "srcdoc": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "form": '<form action="https://evil.example"><input name=x><button>go</button></form>',
    "detached button": '<button form="f" formaction="javascript:alert(1)">x</button>',
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "base": '<base href="https://evil.example/">',
    "mutation": "<math><mtext><table><style><!--</style><img x=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "mutation by noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "object": '<object data="javascript:alert(1)"></object>',
    "style url": '<p style="background:url(https://evil.example/x);color:red">x</p>',
    "overlay": '<p style="position:fixed;inset:0">x</p>',
    "picture from elsewhere": '<img src="https://evil.example/x.png" alt="x">',
    "SVG picture": '<img src="data:image/svg+xml;base64,PHN2Zz4=" alt="x">',
    "template": "<template><script>alert(1)</script></template>",
}  # fmt: skip
BAD = re.compile(
    r"<(script|svg|iframe|form|button|meta|base|object|math|template|noscript|img)|\bon\w+=|javascript|srcdoc"
    r"|position|url\(|=\"data:",
    re.IGNORECASE,
)


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_nothing_hostile_is_left_in_markdown(html):
    shown = re.sub(r"&lt;.*?&gt;", "", sanitize.markdown(html))
    assert not BAD.search(shown), shown


KEPT = {
    "table": '<table><thead><tr><th style="text-align:right">a</th></tr></thead></table>',
    "task": '<input class="task-list-item-checkbox" type="checkbox" disabled="" checked="">',
    "details": "<details><summary>a</summary>b</details>",
    "alert": '<div class="alert alert-info" role="alert">x</div>',
    "picture": f'<img src="{PNG}" alt="x" width="10">',
    "right to left": '<p dir="rtl">x</p>',
}


@pytest.mark.parametrize("html", KEPT.values(), ids=KEPT)
def test_what_authors_use_is_kept(html):
    assert sorted(re.findall(r"[\w-]+", sanitize.markdown(html))) == sorted(re.findall(r"[\w-]+", html))


REL = 'rel="noopener noreferrer nofollow"'
ELSEWHERE = {
    "named": (
        '<img src="https://x.example/a.png?b&c" alt="A > plot">',
        f'<a class="elsewhere" href="https://x.example/a.png?b&amp;c" {REL}>A &gt; plot</a>',
    ),
    "without a name": (
        '<img src="//x.example/b/a.png">',
        f'<a class="elsewhere" href="//x.example/b/a.png" {REL}>a.png</a>',
    ),
    "a file beside the notebook": ('<img src="a.png">', '<span class="elsewhere">Picture</span>'),
    "badge": (
        '<a href="https://y.example"><img src="https://x.example/a.svg" alt="Open"></a>',
        f'<a href="https://y.example" {REL}><span class="elsewhere">Open</span></a>',
    ),
    "ornament of a link": (
        '<a href="https://y.example"><img src="https://x.example/a.svg">Open</a>',
        f'<a href="https://y.example" {REL}>Open</a>',
    ),
    "own picture in a link": (
        f'<a href="https://y.example"><img src="{PNG}"></a>',
        f'<a href="https://y.example" {REL}><img src="{PNG}"></a>',
    ),
}


@pytest.mark.parametrize("clean", [sanitize.markdown, sanitize.output], ids=["Markdown", "output"])
@pytest.mark.parametrize(("html", "label"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_picture_from_elsewhere_becomes_a_label_and_a_link(html, label, clean):
    assert clean(html) == label


ACTIVE = {
    "table": ("<table><tr><td>1</td></tr></table>", False),
    "styled table": ("<style>#T_1 td {color: red}</style><table id=T_1></table>", False),
    "script": ("<div></div><SCRIPT>1</SCRIPT>", True),
    "handler": ("<p\nonclick = x>", True),
    "drawing": ("<svg></svg>", True),
    "widget": ("<my-element></my-element>", True),
    "words": ("<p>version = 3, on=1</p>", False),
}


@pytest.mark.parametrize(("html", "active"), ACTIVE.values(), ids=ACTIVE)
def test_what_needs_a_script(html, active):
    assert sanitize.is_active(html) == active


def test_a_table_of_50_000_rows_takes_a_moment():
    started = time.perf_counter()
    sanitize.output("<table>" + "<tr><td>1</td><td>two</td></tr>" * 50_000 + "</table>")
    assert time.perf_counter() - started < 4
