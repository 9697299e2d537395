"""The parts of the pages' scripts that need no page: their own tests, on the Node.js of the wheel."""

from __future__ import annotations

from pathlib import Path

from support.node import node

TESTS = sorted((Path(__file__).parent.parent / "ui" / "web" / "tests").glob("*.test.ts"))


def test_what_the_trainer_computes_without_a_page():
    assert TESTS
    done = node("--experimental-transform-types", "--test", *TESTS, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
