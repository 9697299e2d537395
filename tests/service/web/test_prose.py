"""What people write is taken apart into text, code and addresses, and into nothing else."""

from __future__ import annotations

import pytest

from mlabs_ext.service.web.prose import Block, Piece, blocks


def text(*pieces):
    return Block(False, [piece if isinstance(piece, Piece) else Piece("text", piece) for piece in pieces])


def code(words):
    return Piece("code", words)


def link(address):
    return Piece("link", address)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("a\nb\n\nc\n \n\nd", [text("a\nb"), text("c"), text("d")], id="paragraphs"),
        pytest.param("use `x = 1` here", [text("use ", code("x = 1"), " here")], id="code"),
        pytest.param("a ` b", [text("a ` b")], id="a-lone-backtick"),
        pytest.param("`<b>`", [text(code("<b>"))], id="code-with-a-tag"),
        pytest.param(
            "see https://a.example/b?c=1&d#e, then (http://b.example/x_(y)).",
            [
                text(
                    "see ",
                    link("https://a.example/b?c=1&d#e"),
                    ", then (",
                    link("http://b.example/x_(y)"),
                    ").",
                )
            ],
            id="addresses",
        ),
        pytest.param("`https://a.example`", [text(code("https://a.example"))], id="an-address-as-code"),
        pytest.param(
            "javascript:alert(1) ftp://x data:y", [text("javascript:alert(1) ftp://x data:y")], id="others"
        ),
        pytest.param(
            'https://a.example/"onx=1 <https://b.example>',
            [text(link("https://a.example/"), '"onx=1 <', link("https://b.example"), ">")],
            id="quotes-and-brackets-end-an-address",
        ),
        pytest.param(
            "before\n```python\na\n\nb\n```\nafter",
            [text("before"), Block(True, [Piece("text", "a\n\nb")]), text("after")],
            id="a-fence",
        ),
        pytest.param("```\nopen", [Block(True, [Piece("text", "open")])], id="an-open-fence"),
    ],
)
def test_pieces(written, expected):
    assert blocks(written) == expected


def test_it_takes_time_by_length_only():
    for hostile in (
        "`" * 50_000,
        "```\n" * 20_000,
        "https://" * 10_000,
        "(" * 50_000,
        "http://a" + ")" * 50_000,
    ):
        assert blocks(hostile)
