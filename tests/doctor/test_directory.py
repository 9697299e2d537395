"""On which kind of file system the data directory lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlabs_ext.doctor import directory

MOUNTS = """\
21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 21 0:45 / /srv/my\\040data rw,relatime shared:1 - nfs4 filer:/export rw,vers=4.2
31 30 0:46 / /srv/my\\040data/local rw,relatime - xfs /dev/vdb rw
32 21 0:47 / /home/ada rw,nosuid - fuse.sshfs ada@host: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/mlabs", "ext4"),
        ("/srv/my data/mlabs", "nfs4"),
        ("/srv/my data/local/mlabs", "xfs"),
        ("/home/ada/mlabs", "fuse.sshfs"),
        ("/home/adam", "ext4"),
    ],
)
def test_the_kind_of_file_system_is_that_of_the_nearest_mount(path, kind):
    assert directory.file_system(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_a_fault(data, examine, tmp_path, monkeypatch):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"{MOUNTS}40 21 0:50 / {data.path} rw - nfs4 filer:/mlabs rw\n")
    monkeypatch.setattr(directory, "MOUNTS", mounts)
    found = examine()
    assert set(found) == {"disk"}
    assert "nfs4" in found["disk"].found[0].words
