"""What becomes a run, and how it ends: with real kernels in a real server."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def succeeded(notebook):
    assert await notebook.execute("1 + 1", "a") == "ok"
    await notebook.shut_down()


async def failed(notebook):
    assert await notebook.execute("1 / 0", "a") == "error"
    await notebook.shut_down()


async def mended(notebook):
    await notebook.execute("1 / 0", "a")
    await asyncio.sleep(0.2)  # the kernel aborts what comes on the heels of an error
    assert await notebook.execute("1 / 1", "a") == "ok"
    await notebook.shut_down()


async def interrupted(notebook):
    request = notebook.send("import time\nprint('begun', flush=True)\ntime.sleep(60)", "a")
    await notebook.until(request, "stream")
    await notebook.interrupt()
    assert (await notebook.until(request, "execute_reply"))["status"] == "error"
    await notebook.shut_down()


async def restarted(notebook):
    await notebook.execute("1 + 1", "a")
    await notebook.restart()


async def cut_off(notebook):
    request = notebook.send("import time\nprint('begun', flush=True)\ntime.sleep(60)", "a")
    await notebook.until(request, "stream")
    await notebook.restart()


async def killed(notebook):
    # Not at once: a kernel that dies before it has said that it executes was never heard of.
    notebook.send("import os, time\ntime.sleep(0.5)\nos.kill(os.getpid(), 9)", "a")


async def shut_down_while_busy(notebook):
    request = notebook.send("import time\nprint('begun', flush=True)\ntime.sleep(60)", "a")
    await notebook.until(request, "stream")
    await notebook.shut_down()


@pytest.mark.parametrize(
    ("story", "status", "steps"),
    [
        (succeeded, "succeeded", "execute output done:ok end"),
        (failed, "failed", "execute output:ZeroDivisionError done:error end"),
        (mended, "succeeded", "execute output:ZeroDivisionError done:error execute output done:ok end"),
        (interrupted, "failed", "execute output .*kernel:interrupted .*end"),
        (restarted, "succeeded", "execute output done:ok kernel:restarted end"),
        (cut_off, "stopped", "execute output output:KeyboardInterrupt done:error kernel:restarted end"),
        (killed, "failed", "execute output:KernelDied done:error kernel:dead end"),
        (shut_down_while_busy, "stopped", "execute output .*done:(aborted|error) end"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_status(service, notebook, story, status, steps):
    await story(notebook)
    await eventually(service.ended)
    assert list(service.ended().values()) == [status]
    [events] = service.events.values()
    assert re.fullmatch(steps, " ".join(map(step, events)))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def step(event) -> str:
    data = event.data
    said = {"kernel": "state", "done": "status"}.get(event.type)
    error = data.get("output", {}).get("ename")
    return ":".join(filter(None, [event.type, data[said] if said else error]))


async def test_outputs_are_recorded_as_notebooks_hold_them(service, notebook):
    code = """
from IPython.display import display, clear_output, HTML
import sys
print("out"); sys.stdout.flush()
print("err", file=sys.stderr); sys.stderr.flush()
handle = display(HTML("<b>1</b>"), display_id="d")
handle.update(HTML("<b>2</b>"))
clear_output(wait=True)
42"""
    await notebook.execute(code, "a")
    await notebook.shut_down()
    await eventually(service.ended)
    [events] = service.events.values()
    execution = events[0].data["execution"]
    assert events[0].data == {"execution": execution, "code": code, "execution_count": 1}
    shown = [
        (event.type, {k: v for k, v in event.data.items() if k != "execution"}) for event in events[1:-2]
    ]
    assert sorted(map(repr, shown[:2])) == [
        repr(("output", {"output": {"output_type": "stream", "name": name, "text": text}}))
        for name, text in (("stderr", "err\n"), ("stdout", "out\n"))
    ]
    html = {"text/plain": "<IPython.core.display.HTML object>"}
    assert shown[2:] == [
        (
            "output",
            {
                "output": {
                    "output_type": "display_data",
                    "data": {"text/html": "<b>1</b>", **html},
                    "metadata": {},
                },
                "display_id": "d",
            },
        ),
        ("update", {"display_id": "d", "data": {"text/html": "<b>2</b>", **html}, "metadata": {}}),
        ("clear", {"wait": True}),
        (
            "output",
            {
                "output": {
                    "output_type": "execute_result",
                    "data": {"text/plain": "42"},
                    "metadata": {},
                    "execution_count": 1,
                }
            },
        ),
    ]
    assert {event.cell for event in events[:-1]} == {"a"}


async def test_two_clients_record_once(service, notebook):
    other = await notebook.another(subprotocol=None)
    await notebook.execute("print('one')", "a")
    await other.execute("print('two')", "b")
    await notebook.shut_down()
    await eventually(service.ended)
    [run] = service.runs
    assert service.printed(run) == "one\ntwo\n"
    assert [event.cell for event in service.events[run] if event.type == "execute"] == ["a", "b"]


async def test_a_tab_that_is_closed_in_the_middle(service, notebook):
    request = notebook.send(
        "import time\nfor n in range(20):\n    print(n, flush=True)\n    time.sleep(0.05)", "a"
    )
    await notebook.until(request, "stream")
    await notebook.server.close_tabs()
    await eventually(
        lambda: any(event.type == "done" for events in service.events.values() for event in events)
    )
    [run] = service.runs
    assert service.printed(run) == "".join(f"{n}\n" for n in range(20))


async def test_a_kernel_restarted_by_the_server_is_still_heard(service, notebook):
    await killed(notebook)
    await eventually(service.ended)
    again = await notebook.another()
    await again.execute("print('back')", "b")
    await again.shut_down()
    await eventually(lambda: len(service.ended()) == 2)
    assert service.printed(sorted(service.runs)[-1]) == "back\n"


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("mnist/console-1", "console", {}),
        ("else/unpublished.ipynb", "notebook", {}),
        ("mnist/mnist.ipynb", "notebook", {"silent": True}),
        ("mnist/mnist.ipynb", "notebook", {"store_history": False}),
    ],
    ids=["console", "no lab's notebook", "silent", "not in history"],
)
async def test_not_recorded(service, server, path, kind, content):
    notebook = await server.open_notebook(path, kind)
    await notebook.execute("print('x')", "a", **content)
    await asyncio.sleep(0.6)
    assert service.runs == {}
    assert server.kept_runs() == []


async def test_another_lab_of_mine_by_its_metadata(service, server):
    service.add_lab("ada/other")
    server.write_notebook("else/other.ipynb", ["1"], {"mlabs": {"lab": "ada/other"}})
    notebook = await server.open_notebook("else/other.ipynb")
    await notebook.execute("1", "a")
    await notebook.shut_down()
    await eventually(service.ended)
    assert [run.lab for run in service.runs.values()] == ["ada/other"]


async def test_odd_kernel_output_is_strict_json_when_it_is_kept(service, notebook):
    code = r"""
ip = get_ipython().kernel
send = lambda content: ip.iopub_socket.send_multipart([ip._topic("x"), b"<IDS|MSG>", *signed(content)])
import json
def signed(content):
    s = ip.session
    h = s.msg_header("display_data")
    parts = [s.pack(h), s.pack(ip.get_parent("shell")["header"]), b"{}", content]
    return [s.sign(parts), *parts]
send(b'{"data": {"text/plain": "\\ud800", "application/json": [NaN, 1e999]}, "metadata": {}}')
send(b'{"data": {"text/plain": "bad \xff utf"}, "metadata": {}}')
send(b'[' * 50000)
"""
    await notebook.execute(code, "a")
    await notebook.shut_down()
    await eventually(service.ended)
    [events] = service.events.values()
    shown = [event.data["output"]["data"] for event in events if event.type == "output"]
    assert shown == [
        {"text/plain": "\ufffd", "application/json": [None, None]},
        {"text/plain": "bad \ufffd utf"},
        {"text/plain": "[MLabs: an output that is not valid JSON was left out]"},
    ]
    json.dumps(shown, allow_nan=False).encode()


async def test_two_thousand_prints_are_few_events(service, notebook):
    await notebook.execute("for n in range(2000):\n    print(n, flush=True)", "a")
    await notebook.shut_down()
    await eventually(service.ended)
    [run] = service.runs
    assert service.printed(run) == "".join(f"{n}\n" for n in range(2000))
    assert len(service.events[run]) < 200
