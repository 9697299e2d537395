"""Makes sure that a stopped server ends.

Jupyter Server ends its event loop with requests under way; threads that were to answer them wait for more
work for ever, and the process with them, until whoever stopped it loses patience.
"""

from __future__ import annotations

import os
import threading
import time

# Seconds for threads to finish once all else is over: a file may be half written.
GRACE = 5.0


def end_with_main_thread(grace: float = GRACE) -> None:
    """End this process soon after its main thread has, whatever other threads wait for."""
    threading.Thread(target=_end, args=(grace,), name="mlabs-ending", daemon=True).start()


def _end(grace: float) -> None:
    threading.main_thread().join()
    time.sleep(grace)
    os._exit(0)
