"""Files that nobody else may read, whatever the folder around them allows."""

import stat

import pytest

from mlabs_ext.closed import close_to_others


@pytest.mark.parametrize("there", [True, False])
def test_a_file_is_closed_whatever_the_folder_around_it_allows(tmp_path, there):
    file = tmp_path / "hub.sqlite"
    tmp_path.chmod(0o755)
    if there:
        file.write_bytes(b"kept")
        file.chmod(0o644)
    close_to_others(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == (b"kept" if there else b"")
