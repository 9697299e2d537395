"""Pages of the documentation as HTML: anchors, links as they lead here, and nothing of notes to writers."""

import pytest

from mlabs_ext.service.guide_text import Section, read, slug


def lead(address: str) -> str | None:
    return {"b.md#x": "/docs/b#x", "screenshots/a.png": "/docs/screenshots/a.png"}.get(address)


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("Share it with some", "share-it-with-some"),
        ("`c.Plans.plans`", "cplansplans"),
        ("What runs?", "what-runs"),
        ("A & B", "a--b"),
        ("Keras → TF.js", "keras--tfjs"),
    ],
)
def test_anchors_are_those_of_github(title, anchor):
    assert slug(title) == anchor


def test_sections_hold_the_words_below_their_headings():
    first = "# One\n\nHead *now*.\n\n## Two\n\n- a\n- `b`\n\n```\ncode\n```\n"
    text = read(f"{first}\n## Two\n\n|x|y|\n|-|-|\n|1|2|\n", lead)
    assert text.title == "One"
    assert text.sections == [
        Section(1, "One", "one", "Head now."),
        Section(2, "Two", "two", "a b code\n"),
        Section(2, "Two", "two-1", "x y 1 2"),
    ]
    assert [f'id="{section.anchor}"' in text.html for section in text.sections] == [True] * 3


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("[b](b.md#x)", '<a href="/docs/b#x">b</a>'),
        ("![p](screenshots/a.png)", '<img src="/docs/screenshots/a.png" alt="p" />'),
        ("[x](https://example.org/)", '<a href="https://example.org/">x</a>'),
        ("[file](../deploy/x.conf)", "<a>file</a>"),
        ("<!-- a note -->\n\nText", "<p>Text</p>"),
        ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"),
        ("    code", '<pre tabindex="0"><code>code'),
        ("|x|\n|-|\n|1|\n", '<div class="guide__table" tabindex="0" role="group"><table>'),
    ],
    ids=["page", "picture", "elsewhere", "no page", "note", "markup", "code", "table"],
)
def test_what_becomes_of_it(source, html):
    written = read(f"# T\n\n{source}", lead).html
    assert html in written
    assert "a note" not in written
