import time

import pytest

from mlabs_ext.service.rendering import ansi

SHOWN = {
    "plain": ("a <b> & c", "a &lt;b&gt; &amp; c"),
    "color": ("\x1b[31mred\x1b[0m.", '<span class="a-red">red</span>.'),
    "bold and bright": ("\x1b[1;92mx\x1b[m", '<span class="a-bold a-bright-green">x</span>'),
    "background": ("\x1b[44mx", '<span class="a-on-blue">x</span>'),
    "ends": ("\x1b[1;4mx\x1b[22;24my", '<span class="a-bold a-underline">x</span>y'),
    "default color": ("\x1b[31mx\x1b[39my", '<span class="a-red">x</span>y'),
    "256 colors": ("\x1b[38;5;196mx", '<span class="a-rgb" style="--rgb:#ff0000">x</span>'),
    "256 colors, gray": ("\x1b[48;5;232mx", '<span class="a-on-rgb" style="--on-rgb:#080808">x</span>'),
    "256 colors, the first 16": ("\x1b[38;5;9mx", '<span class="a-bright-red">x</span>'),
    "true color": ("\x1b[38;2;1;2;255mx", '<span class="a-rgb" style="--rgb:#0102ff">x</span>'),
    "true color out of range": ("\x1b[38;2;1;2;256mx", "x"),
    "cut short": ("\x1b[38;5mx", "x"),
    "no number": ("\x1b[?25lx\x1b[?;31mx", 'x<span class="a-red">x</span>'),
    "other sequences": ("\x1b[2Ka\x1b[1Ab\x1b(", "ab("),
    "title": ("\x1b]0;title\x07x", "x"),
    "markup in color": ("\x1b[31m<script>", '<span class="a-red">&lt;script&gt;</span>'),
    "progress": ("10%\r50%\r100%\ndone", "100%\ndone"),
    "Windows lines": ("a\r\nb\r\n", "a\nb\n"),
    "backspaces": ("abc\x08\x08d", "ad"),
    "control characters": ("a\x00\x07b", "ab"),
}


@pytest.mark.parametrize(("text", "html"), SHOWN.values(), ids=SHOWN)
def test_shown_as_a_terminal_would(text, html):
    assert ansi.to_html(text) == html


def test_very_long_text_loses_its_middle():
    html = ansi.to_html("a" * ansi.MAX_TEXT + "b" * 1000)
    assert html.startswith("aaa")
    assert html.endswith("bbb")
    assert "1,000 characters are left out" in html


def test_many_colors_take_linear_time():
    started = time.perf_counter()
    ansi.to_html("\x1b[31mx\x1b[0m" * 30_000)
    assert time.perf_counter() - started < 2


def test_plain():
    assert ansi.plain("\x1b[1;31mx\x1b[0my") == "xy"
