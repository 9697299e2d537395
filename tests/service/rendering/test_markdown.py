import pytest

from mlabs_ext.service.rendering.formulas import Converter, Formulas
from mlabs_ext.service.rendering.markdown import Markdown

PNG = "iVBORw0KGgo="


@pytest.fixture(scope="module")
def markdown():
    return Markdown()


def shown(markdown, source, **kwargs):
    return markdown.to_html(source, Formulas(Converter(None, None)), **kwargs)


PIECES = {
    "heading": ("## Hello *you*", '<h2 id="Hello-you">Hello <em>you</em>'),
    "anchor": ("# A", 'href="#A"'),
    "heading without a space": ("#A", "<h1"),
    "table": ("|a|b|\n|-|-:|\n|1|2|", '<td style="text-align:right">2</td>'),
    "tasks": ("- [x] done", 'type="checkbox"'),
    "fence": ("```python\nimport os\n```", '<i class="k">import </i>os'),
    "fence of an unknown language": ("```{.x}\n<b>\n```", "&lt;b&gt;"),
    "diagram stays text": ("```mermaid\ngraph TD\n<script>\n```", "graph TD\n&lt;script&gt;"),
    "strike": ("~~no~~", "<del>no</del>"),
    "address": ("see https://example.org", 'href="https://example.org"'),
    "inline formula": ("a $x^2$ b", 'a <span data-m="0"></span> b'),
    "formula with markup": ("$a_1 * b_2 * c_3$", '<span data-m="0"></span>'),
    "formula over lines": ("$$\na\n\n# b\n$$", '<span data-m="0"></span>'),
    "environment": (r"\begin{align}a&=b\\c&=d\end{align}", '<span data-m="0"></span>'),
    "dollars in code": ("`$x$`", "<code>$x$</code>"),
    "badge": (
        "[![A](https://x.example/a.svg)](https://y.example)",
        '<a href="https://y.example" rel="noopener noreferrer nofollow"><span class="elsewhere">A</span></a>',
    ),
    "picture from elsewhere": ("![A](https://x.example/a.png)", '<a class="elsewhere" href="https://x.example/a.png"'),
    "missing attachment": ("![A](attachment:no.png)", '<span class="absent">A</span>'),
    "empty": ("", ""),
}  # fmt: skip


@pytest.mark.parametrize(("source", "part"), PIECES.values(), ids=PIECES)
def test_pieces(markdown, source, part):
    assert part in shown(markdown, source)


def test_attachments_are_shown_if_they_are_pictures(markdown):
    good = shown(markdown, "![A](attachment:a.png)", attachments={"a.png": {"image/png": PNG}})
    assert f'src="data:image/png;base64,{PNG}"' in good
    bad = shown(markdown, "![A](attachment:a.png)", attachments={"a.png": {"text/html": "<script>"}})
    assert "<img" not in bad
    assert "<script" not in bad


def test_attachments_of_one_cell_are_not_those_of_the_next(markdown):
    shown(markdown, "x", attachments={"a.png": {"image/png": PNG}})
    assert "<img" not in shown(markdown, "![A](attachment:a.png)")
