"""What the server itself still learns of kernels that are listened to."""

from __future__ import annotations

import pytest
from lab.test_messages import frames

from mlabs_ext.lab.kernel_watch import execution_state, may_tell_state

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOOD = "import time\nfor n in range(100):\n    print(n, flush=True)\n    time.sleep(0.02)"


@pytest.mark.parametrize(
    ("message", "may"),
    [
        (frames("status", b'{"execution_state": "idle"}'), True),
        (frames("stream", b'{"name": "stdout", "text": "\\"status\\""}'), False),
        (frames("execute_result", b"{}"), False),
        (frames("stream", b"{}")[2:], True),
        (frames("stream", b"{}")[:-1], True),
    ],
    ids=["status", "prints", "result", "no delimiter", "cut short"],
)
async def test_what_may_tell_the_state_of_a_kernel(message, may):
    assert may_tell_state(message) == may


@pytest.mark.parametrize(
    ("message", "state"),
    [
        (frames("status", b'{"execution_state": "idle"}'), "idle"),
        (frames("status", b'{"execution_state": "busy"}'), "busy"),
        (frames("status", b'{"execution_state": "starting"}'), None),
        (frames("status", b'{"execution_state": "idle"}', "kernel_info_request"), None),
        (frames("status", b'{"execution_state": "idle"}', '"execute_request"'), None),
        (frames("stream", b'{"execution_state": "idle"}', '"status"'), None),
        (frames("status", b'{"execution_state":  "idle", "more": 1}'), None),
        (frames("status", b'{"execution_state": "idle"}')[2:], None),
        (frames("status", b'{"execution_state": "idle"}')[:-1], None),
    ],
    ids=["idle", "busy", "starting", "of a question", "looks like one", "prints", "another form",
         "no delimiter", "cut short"],
)  # fmt: skip
async def test_the_state_before_and_after_a_cell(message, state):
    assert execution_state(message) == state


async def test_the_server_knows_that_a_kernel_prints(server, notebook):
    """State and last activity are what cullers of kernels go by."""

    async def model() -> dict:
        return await server.api("GET", f"api/kernels/{notebook.kernel}")

    request = notebook.send(FLOOD, "a")
    await notebook.until(request, "stream")
    before = await model()
    assert before["execution_state"] == "busy"
    while (during := await model())["last_activity"] == before["last_activity"]:
        assert during["execution_state"] == "busy"
    await notebook.until(request, "execute_reply")
    for _ in range(100):
        if (await model())["execution_state"] == "idle":
            break
    assert (await model())["execution_state"] == "idle"
    assert (await model())["last_activity"] > during["last_activity"]
