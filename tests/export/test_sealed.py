"""The walls of a rendered notebook, as far as a file can carry them."""

from __future__ import annotations

import re

import pytest

from mlabs_ext.export.sealed import fonts, sealed, with_fonts
from mlabs_ext.service.render_headers import headers
from mlabs_ext.service.rendering.document import failure
from mlabs_ext.service.rendering.model import Assets

BASE = "https://labs.example.org/services/mlabs/"
DOCUMENT = '<html><head>\n<meta charset="utf-8">\n<title>x</title></head><body>é</body></html>'
FILE = "render/@ada/mnist/v/1.html"


def made(script: str = "static/render/copied-1.js") -> str:
    return sealed(DOCUMENT, headers(BASE)["Content-Security-Policy"], FILE, script).decode()


def test_the_policy_is_that_of_the_service_less_what_only_headers_say():
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made())[1]
    said = dict(part.split(" ", 1) for part in policy.split("; "))
    assert said["default-src"] == said["connect-src"] == said["form-action"] == said["base-uri"] == "'none'"
    assert said["script-src"] == "'unsafe-inline' 'unsafe-eval' blob: 'self'"
    assert not {"sandbox", "frame-ancestors"} & said.keys()
    assert BASE not in policy


def test_the_walls_stand_before_anything_of_the_author():
    text = made()
    assert text.index("Content-Security-Policy") < text.index("self.origin") < text.index("<title>")
    assert '<script src="../../../../static/render/copied-1.js"></script>' in text
    assert text.endswith("<body>é</body></html>")


def test_a_site_without_a_built_interface_is_walled_in_too():
    assert "<script src=" not in made("")
    assert "self.origin" in made("")


def test_a_document_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="v/1"):
        sealed("<html></html>", "default-src 'none'", FILE, "")


def test_a_notebook_that_cannot_be_shown_offers_no_dead_download():
    shown = failure("Too complex", "Why.", Assets(), download="/services/mlabs/api/v1/x").decode()
    assert "download" in shown
    text = sealed(shown, "default-src 'none'", FILE, "").decode()
    assert "Why." in text and "download" not in text


def test_style_sheets_hold_their_fonts():
    style = "@font-face{src:url(./a-1.woff2) format('woff2')}@font-face{src:url(\"b.woff2\")}p{}"
    assert fonts(style) == ["a-1.woff2", "b.woff2"]
    held = with_fonts(style, {"a-1.woff2": b"A", "b.woff2": b"B"}).decode()
    assert "url(data:font/woff2;base64,QQ==)" in held
    assert ".woff2" not in held
