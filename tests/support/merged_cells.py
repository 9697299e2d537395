"""Notebooks for merges, said by the sources of their cells."""

from __future__ import annotations

from typing import Any


def cell(source: str, id: str | None = None, kind: str = "", shown: str = "", **metadata: Any) -> dict:
    """A cell: Markdown where it starts with '#'; `shown` is what it printed."""
    kind = kind or ("markdown" if source.startswith("#") else "code")
    made = {"cell_type": kind, "metadata": metadata, "source": source} | ({"id": id} if id else {})
    if kind != "code":
        return made
    outputs = [{"output_type": "stream", "name": "stdout", "text": shown}] if shown else []
    return made | {"outputs": outputs, "execution_count": 1 if shown else None}


def notebook(*cells: dict[str, Any] | str, **metadata: Any) -> dict[str, Any]:
    """Sources that stand at the same place in all notebooks of a test have no ids to go by."""
    made = [cell(one) if isinstance(one, str) else one for one in cells]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}


def sources(made: dict[str, Any]) -> list[str]:
    return [one["source"] for one in made["cells"]]
