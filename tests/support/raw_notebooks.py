"""Notebooks as they lie in files, good or odd, and how they are read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode

from mlabs_ext import notebook


def raw(*cells: Any, metadata: Any = None, minor: Any = 5, major: Any = 4, **more: Any) -> dict[str, Any]:
    return {
        "nbformat": major,
        "nbformat_minor": minor,
        "metadata": metadata or {},
        "cells": list(cells),
        **more,
    }


def code(source: Any = "1", outputs: Iterable[Any] = (), **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": list(outputs),
        "execution_count": None,
    } | more


def markdown(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def parse(root: Any) -> NotebookNode:
    return notebook.parse(json.dumps(root).encode())


def with_output(output: dict[str, Any]) -> dict[str, Any]:
    return raw(code(outputs=[output], id="a"))
