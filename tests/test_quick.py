"""A module starts as with `python -m`, without the import that nobody needs."""

from __future__ import annotations

import subprocess
import sys

from mlabs_ext.quick import UNUSED


def python(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_module_runs_as_with_dash_m(tmp_path, monkeypatch):
    (tmp_path / "told.py").write_text("import sys; print(__name__, sys.argv[1:])")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert python("-m", "mlabs_ext.quick", "told", "--x", "y z") == python("-m", "told", "--x", "y z")


def test_the_slow_import_is_left_out_and_notebooks_still_validate(tmp_path, monkeypatch):
    code = f"""
import sys, nbformat
nbformat.validate(nbformat.v4.new_notebook())
assert not sys.modules.get({UNUSED!r})
print(sorted(name for name in sys.modules if name.startswith("lark")))
"""
    (tmp_path / "told.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert python("-m", "mlabs_ext.quick", "told").strip() == "[]"
