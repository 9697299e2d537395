"""Markdown as Jupyter reads it, through nbconvert's parser, cleaned, with formulas left to be filled in."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from mlabs_ext.service.rendering import highlight, images, sanitize
from mlabs_ext.service.rendering.formulas import Formulas
from mlabs_ext.service.rendering.outline import anchor, slug

TAG = re.compile(r"<[^>]*>")
PICTURE = re.compile(r'<span data-p="(\d{1,6})"></span>')
# Without these a source has no formula, and need not be searched for each kind of them.
MATH = re.compile(r"\$|\\\\[(\[]|\\begin")
MATH_RULES = {
    "multiline_math", "block_math_tex", "block_math_latex", "inline_math_tex", "inline_math_latex",
    "latex_environment",
}  # fmt: skip


class Markdown:
    """Converts the Markdown of one notebook after the other."""

    def __init__(self) -> None:
        self._renderer = _Renderer()
        self._with_math = MarkdownWithMath(renderer=self._renderer)
        self._plain = MarkdownWithMath(renderer=self._renderer)
        for parser in (self._plain.inline, self._plain.block):
            parser.rules = [rule for rule in parser.rules if rule not in MATH_RULES]

    def to_html(self, source: str, formulas: Formulas, attachments: dict[str, Any] | None = None) -> str:
        """Clean HTML, with marks of `formulas` where the source has TeX."""
        self._renderer.formulas = formulas
        self._renderer.attachments = attachments or {}
        pictures: list[str] = []
        self._renderer.pictures = pictures
        parser = self._with_math if MATH.search(source) else self._plain
        html = sanitize.markdown(parser.render(source))
        if not pictures:
            return html
        return PICTURE.sub(lambda found: "".join(pictures[int(found[1]) : int(found[1]) + 1]), html)


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, less its scripts, and with pictures that need nothing from elsewhere."""

    formulas: Formulas
    pictures: list[str]

    def __init__(self) -> None:
        super().__init__(escape=False)

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """A heading with an anchor, named as JupyterLab names it."""
        name = slug(unescape(TAG.sub("", text)))
        return f'<h{level} id="{escape(name)}">{text}{anchor(name) if name else ""}</h{level}>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        """A fenced block, colored where its language is known; diagrams stay text."""
        language = info.split(None, 1)[0].strip("{}.") if info and info.split() else None
        return f'<pre class="fence"><code>{highlight.to_html(code, language)}</code></pre>\n'

    def block_math(self, body: str) -> str:
        """A formula on a line of its own."""
        return self.formulas.mark(body, True)

    def inline_math(self, body: str) -> str:
        """A formula in the text."""
        return self.formulas.mark(body, False)

    def latex_environment(self, name: str, body: str) -> str:
        """`\\begin{align}` and the like."""
        return self.formulas.mark(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """An attachment or `data:` picture; the cleaner makes links of others: documents load nothing."""
        alt = TAG.sub("", text)
        if url.startswith("attachment:"):
            return self._picture(self._attached(url.removeprefix("attachment:")), alt, title)
        if url.startswith("data:"):
            mime, _, data = url.removeprefix("data:").partition(";base64,")
            return self._picture(images.data_url(mime, data), alt, title)
        label = alt or url.rsplit("/", 1)[-1][:80]
        return f'<img src="{escape(url)}" alt="{escape(label)}">'

    def _picture(self, url: str | None, alt: str, title: str | None) -> str:
        """A mark for a picture: it is clean already, and may be long."""
        if not url:
            return f'<span class="absent">{escape(alt or "Picture")}</span>'
        self.pictures.append(images.tag(url, alt, {}, title))
        return f'<span data-p="{len(self.pictures) - 1}"></span>'

    def _attached(self, name: str) -> str | None:
        bundle = self.attachments.get(name)
        pairs = bundle.items() if isinstance(bundle, dict) else ()
        found = (images.data_url(mime, data) for mime, data in pairs if isinstance(data, str))
        return next((url for url in found if url), None)
