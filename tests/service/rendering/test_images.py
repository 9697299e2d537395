import base64
import struct

import pytest

from mlabs_ext.service.rendering import images

PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x06\0\0\0"
).decode()

URLS = {
    "PNG": ("image/png", PNG, True),
    "PNG in lines": ("image/png", PNG[:20] + "\n" + PNG[20:], True),
    "quotes": ("image/png", PNG + '" onerror="alert(1)', False),
    "not base64": ("image/png", "iVBOR<script>", False),
    "not a PNG": ("image/png", "/9j/AAAA", False),
    "unknown kind": ("image/x-icon", "AAAA", False),
    "HTML": ("text/html", "PGI+", False),
    "empty": ("image/png", "", False),
    "SVG": ("image/svg+xml", "<svg><script>alert(1)</script></svg>", True),
    "no SVG": ("image/svg+xml", "<html>", False),
}


@pytest.mark.parametrize(("mime", "data", "good"), URLS.values(), ids=URLS)
def test_only_pictures_become_addresses(mime, data, good):
    url = images.data_url(mime, data)
    assert (url is not None) == good
    assert not good or (url.startswith(f"data:{mime};base64,") and not set(url) & set("\"'<> \n"))


SIZES = {
    "number": (640, 640),
    "text": ("640", 640),
    "largest": (10_000, 10_000),
    "too large": (10_001, None),
    "zero": (0, None),
    "negative": (-1, None),
    "fraction": (1.5, None),
    "boolean": (True, None),
    "attack": ('1 onerror="alert(1)"', None),
    "percent": ("100%", None),
    "other digits": ("\u0661\u0662", None),
    "list": ([1], None),
    "none": (None, None),
}


@pytest.mark.parametrize(("given", "used"), SIZES.values(), ids=SIZES)
def test_sizes_are_whole_numbers(given, used):
    assert images.size(given) == used


def test_tag_has_the_pictures_own_size_and_escapes_its_alt():
    tag = images.tag(images.data_url("image/png", PNG), '"><script>', {})
    assert tag.endswith('alt="&#34;&gt;&lt;script&gt;" width="640" height="480">')
    tag = images.tag(images.data_url("image/png", PNG), "x", {"width": 100, "height": "1 onload=x"})
    assert tag.endswith('alt="x" width="100">')
