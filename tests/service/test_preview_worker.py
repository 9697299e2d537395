"""The process that looks into files needs little time and memory, whatever a file holds."""

from __future__ import annotations

import subprocess
import sys
import time

import msgspec
import pytest

from mlabs_ext.service.preview_worker import Task
from mlabs_ext.wire import Preview

MIB = 1 << 20


# The kernel counts as a process' own what the one held that began it: this one is small.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, "-m", "mlabs_ext.service.preview_worker"])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def looked(file, path="a.csv"):
    """What it says, the seconds that it took, and a number of bytes that it never held more than."""
    began = time.monotonic()
    question = msgspec.json.encode(Task(str(file), path))
    done = subprocess.run([sys.executable, "-c", MEASURED], input=question, capture_output=True, check=True)
    most = int(done.stderr.split()[-1]) * 1024
    return msgspec.json.decode(done.stdout, type=Preview), time.monotonic() - began, most


@pytest.mark.parametrize("rows", [150_000, pytest.param(2_000_000, marks=pytest.mark.slow)])
def test_a_table_of_any_length_is_looked_at_quickly_and_flat(tmp_path, rows):
    file = tmp_path / "a.csv"
    with file.open("w") as opened:
        opened.write("id,name,size,weight,seen,kind\n")
        for n in range(rows):
            opened.write(f"{n},bird {n},{n % 40},{n / 7:.3f},2024-01-{n % 28 + 1:02},{'ab'[n % 2]}\n")
    preview, took, most = looked(file)
    print(f"\n{rows} rows, {file.stat().st_size / MIB:.0f} MiB: {took:.1f} s, at most {most / MIB:.0f} MiB")
    assert preview.table.rows == rows or not preview.table.exact
    assert "large" in [problem.code for problem in preview.problems]
    assert most < 300 * MIB
    assert took < 60


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: b"a,b\n" + b"x" * (64 * MIB), id="a line without an end"),
        pytest.param(lambda: b"," * (32 * MIB), id="columns without an end"),
        pytest.param(lambda: b'"\n",' * (8 * MIB), id="a row of many lines without an end"),
        pytest.param(lambda: b"\r" * (32 * MIB), id="lines with nothing in them"),
        pytest.param(lambda: b'"' * (32 * MIB), id="quotes alone"),
    ],
)
def test_what_is_no_table_is_told_of_flat(tmp_path, data):
    file = tmp_path / "a.csv"
    file.write_bytes(data())
    preview, _, most = looked(file)
    assert preview.problems
    assert most < 300 * MIB
