"""An nbconvert exporter with a template of our own, which makes one piece of HTML per cell."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from mlabs_ext.notebook import runtime_of, title_of
from mlabs_ext.service.rendering import ansi, highlight
from mlabs_ext.service.rendering.formulas import Converter, Formulas
from mlabs_ext.service.rendering.markdown import Markdown
from mlabs_ext.service.rendering.model import About, Part, Rendered
from mlabs_ext.service.rendering.outline import Outline
from mlabs_ext.service.rendering.outputs import Outputs, script_json
from mlabs_ext.service.sizes import spoken

TEMPLATES = Path(__file__).parent / "templates"
STATE = "application/vnd.jupyter.widget-state+json"
# Characters of an output's HTML beyond which an embed asks before it loads them.
HEAVY = 300_000
HIDDEN_INPUT = {"hide_input", "hide-input", "remove_input", "remove-input"}
HIDDEN_OUTPUT = {"hide_output", "hide-output", "remove_output", "remove-output"}
HIDDEN_CELL = {"hide_cell", "hide-cell", "remove_cell", "remove-cell"}
MAGICS = {
    "%%bash": "bash", "%%sh": "bash", "%%html": "html", "%%javascript": "js", "%%js": "js", "%%sql": "sql",
    "%%latex": "latex", "%%markdown": "markdown", "%%R": "r", "%%cython": "cython", "%%writefile": "text",
}  # fmt: skip
RAW_HTML = ("text/html", "html")
MAX_REFS, MAX_REF = 50, 200
RAW_MARKDOWN = ("text/markdown", "markdown")


class PartsExporter(TemplateExporter):
    """Makes `Rendered` of notebooks that `mlabs_ext.notebook` has read: they need no copy and no check."""

    def __init__(self, converter: Converter, **kwargs: Any):
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # nbconvert has no types there
        self._converter = converter
        self._markdown = Markdown()
        self._cells = self.environment.get_template("cells.html.j2").module

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_paths")
    def _template_paths_default(self) -> list[str]:
        return [str(TEMPLATES)]

    def _init_preprocessors(self) -> None:
        """None: the template shows what is there."""
        self._preprocessors = []

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()  # type: ignore[no-untyped-call]  # nor here
        environment.autoescape = True
        return environment

    def rendered(self, nb: NotebookNode) -> Rendered:
        """Each cell of a notebook as HTML."""
        formulas = Formulas(self._converter)
        state = _widget_state(nb)
        outputs = Outputs(self._markdown, formulas, frozenset(state.get("state", ())))
        language = _language(nb)
        outline = Outline(formulas.words)
        parts = [self._part(cell, language, formulas, outputs, outline) for cell in nb.cells]
        formulas.convert()
        for part in parts:
            part.input, part.output = formulas.fill(part.input), formulas.fill(part.output)
            part.light = [formulas.fill(piece) for piece in part.light]
        tail = f'<script type="{STATE}">{script_json(state)}</script>' if state else ""
        return Rendered(title_of(nb) or "Notebook", language or "", parts, tail, _about(nb, outline))

    def _part(
        self,
        cell: NotebookNode,
        language: str | None,
        formulas: Formulas,
        outputs: Outputs,
        outline: Outline,
    ) -> Part:
        if cell.cell_type == "code":
            return self._code(cell, language, outputs)
        if cell.cell_type == "markdown":
            html = outline.take(self._markdown.to_html(cell.source, formulas, cell.get("attachments")))
            return Part(cell.id, "markdown", "", str(self._cells.markdown(Markup(html))))  # noqa: S704 - cleaned
        return Part(cell.id, "raw", "", self._raw(cell, formulas))

    def _code(self, cell: NotebookNode, language: str | None, outputs: Outputs) -> Part:
        tags, jupyter = _tags(cell), _object(cell.metadata.get("jupyter"))
        hidden = bool(tags & (HIDDEN_INPUT | HIDDEN_CELL)) or jupyter.get("source_hidden") is True
        collapsed = jupyter.get("outputs_hidden", cell.metadata.get("collapsed")) is True
        covered = bool(tags & (HIDDEN_OUTPUT | HIDDEN_CELL)) or collapsed
        form = cell.metadata.get("cellView") == "form"
        shown = [self._output(output, outputs) for output in _joined_streams(cell.outputs)]
        source = ""
        if cell.source.strip():
            html = Markup(highlight.to_html(cell.source, _cell_language(cell, language)))  # noqa: S704 - escaped
            source = str(self._cells.source(html, cell.execution_count, _duration(cell), hidden or form))
        result = str(self._cells.outputs(shown, covered, cell.execution_count)) if shown else ""
        return Part(cell.id, "code", source, result, self._light(shown, covered, cell.execution_count))

    def _light(self, shown: list[Markup], covered: bool, count: int | None) -> list[str]:
        """The outputs with posters for heavy ones, in pieces around their address; empty where none is."""
        if all(len(output) <= HEAVY for output in shown):
            return []
        # By chance: no output can hold it.
        address = secrets.token_hex(16)
        outputs = [
            output if len(output) <= HEAVY else self._cells.poster(spoken(len(output)), address)
            for output in shown
        ]
        return str(self._cells.outputs(outputs, covered, count)).split(address)

    def _output(self, output: dict[str, Any], outputs: Outputs) -> Markup:
        kind = output["output_type"]
        if kind == "stream":
            text = Markup(ansi.to_html(output["text"]))  # noqa: S704 - escaped there
            return self._cells.stream(text, "stderr" if output["name"] == "stderr" else "stdout")
        if kind == "error":
            trace = "\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}"
            return self._cells.error(Markup(ansi.to_html(trace)), output["ename"])  # noqa: S704
        return self._cells.result(outputs.shown(output))

    def _raw(self, cell: NotebookNode, formulas: Formulas) -> str:
        """A raw cell: Markdown and HTML are shown as such, all else as text."""
        kind = cell.metadata.get("format") or cell.metadata.get("raw_mimetype") or ""
        if kind in RAW_MARKDOWN or kind in RAW_HTML:
            return str(self._cells.markdown(Markup(self._markdown.to_html(cell.source, formulas))))  # noqa: S704
        return str(self._cells.raw(cell.source)) if cell.source.strip() else ""


def _about(nb: NotebookNode, outline: Outline) -> About:
    asked = runtime_of(nb)
    data = [ref[:MAX_REF] for ref in (*asked.data, *asked.sources)][:MAX_REFS]
    return About(outline.headings, data, asked.trainer)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", ()))


def _language(nb: NotebookNode) -> str | None:
    """What Pygments calls the notebook's language."""
    info, spec = _object(nb.metadata.get("language_info")), _object(nb.metadata.get("kernelspec"))
    found = info.get("pygments_lexer") or info.get("name") or spec.get("language")
    if not found and str(spec.get("name", "")).startswith("python"):
        found = "python"
    return found if isinstance(found, str) else None if spec or info else "python"


def _cell_language(cell: NotebookNode, language: str | None) -> str | None:
    """The language of one cell: SoS names it in the metadata, a cell magic in the first line."""
    own = cell.metadata.get("magics_language") or cell.metadata.get("kernel") or ""
    first = cell.source.lstrip().split("\n", 1)[0].split()
    if first and first[0].startswith("%%"):
        own = MAGICS.get(first[0], own)
    return own.lower() if isinstance(own, str) and own else language


def _joined_streams(outputs: list[NotebookNode]) -> list[dict[str, Any]]:
    """The outputs with neighbors of the same stream as one, as a terminal shows them."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" == last.get("output_type") and last["name"] == output.name:
            last["text"] += output.text
        else:
            joined.append(dict(output))
    return joined


def _duration(cell: NotebookNode) -> str:
    """How long the cell took, where its metadata tell."""
    times = _object(cell.metadata.get("execution"))
    ends = times.get("iopub.status.idle") or times.get("shell.execute_reply")
    try:
        start = datetime.fromisoformat(times["iopub.execute_input"])
        seconds = (datetime.fromisoformat(ends or "") - start).total_seconds()
    except (KeyError, TypeError, ValueError):
        return ""
    if not 0 <= seconds < 10_000_000:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return (
        f"{minutes} min {rest} s"
        if minutes
        else f"{seconds:.1f} s"
        if seconds >= 0.1
        else f"{seconds * 1000:.0f} ms"
    )


def _widget_state(nb: NotebookNode) -> dict[str, Any]:
    state = _object(_object(nb.metadata.get("widgets")).get(STATE))
    return state if _object(state.get("state")) else {}
