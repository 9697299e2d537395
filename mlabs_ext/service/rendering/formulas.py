"""Turns TeX into MathML in a Node.js process of the worker's own, with little time and no trust."""

from __future__ import annotations

import json
import os
import re
import resource
import select
import subprocess
import time
from html import escape
from pathlib import Path
from typing import IO

BUDGET = 2.0
START = 3.0
MAX_TEX = 20_000
MARK = re.compile(r'<span data-m="(\d+)"></span>')


class Formulas:
    """The formulas of one notebook, collected first and converted together.

    `mark` leaves a mark in HTML; `fill` puts MathML, or the TeX where that fails, in its place.
    """

    def __init__(self, converter: Converter):
        self._converter = converter
        self._wanted: dict[tuple[str, bool], int] = {}
        self._tex: list[str] = []
        self._made: list[str] = []

    def mark(self, tex: str, display: bool) -> str:
        """The mark that stands for a formula until `fill`."""
        number = self._wanted.setdefault((tex.strip(), display), len(self._wanted))
        if number == len(self._tex):
            self._tex.append(tex.strip())
        return f'<span data-m="{number}"></span>'

    def convert(self) -> None:
        """Convert all formulas that were marked."""
        wanted = list(self._wanted)
        made = (
            self._converter.convert([(tex[:MAX_TEX], display) for tex, display in wanted]) if wanted else []
        )
        self._made = [math or _as_code(*formula) for math, formula in zip(made, wanted, strict=True)]

    def words(self, html: str) -> str:
        """`html` with its marks as the TeX that they stand for, escaped."""
        if "data-m=" not in html:
            return html
        return MARK.sub(lambda found: self._source(int(found[1][:9])), html)

    def fill(self, html: str) -> str:
        """`html` with its marks replaced."""
        return MARK.sub(self._replacement, html) if self._made and "data-m=" in html else html

    def _source(self, number: int) -> str:
        return escape(self._tex[number], quote=False) if number < len(self._tex) else ""

    def _replacement(self, found: re.Match[str]) -> str:
        number = int(found[1][:9])
        return self._made[number] if number < len(self._made) else ""


class Converter:
    """Keeps the Node.js process; it starts with the first formula, and ends where it takes too long."""

    _input: IO[bytes]
    _output: IO[bytes]

    def __init__(self, node: Path | None, script: Path | None):
        self._command = [str(node), "--max-old-space-size=256", str(script)] if node and script else None
        self._process: subprocess.Popen[bytes] | None = None

    def convert(self, formulas: list[tuple[str, bool]]) -> list[str | None]:
        """MathML for each (TeX, display style); None for what is wrong, or not ready in time."""
        results: list[str | None] = [None] * len(formulas)
        if not self._command:
            return results
        self._running(self._command)
        if not self._exchange(json.dumps(formulas).encode() + b"\n", results):
            self.close()
        return results

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._input.close()
            self._output.close()
            self._process = None

    def _running(self, command: list[str]) -> None:
        if self._process and self._process.poll() is not None:
            self.close()
        if not self._process:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                preexec_fn=_lift_memory_limit,
            )
            # Both are pipes, as was asked for.
            assert self._process.stdin and self._process.stdout
            self._input, self._output = self._process.stdin, self._process.stdout
            os.set_blocking(self._input.fileno(), False)
            self._lines(1, time.monotonic() + START)

    def _exchange(self, request: bytes, results: list[str | None]) -> bool:
        """Send the request and take the answers, one line each; False where they did not all come in time."""
        until = time.monotonic() + BUDGET
        if not self._send(request, until):
            return False
        lines = self._lines(len(results), until)
        for number, line in enumerate(lines):
            results[number] = json.loads(line)
        return len(lines) == len(results)

    def _send(self, data: bytes, until: float) -> bool:
        pipe, view = self._input.fileno(), memoryview(data)
        while view:
            left = until - time.monotonic()
            if left <= 0 or not select.select([], [pipe], [], left)[1]:
                return False
            try:
                view = view[os.write(pipe, view) :]
            except BrokenPipeError:
                return False
        return True

    def _lines(self, number: int, until: float) -> list[bytes]:
        """The next lines of the process, fewer where it ended or time is up."""
        chunks: list[bytes] = []
        pipe, ended = self._output.fileno(), 0
        while ended < number:
            left = until - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                break
            chunk = os.read(pipe, 1 << 20)
            if not chunk:
                break
            chunks.append(chunk)
            ended += chunk.count(b"\n")
        return b"".join(chunks).split(b"\n")[:ended]


def _lift_memory_limit() -> None:
    """V8 reserves far more addresses than it uses; its own limit is on the command line."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _as_code(tex: str, display: bool) -> str:
    fence = "$$" if display else "$"
    return f'<code class="tex">{escape(fence + tex + fence, quote=False)}</code>'
