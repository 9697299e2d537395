"""HDF5 that attacks who reads it is refused, with a reason; nothing is run, followed or allocated."""

from __future__ import annotations

import resource
import struct
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.hostile_models import (
    bomb,
    converted,
    dense,
    larger_than_the_file,
    refused,
    saved,
    sequence,
    soft_circle,
)


def test_the_length_that_a_text_is_said_to_have_is_not_believed(tmp_path):
    path = saved(tmp_path / "m.h5", sequence(dense()))
    data = bytearray(path.read_bytes())
    # A text of any length is written as how long it is, and where in the file.
    begin = data.index(struct.pack("<I", 6), data.index(b"keras_version"))
    data[begin : begin + 4] = struct.pack("<I", 0x7FFFFFFF)
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "its keras_version cannot be read" in refused(tmp_path, path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 << 10


def external_link(group):
    group.create_group("dense")
    group["dense/kernel:0"] = h5py.ExternalLink("/etc/passwd", "/")
    group["dense/bias:0"] = np.ones(2, np.float32)


def external_storage(group):
    group.create_dataset("dense/kernel:0", (3, 2), np.float32, external=[("secret.bin", 0, 24)])
    group["dense/bias:0"] = np.ones(2, np.float32)


def virtual(group):
    layout = h5py.VirtualLayout((3, 2), np.float32)
    layout[:] = h5py.VirtualSource("secret.h5", "secret", (3, 2), np.float32)
    group.create_group("dense").create_virtual_dataset("kernel:0", layout)
    group["dense/bias:0"] = np.ones(2, np.float32)


def hard_circle(group):
    group["dense"] = group


def never_written(group):
    space = h5py.h5s.create_simple((3, 1 << 40))
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
    h5py.h5d.create(group.create_group("dense").id, b"kernel:0", h5py.h5t.NATIVE_FLOAT, space, created)
    group["dense/bias:0"] = np.ones(2, np.float32)


def texts(group):
    group.create_dataset("dense/kernel:0", data=["x"] * 6, dtype=h5py.string_dtype())
    group["dense/bias:0"] = np.ones(2, np.float32)


def pointers(group):
    group.create_dataset("dense/kernel:0", (6,), h5py.ref_dtype)
    group["dense/bias:0"] = np.ones(2, np.float32)


def filtered(group):
    group.create_dataset("dense/kernel:0", data=np.ones((3, 2), np.float32), chunks=(3, 2), compression="lzf")
    group["dense/bias:0"] = np.ones(2, np.float32)


def not_numbers(group):
    group["dense/kernel:0"] = np.full((3, 2), np.nan, np.float32)
    group["dense/bias:0"] = np.ones(2, np.float32)


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (external_link, "a link to somewhere else"),
        (external_storage, "lie in another file"),
        (virtual, "lie in another file"),
        (soft_circle, "a link to somewhere else"),
        (hard_circle, "is missing"),
        (larger_than_the_file, "larger than what the file holds"),
        (never_written, "larger than what the file holds"),
        (bomb, "the limit here"),
        (texts, "no number that layers use"),
        (pointers, "no number that layers use"),
        (filtered, "larger than what the file holds"),
        (not_numbers, "no numbers"),
        (lambda group: None, "is missing"),
    ],
)
def test_hdf5(tmp_path, attack, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("secret.bin").write_bytes(b"s" * 24)
    with h5py.File("secret.h5", "w") as file:
        file["secret"] = np.full((3, 2), 7, np.float32)
    path = saved(tmp_path / "m.h5", sequence(dense()), attack)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert words in refused(tmp_path, path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    assert time.process_time() - started < 5


def test_a_file_that_ends_early(tmp_path):
    whole_file = saved(tmp_path / "m.h5", sequence(dense())).read_bytes()
    for size in (0, 1, 8, 100, 1000, len(whole_file) // 2, len(whole_file) - 1):
        path = tmp_path / f"cut{size}.h5"
        path.write_bytes(whole_file[:size])
        assert "damaged" in refused(tmp_path, path)


def test_bytes_that_were_changed(tmp_path):
    """Nothing but an answer comes of it, whichever byte it is."""
    whole_file = bytearray(saved(tmp_path / "m.h5", sequence(dense())).read_bytes())
    random = np.random.RandomState(3)
    for number in range(150):
        broken = bytearray(whole_file)
        for place in random.randint(8, len(broken), 4):
            broken[place] = random.randint(256)
        path = tmp_path / "broken.h5"
        path.write_bytes(broken)
        made, _ = converted(tmp_path, path)
        assert made.made or made.failed.code in ("model_refused", "too_large"), number
        for left in (tmp_path / "made").iterdir():
            left.unlink()
