"""What can be told from what was heard and not yet looked at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lab.test_messages import frames

from mlabs_ext.lab.feed import Feed, Heard
from mlabs_ext.lab.run_all import Request
from mlabs_ext.lab.run_tracker import RunTracker

FIRST = Request("p", "c0", "0", True, 0.0)
SECOND = Request("q", "c1", "1", True, 1.0)
AT_ONCE = Request("q", "c1", "1", True, 0.05)
BUSY, IDLE = (frames("status", b'{"execution_state": "%s"}' % state) for state in (b"busy", b"idle"))
RESULT = frames("execute_result", b'{"data": {"text/plain": "\\"idle\\""}}')


@pytest.mark.parametrize(
    ("pending", "heard", "alone"),
    [
        ([FIRST], [RESULT, IDLE, SECOND], True),
        ([FIRST], [RESULT, IDLE, AT_ONCE], False),
        ([FIRST], [RESULT, SECOND, IDLE], False),
        ([FIRST, SECOND], [RESULT, IDLE], False),
        ([FIRST], [BUSY, RESULT], False),
        ([FIRST], [frames("status", b'{"execution_state": "idle"}', "comm_msg"), RESULT, IDLE], True),
    ],
    ids=[
        "one after the other",
        "at once, and done meanwhile",
        "together",
        "both before",
        "not over",
        "something else is over",
    ],
)
def test_alone(pending, heard, alone):
    feed = Feed(RunTracker(None, None, 600.0))
    for request in pending:
        feed.tracker.requested(request)
    feed.heard.extend(Heard(what, 0.0, datetime.now(UTC)) for what in heard)
    assert feed.alone(FIRST) == alone
