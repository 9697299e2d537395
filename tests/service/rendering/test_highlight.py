import re

import pytest

from mlabs_ext.service.rendering import highlight

COLORED = {
    "keyword": ("import os", "python", '<i class="k">import </i>os'),
    "magic": ("%matplotlib inline\nimport os", "python", '<i class="k">import </i>os'),
    "shell": ("!ls -l", "ipython3", "ls"),
    "string with markup": ("'<b>'", "python", "<i class=\"s\">'&lt;b&gt;'</i>"),
    "R": ("x <- function(a) 1", "R", '<i class="k">function</i>'),
    "unknown language": ("<x>", "klingon", "&lt;x&gt;"),
    "no language": ("<x>", None, "&lt;x&gt;"),
    "a path for a language": ("<x>", "../../etc/passwd", "&lt;x&gt;"),
}


@pytest.mark.parametrize(("code", "language", "part"), COLORED.values(), ids=COLORED)
def test_colored(code, language, part):
    assert part in highlight.to_html(code, language)


@pytest.mark.parametrize(
    "code", ["a = [1,\n  2]  # c\n\n\n", "  \n\tx", "'''\nopen", "ключ = '🍎'", "a\r\nb"]
)
def test_no_character_is_lost(code):
    text = re.sub(r"<[^>]*>", "", highlight.to_html(code, "python"))
    assert text == code


def test_huge_code_is_left_plain():
    assert "<i" not in highlight.to_html("import os\n" * 30_000, "python")
