"""What a machine lets a server have, as its files say."""

from __future__ import annotations

import pytest

from mlabs_ext.lab import control_group


@pytest.mark.parametrize(
    ("files", "environment", "memory"),
    [
        ({}, {}, None),
        ({"memory.max": "max\n"}, {}, None),
        ({"memory.max": "2000\n"}, {}, 2000),
        ({"memory/memory.limit_in_bytes": "3000"}, {}, 3000),
        ({"memory/memory.limit_in_bytes": "9223372036854771712"}, {}, None),
        ({"memory.max": "2000"}, {"MEM_LIMIT": "1000"}, 1000),
        ({"memory.max": "2000"}, {"MEM_LIMIT": "0"}, 2000),
        ({}, {"MEM_LIMIT": "lots"}, None),
    ],
    ids=["nobody", "version 2, none", "version 2", "version 1", "version 1, none", "spawner", "zero", "odd"],
)
def test_memory(tmp_path, monkeypatch, files, environment, memory):
    write(tmp_path, files)
    set_only(monkeypatch, "MEM_LIMIT", environment)
    assert control_group.memory_limit(tmp_path) == memory


@pytest.mark.parametrize(
    ("files", "environment", "cores"),
    [
        ({}, {}, None),
        ({"cpu.max": "max 100000"}, {}, None),
        ({"cpu.max": "150000 100000"}, {}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, {}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, {}, None),
        ({"cpu.max": "400000 100000"}, {"CPU_LIMIT": "2.0"}, 2.0),
        ({}, {"CPU_LIMIT": "0"}, None),
    ],
    ids=["nobody", "version 2, none", "version 2", "version 1", "version 1, none", "spawner", "zero"],
)
def test_cores(tmp_path, monkeypatch, files, environment, cores):
    write(tmp_path, files)
    set_only(monkeypatch, "CPU_LIMIT", environment)
    assert control_group.cpu_limit(tmp_path) == cores


def test_this_machine_has_some():
    assert control_group.memory_total() > 1 << 26
    assert control_group.cpu_total() >= 1


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def set_only(monkeypatch, name, environment):
    monkeypatch.delenv(name, raising=False)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
