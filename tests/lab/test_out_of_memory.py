"""Kernels that ran out of memory, told from those that crashed."""

from __future__ import annotations

import os

import pytest

from mlabs_ext.lab import out_of_memory


@pytest.mark.parametrize(
    ("ename", "evalue", "reason"),
    [
        ("MemoryError", "", "out_of_memory"),
        ("_ArrayMemoryError", "Unable to allocate 80.0 GiB", "out_of_memory"),
        ("OutOfMemoryError", "CUDA out of memory.", "out_of_memory"),
        ("ResourceExhaustedError", "OOM when allocating", "out_of_memory"),
        ("RuntimeError", "[enforce fail] DefaultCPUAllocator: can't allocate memory", "out_of_memory"),
        ("RuntimeError", "shapes do not fit", "raised"),
        ("ValueError", "out of memory", "raised"),
    ],
)
def test_what_a_cell_raised(ename, evalue, reason):
    assert out_of_memory.raised(ename, evalue) == reason


@pytest.mark.parametrize(
    ("status", "before", "after", "reason", "words"),
    [
        pytest.param(-9, 0, 1, "out_of_memory", "ran out of memory", id="killed by its group"),
        pytest.param(-9, 1, 1, "crashed", "SIGKILL", id="killed by somebody"),
        pytest.param(-9, None, None, "out_of_memory", "ran out of memory", id="nobody counts"),
        pytest.param(-6, 0, 0, "crashed", "SIGABRT", id="aborted"),
        pytest.param(-11, 0, 1, "crashed", "SIGSEGV", id="something else was killed"),
        pytest.param(3, 0, 0, "crashed", "status 3", id="ended by itself"),
        pytest.param(None, 0, 0, "crashed", "without a word", id="not known"),
        pytest.param(-99, 0, 0, "crashed", "signal 99", id="no such signal"),
    ],
)
def test_how_a_kernel_ended(status, before, after, reason, words):
    found = out_of_memory.died(status, before, after)
    assert found[0] == reason
    assert words in found[1]


@pytest.mark.parametrize(
    ("line", "files", "count"),
    [
        pytest.param("0::/labs/x", {"labs/x/memory.events": "oom 2\noom_kill 3\n"}, 3, id="version 2"),
        pytest.param("0::/labs/x", {"memory.events": "low 0\noom_kill 4\n"}, 4, id="seen as the root"),
        pytest.param("0::/", {"cgroup.procs": ""}, None, id="the root has none"),
        pytest.param(
            "5:cpu,memory:/x", {"memory/x/memory.oom_control": "under_oom 0\noom_kill 5\n"}, 5, id="version 1"
        ),
        pytest.param(
            "5:memory:/x",
            {"memory/memory.oom_control": "under_oom 0\n", "memory/memory.failcnt": "6\n"},
            6,
            id="an older one",
        ),
        pytest.param("5:cpu:/x", {"memory/x/memory.oom_control": "oom_kill 5\n"}, None, id="no memory"),
    ],
)
def test_what_the_group_counts(tmp_path, line, files, count):
    proc = tmp_path / "proc"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(f"1:name=systemd:/\n{line}\n")
    for name, text in files.items():
        file = tmp_path / "cgroups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert out_of_memory.kills("self", tmp_path / "cgroups", proc) == count


def test_here_it_is_a_number_or_not_known():
    assert out_of_memory.kills() is None or out_of_memory.kills() >= 0
    assert out_of_memory.kills(str(os.getpid())) == out_of_memory.kills()
    assert out_of_memory.kills("0") is None
