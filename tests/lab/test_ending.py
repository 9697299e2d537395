"""A stopped server ends, whatever its threads wait for."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

CODE = """
import queue, sys, threading
from mlabs_ext.lab.ending import end_with_main_thread
if sys.argv[1] == "stuck":
    threading.Thread(target=queue.Queue().get).start()
end_with_main_thread(1.0)
print("over", flush=True)
"""


@pytest.mark.parametrize("how", ["stuck", "well"])
def test_it_ends(how):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CODE, how], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "over\n"
    assert how == "well" or time.monotonic() - began >= 1
