"""The templates of pages: each is compiled once in a process, however many services it has."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlabs_ext.service.web import formats

FOLDER = Path(__file__).parents[1] / "templates"


@cache
def templates() -> Environment:
    """Where pages find theirs; a name that a page was not given is a fault of ours."""
    made = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    made.filters.update(formats.FILTERS)
    return made
