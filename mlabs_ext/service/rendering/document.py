"""Puts the parts of a rendered notebook together: all of them, or some cells, their code or their output."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.service.rendering.model import Assets, Part, Rendered

SHOWS = ("all", "code", "output")
THEMES = ("auto", "light", "dark")
# What becomes of heavy outputs: all are there, or each waits for a click.
HEAVY = ("all", "click")
RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
CELL_ID = re.compile(r"[a-zA-Z0-9-_]{1,64}")
MAX_CHOICES = 200
NOTHING = Markup("")


class Choice:
    """Which cells, what of them, and in which theme; raises BadInput where that cannot be understood.

    With `heavy="click"`, posters stand in the place of heavy outputs, but for those of the cells in `full`.
    `here` is the address of the Pyodide that readers may run it with; empty where they may not.
    """

    def __init__(
        self,
        cells: str | None = None,
        show: str = "all",
        theme: str = "auto",
        heavy: str = "all",
        full: str | None = None,
        here: str = "",
    ):
        if show not in SHOWS:
            raise BadInput(f"`show` is one of {', '.join(SHOWS)}.", "show_invalid")
        if theme not in THEMES:
            raise BadInput(f"`theme` is one of {', '.join(THEMES)}.", "theme_invalid")
        if heavy not in HEAVY:
            raise BadInput(f"`heavy` is one of {', '.join(HEAVY)}.", "heavy_invalid")
        self.names = _names(cells, "`cells` takes cell ids or ranges such as 2-4,7.", "cells_invalid")
        self.show, self.theme, self.heavy, self.here = show, theme, heavy, here
        self.full = _names(full, "`full` takes cell ids.", "full_invalid")

    @property
    def tag(self) -> str:
        """What tells this choice from others of the same notebook, fit for an ETag; empty for the default."""
        if self == Choice():
            return ""
        names, full = ",".join(self.names), ",".join(self.full)
        return ";".join((names, self.show, self.theme, self.heavy, full, self.here))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # typeshed knows no other way, and Python wants this one

    def parts(self, rendered: Rendered) -> list[tuple[Part, Markup, Markup]]:
        """The chosen cells, each with what is shown of its input and output; Unusable for others."""
        chosen = _chosen(self.names, rendered.parts) if self.names else rendered.parts
        shown = ((part, self._input(part), self._output(part)) for part in chosen)
        return [(part, source, output) for part, source, output in shown if source or output]

    def _input(self, part: Part) -> Markup:
        return Markup("" if self.show == "output" else part.input)  # noqa: S704 - made and cleaned by the worker

    def _output(self, part: Part) -> Markup:
        if self.show == "code":
            return Markup("")
        if part.light and self.heavy == "click" and part.id not in self.full:
            return escape(self._address_with(part.id)).join(map(Markup, part.light))
        return Markup(part.output)  # noqa: S704

    def _address_with(self, cell: str) -> str:
        """This document with the heavy outputs of one more cell, as an address relative to it."""
        full = [*self.full, cell]
        chosen = {"cells": ",".join(self.names), "show": self.show, "theme": self.theme, "heavy": "click"}
        chosen |= {"here": "1" if self.here else "", "full": ",".join(full)}
        query = {name: value for name, value in chosen.items() if value}
        return f"?{urlencode(query, safe=',')}#cell-{cell}"


def assemble(rendered: Rendered, assets: Assets, choice: Choice, head: Markup = NOTHING) -> bytes:
    """The whole HTML document; `head` stands in place of files that it would load."""
    parts = choice.parts(rendered)
    html = [piece for _, source, output in parts for piece in (source, output)]
    runs_here = bool(choice.here and assets.here)
    return (
        _template("document.html.j2")
        .render(
            rendered=rendered,
            head=head,
            styles=assets.styles(html, runs_here),
            scripts=assets.scripts(html, runs_here),
            theme=choice.theme,
            lang="en",
            here=choice.here if runs_here else "",
            parts=parts,
            # In an export, a script chooses cells by their numbers; those with nothing to show count as well.
            numbers={part.id: number for number, part in enumerate(rendered.parts, 1)},
            tail=Markup("" if choice.show == "code" else rendered.tail),  # noqa: S704
            nothing="There is nothing to show here." if rendered.parts else "This notebook is empty.",
        )
        .encode()
    )


def failure(
    title: str, message: str, assets: Assets, theme: str = "auto", download: str | None = None
) -> bytes:
    """A document that says why the notebook is not shown."""
    return (
        _template("failure.html.j2")
        .render(title=title, message=message, assets=assets, theme=theme, download=download)
        .encode()
    )


def live(assets: Assets, theme: str = "auto") -> bytes:
    """A document that is empty until the page around it hands in the steps of a run."""
    return _template("live.html.j2").render(assets=assets, theme=theme).encode()


def trial(assets: Assets, theme: str = "auto") -> bytes:
    """A document in which a model is tried, which the page around it hands in."""
    return _template("trial.html.j2").render(assets=assets, theme=theme).encode()


@cache
def _template(name: str) -> Template:
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template(name)


def _names(given: str | None, told: str, code: str) -> list[str]:
    names = [name.strip() for name in given.split(",")] if given else []
    if len(names) > MAX_CHOICES or not all(CELL_ID.fullmatch(name) for name in names):
        raise BadInput(told, code)
    return names


def _chosen(names: list[str], parts: list[Part]) -> list[Part]:
    """Cells by id or by number, in the notebook's order, each once."""
    places = {part.id: place for place, part in enumerate(parts)}
    wanted: set[int] = set()
    for name in names:
        if name in places:
            wanted.add(places[name])
            continue
        found = RANGE.fullmatch(name)
        first = int(found[1]) if found else 0
        last = int(found[2] or first) if found else 0
        if not 1 <= first <= last or first > len(parts):
            raise Unusable(f"There is no cell {name!r} here: it has {len(parts)} cells.", "cell_unknown")
        wanted.update(range(first - 1, min(last, len(parts))))
    return [part for place, part in enumerate(parts) if place in wanted]
