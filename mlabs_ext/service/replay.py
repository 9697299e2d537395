"""Rebuilds the executed notebook from a run's events, as a front end would have shown it at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.notebooknode import from_dict

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire

CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
# What nbclient and JupyterLab call the moments between which a cell ran.
BUSY, IDLE = "iopub.execute_input", "iopub.status.idle"


@dataclass
class Execution:
    """One execution of a cell, and what it shows now."""

    cell: str
    code: str
    execution_count: int | None = None
    times: dict[str, str] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    clear_next: bool = False


class Replay:
    """Takes events in order; a cell's last execution wins, cells stay in the order of their first."""

    def __init__(self) -> None:
        self.executions: dict[str, Execution] = {}
        self.cells: dict[str, str] = {}
        self.displays: dict[str, list[dict[str, Any]]] = {}

    def take(self, event: wire.RunEvent) -> None:
        """Follow one event; those of unknown executions show nothing."""
        data = event.data
        if event.type == "execute":
            self._execute(event)
        elif event.type == "update":
            for output in self.displays.get(data["display_id"], ()):
                output |= {"data": data["data"], "metadata": data.get("metadata", {})}
        elif event.type in ("output", "clear", "done") and (
            execution := self.executions.get(data["execution"])
        ):
            match event.type:
                case "output":
                    self._output(execution, data)
                case "clear":
                    self._clear(execution, data)
                case _:
                    execution.times[IDLE] = event.time.isoformat()

    def _execute(self, event: wire.RunEvent) -> None:
        data = event.data
        cell = event.cell or f"execution-{data['execution']}"
        begun = {BUSY: event.time.isoformat()}
        count = data.get("execution_count")
        self.executions[data["execution"]] = Execution(cell, data["code"], count, begun)
        self.cells[cell] = data["execution"]

    def _clear(self, execution: Execution, data: dict[str, Any]) -> None:
        execution.clear_next = bool(data.get("wait"))
        if not execution.clear_next:
            execution.outputs.clear()

    def _output(self, execution: Execution, data: dict[str, Any]) -> None:
        if execution.clear_next:
            execution.clear_next = False
            execution.outputs.clear()
        output = dict(data["output"])
        if not _joined(execution.outputs, output):
            execution.outputs.append(output)
        if data.get("display_id"):
            self.displays.setdefault(data["display_id"], []).append(output)

    def notebook(self, metadata: dict[str, Any]) -> NotebookNode:
        """The notebook so far; as the kernel told it, so that it may have to be repaired."""
        executions = (self.executions[execution] for execution in self.cells.values())
        used: set[str] = set()
        cells = [_cell(execution, used) for execution in executions]
        return from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def _joined(outputs: list[dict[str, Any]], output: dict[str, Any]) -> bool:
    """Whether a piece of a stream was added to the piece before; carriage returns stay as they are."""
    if output["output_type"] != "stream":
        return False
    output["text"] = "".join(output["text"])
    if not outputs or outputs[-1]["output_type"] != "stream" or outputs[-1]["name"] != output["name"]:
        return False
    outputs[-1]["text"] += output["text"]
    return True


def _cell(execution: Execution, used: set[str]) -> dict[str, Any]:
    named = CELL_ID.fullmatch(execution.cell) and execution.cell not in used
    used.add(execution.cell)
    return {
        **({"id": execution.cell} if named else {}),
        "cell_type": "code",
        "metadata": {"execution": execution.times},
        "source": execution.code,
        "execution_count": execution.execution_count,
        "outputs": [_tidy(output, execution) for output in execution.outputs],
    }


def _tidy(output: dict[str, Any], execution: Execution) -> dict[str, Any]:
    """An output with all that nbformat wants and nothing else."""
    kind = output["output_type"]
    if kind == "stream":
        return {"output_type": kind, "name": output["name"], "text": output["text"]}
    if kind == "error":
        return {key: output[key] for key in ("output_type", "ename", "evalue", "traceback")}
    tidy = {"output_type": kind, "data": output["data"], "metadata": output.get("metadata", {})}
    if kind == "execute_result":
        tidy["execution_count"] = output.get("execution_count", execution.execution_count)
    return tidy


def rebuild(events: Iterable[wire.RunEvent], metadata: dict[str, Any]) -> bytes:
    """The executed notebook, as nbformat 4.5."""
    replay = Replay()
    for event in events:
        replay.take(event)
    return notebooks.dumps(notebooks.parse(notebooks.dumps(replay.notebook(metadata))))


def code_sha256(events: Iterable[wire.RunEvent]) -> str:
    """The digest of the code that was executed, comparable with a version's."""
    replay = Replay()
    for event in events:
        replay.take(event)
    return notebooks.code_sha256(replay.notebook({}))
