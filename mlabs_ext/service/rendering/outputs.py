"""Picks how each output is shown, and shows it."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from markupsafe import Markup

from mlabs_ext.service.rendering import ansi, images, sanitize
from mlabs_ext.service.rendering.formulas import Formulas
from mlabs_ext.service.rendering.markdown import Markdown

WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
VEGA = re.compile(r"application/vnd\.vega(lite)?\.v\d+(\.\d+)?(\+json|\.json)")
JSON_MIME = re.compile(r"application/(.*\+)?json")
FORMULA = re.compile(
    r"\$\$(?P<block>[^$]+)\$\$|\\\[(?P<bracket>.+?)\\\]|\$(?P<line>[^$]+)\$|\\\((?P<paren>.+?)\\\)"
    r"|\\begin\{(?P<name>[a-z]+\*?)\}.*?\\end\{(?P=name)\}",
    re.DOTALL,
)
MAX_LATEX = 20_000
TEXT_ENVIRONMENTS = (
    "tabular",
    "table",
    "itemize",
    "enumerate",
    "description",
    "center",
    "tabbing",
    "verbatim",
)
MAX_JSON = 100_000
MAX_ROWS = 1000


class Outputs:
    """Shows the outputs of one notebook.

    `models` are the ids of the widgets whose state the notebook keeps.
    """

    def __init__(self, markdown: Markdown, formulas: Formulas, models: frozenset[str]):
        self._markdown, self._formulas, self._models = markdown, formulas, models

    def shown(self, output: dict[str, Any]) -> Markup:
        """An output of type display_data or execute_result, by its richest form that can be shown."""
        data = output.get("data", {})
        metadata = output.get("metadata", {})
        for mime, show in self._candidates(data):
            shown = show(data[mime], _of(metadata, mime), data)
            if shown is not None:
                return Markup(shown)  # noqa: S704 - each form below escapes or cleans what it shows
        kinds = ", ".join(data) or "nothing"
        return Markup('<p class="absent">This output ({}) cannot be shown here.</p>').format(kinds[:200])

    def _candidates(self, data: dict[str, Any]) -> list[tuple[str, Any]]:
        vega = [(mime, self._vega) for mime in data if VEGA.fullmatch(mime)]
        order = (
            (WIDGET, self._widget),
            (PLOTLY, self._plotly),
            *vega,
            ("text/html", self._html),
            ("text/markdown", self._as_markdown),
            ("image/svg+xml", self._picture),
            ("text/latex", self._latex),
            *((mime, self._picture) for mime in images.STARTS),
            ("application/vnd.dataresource+json", self._table),
            ("application/geo+json", self._json),
            ("application/vdom.v1+json", self._vdom),
            ("application/json", self._json),
            ("application/pdf", self._file),
            ("application/javascript", self._javascript),
            ("text/plain", self._plain),
            *((mime, self._json) for mime in data if JSON_MIME.fullmatch(mime)),
            *((mime, self._plain) for mime in data if mime.startswith("text/")),
        )
        return [(mime, show) for mime, show in order if mime in data]

    def _html(self, html: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        if not isinstance(html, str) or not html.strip():
            return None
        if sanitize.is_active(html):
            return _island("html", html, self._fallback(data))
        return f'<div class="html">{sanitize.output(html)}</div>'

    def _javascript(self, code: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        return _island("js", code, "") if isinstance(code, str) and code.strip() else None

    def _plotly(self, figure: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        return _island("plotly", figure, self._fallback(data)) if isinstance(figure, dict) else None

    def _vega(self, spec: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        return _island("vega", spec, self._fallback(data)) if isinstance(spec, dict) else None

    def _widget(self, view: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        model = view.get("model_id") if isinstance(view, dict) else None
        if not isinstance(model, str) or model not in self._models:
            return None
        return _island("widget", model, self._fallback(data))

    def _as_markdown(self, text: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        if not isinstance(text, str):
            return None
        return f'<div class="prose" dir="auto">{self._markdown.to_html(text, self._formulas)}</div>'

    def _latex(self, text: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        pieces = _pieces(text) if isinstance(text, str) else []
        shown = (piece if isinstance(piece, str) else self._formulas.mark(*piece) for piece in pieces)
        return f'<div class="formula">{"".join(shown)}</div>' if pieces else None

    def _picture(self, picture: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        mime = next((mime for mime, value in data.items() if value is picture), "")
        url = images.data_url(mime, picture) if isinstance(picture, str) else None
        alt = metadata.get("alt") or metadata.get("alt_text")
        return url and str(images.tag(url, alt if isinstance(alt, str) else images.NO_ALT, metadata))

    def _file(self, content: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        if not isinstance(content, str):
            return None
        return f'<p class="absent">A PDF of about {len(content) * 3 // 4096:,} kB; it is in the notebook.</p>'

    def _table(self, resource: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        """A table of https://specs.frictionlessdata.io/tabular-data-resource/, as pandas writes it."""
        fields = _of(_of({"r": resource}, "r"), "schema").get("fields")
        rows = _of({"r": resource}, "r").get("data")
        if not isinstance(fields, list) or not isinstance(rows, list):
            return None
        names = [str(field.get("name")) for field in fields if isinstance(field, dict)]
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(_row(row, names) for row in rows[:MAX_ROWS] if isinstance(row, dict))
        more = f'<p class="cut">{len(rows) - MAX_ROWS:,} more rows</p>' if len(rows) > MAX_ROWS else ""
        table = f'<table class="dataframe"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        return f'<div class="html">{table}{more}</div>'

    def _vdom(self, node: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        return (
            f'<div class="html">{sanitize.output(_element(node, 30))}</div>'
            if isinstance(node, dict)
            else None
        )

    def _json(self, value: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        text = json.dumps(value, indent=2, ensure_ascii=False)[:MAX_JSON]
        opened = " open" if text.count("\n") < 30 and metadata.get("expanded") is not False else ""
        return f"<details{opened}><summary>JSON</summary><pre>{escape(text, quote=False)}</pre></details>"

    def _plain(self, text: Any, metadata: dict[str, Any], data: dict[str, Any]) -> str | None:
        return f'<pre dir="auto">{ansi.to_html(text)}</pre>' if isinstance(text, str) else None

    def _fallback(self, data: dict[str, Any]) -> str:
        """What stands in the place of an active output until it is there, and where scripts are off."""
        for mime in ("image/png", "image/jpeg"):
            if isinstance(data.get(mime), str) and (url := images.data_url(mime, data[mime])):
                return str(images.tag(url, images.NO_ALT, {}))
        text = data.get("text/plain")
        return self._plain(text, {}, data) or ""


def _of(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def script_json(value: Any) -> str:
    """JSON that may stand in a `<script>`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _island(kind: str, content: Any, fallback: str) -> str:
    script = f'<script type="application/json">{script_json(content)}</script>'
    return f'<div class="island" data-kind="{kind}"><div class="fallback">{fallback}</div>{script}</div>'


def _pieces(text: str) -> list[str | tuple[str, bool]]:
    """TeX as formulas, each with whether it has lines of its own, and the words between them, escaped.

    Empty where it has no formula, or TeX outside of formulas.
    """
    pieces: list[str | tuple[str, bool]] = []
    place = 0
    for found in FORMULA.finditer(text[:MAX_LATEX]):
        if (found["name"] or "").rstrip("*") in TEXT_ENVIRONMENTS:
            return []
        pieces += escape(text[place : found.start()], quote=False), _formula(found)
        place = found.end()
    pieces.append(escape(text[place:], quote=False))
    words = "".join(piece for piece in pieces if isinstance(piece, str))
    return [] if len(pieces) == 1 or "$" in words or "\\" in words else pieces


def _formula(found: re.Match[str]) -> tuple[str, bool]:
    if inside := found["line"] or found["paren"]:
        return inside, False
    return found["block"] or found["bracket"] or found[0], True


def _row(row: dict[str, Any], names: list[str]) -> str:
    values = ("" if row.get(name) is None else str(row[name]) for name in names)
    return f"<tr>{''.join(f'<td>{escape(value)}</td>' for value in values)}</tr>"


def _element(node: Any, depth: int) -> str:
    """vdom as HTML, which is cleaned afterwards."""
    if isinstance(node, (str, int, float)):
        return escape(str(node))
    if isinstance(node, list):
        return "".join(_element(child, depth) for child in node)
    tag = node.get("tagName") if isinstance(node, dict) else None
    if depth == 0 or not isinstance(tag, str) or not re.fullmatch(r"[a-z][a-z0-9]{0,20}", tag):
        return ""
    pairs = ((key, value) for key, value in _of(node, "attributes").items() if isinstance(value, (str, int)))
    attributes = "".join(
        f' {key}="{escape(str(value))}"' for key, value in pairs if re.fullmatch(r"[a-zA-Z-]+", key)
    )
    return f"<{tag}{attributes}>{_element(node.get('children', ''), depth - 1)}</{tag}>"
