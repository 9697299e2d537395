"""Executes a notebook's cells one after the other, by nbclient, in a kernel that the server has started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode


class Executor(NotebookClient):
    """nbclient without what the recorder does already: nothing that a cell shows is kept here.

    `asked(message id, cell id, code)` hears of each request before the kernel does anything.
    """

    def __init__(self, nb: NotebookNode, km: Any, asked: Callable[[str, str, str], None]):
        super().__init__(nb, km=km, timeout=None, record_timing=False, store_widget_state=False)
        self._manager, self._asked = km, asked
        self._cell = ""

    async def connect(self, timeout: float) -> None:
        """Be ready to execute; raise RuntimeError where the kernel does not answer in `timeout` seconds."""
        self.reset_execution_trackers()
        self.kc = client = self._manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=timeout)
        client.allow_stdin = False
        execute = client.execute

        def and_tell(code: str, **options: Any) -> str:
            message: str = execute(code, **options)
            self._asked(message, self._cell, code)
            return message

        client.execute = and_tell

    async def execute_next(self, index: int) -> None:
        """Execute a cell to its end. Raises nbclient's CellExecutionError and DeadKernelError."""
        cell = self.nb.cells[index]
        self._cell = cell.get("id", "")
        await self.async_execute_cell(cell, index)

    def output(self, outs: list[NotebookNode], msg: Any, display_id: str | None, cell_index: int) -> None:
        """Keep nothing: a run may print more than a server can hold."""

    def close(self) -> None:
        """Let go of the kernel."""
        if self.kc:
            self.kc.stop_channels()
