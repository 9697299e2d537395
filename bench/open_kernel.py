"""Click "Open" → a kernel answers `1+1`: ours without and with a warm pool, beside plain DockerSpawner.

Three real hubs on one engine, one image, in turns: the plain one has dockerspawner.DockerSpawner, upstream's
own command and no MLabs in its JupyterLab; the other two are `mlabs up --spawner docker`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
from _hubs import TOKEN, USER, Ours, Plain, running
from _rows import Absent, Effort, Goal, Row
from support import needs
from support.images import image, prefix
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from mlabs_spawner import engine

PHASES = ("spawn", "start kernel", "connect", "answer")
ENVIRONMENT = "python"
GOALS = {"no pool": Goal(1.05), "warm pool": Goal(0.35)}
WHY = {
    "no pool": "A lab's files, its outbox and its recorder are there before the kernel is.",
    "warm pool": "The container waits; the hub's own steps and the start of the kernel are left.",
}
Times = dict[str, list[list[float]]]


async def opened(hub: Plain | Ours, api: httpx.AsyncClient, server: str) -> list[float]:
    """Seconds of each phase."""
    at = [time.perf_counter()]
    path = f"{hub.url}/hub/api/users/{USER}/servers/{server}"
    answer = await api.post(path, json={"user_options": {}})
    while answer.status_code == 202:
        await asyncio.sleep(0.05)
        servers = (await api.get(f"{hub.url}/hub/api/users/{USER}")).json()["servers"]
        if servers[server]["ready"]:
            break
    assert answer.status_code in (201, 202), answer.text
    at.append(time.perf_counter())
    there = f"{hub.url}/user/{USER}/{server}/api/kernels"
    kernel = (await api.post(there, json={})).raise_for_status().json()["id"]
    at.append(time.perf_counter())
    address = f"{there}/{kernel}/channels?session_id=bench".replace("http", "ws", 1)
    connection = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {TOKEN}"}))
    at.append(time.perf_counter())
    await connection.write_message(json.dumps(request()))
    while not is_two(await connection.read_message()):
        pass
    at.append(time.perf_counter())
    connection.close()
    return [end - begin for begin, end in itertools.pairwise(at)]


def request() -> dict:
    """Ask for 1+1."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "bench"}
    content = {"code": "1+1", "silent": False, "store_history": True, "allow_stdin": False}
    content |= {"user_expressions": {}, "stop_on_error": True}
    parts = {"parent_header": {}, "metadata": {}, "content": content, "buffers": [], "channel": "shell"}
    return {"header": {**header, "date": "", "version": "5.3"}, **parts}


def is_two(message: str | bytes | None) -> bool:
    """Whether this is the answer."""
    if message is None:
        raise RuntimeError("the server closed the connection")
    if isinstance(message, bytes):
        return False
    said = json.loads(message)
    if said["header"]["msg_type"] != "execute_result":
        return False
    assert said["content"]["data"]["text/plain"] == "2"
    return True


async def closed(hub: Plain | Ours, api: httpx.AsyncClient, server: str) -> None:
    """Stop a server; return when it is gone."""
    await api.delete(f"{hub.url}/hub/api/users/{USER}/servers/{server}")
    while server in (await api.get(f"{hub.url}/hub/api/users/{USER}")).json()["servers"]:
        await asyncio.sleep(0.2)


async def measured(rounds: int, image_name: str) -> Times:
    """Of each hub and round, the seconds of each phase."""
    client = engine.connect()
    # It stays where something fails: the hubs' logs are there.
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    hubs: list[Plain | Ours] = [
        Plain(folder / "plain", image_name, client),
        Ours("no pool", folder / "ordinary", ENVIRONMENT, 0, client),
        Ours("warm pool", folder / "pool", ENVIRONMENT, 1, client),
    ]
    headers = {"Authorization": f"token {TOKEN}"}
    async with contextlib.AsyncExitStack() as stack:
        api = await stack.enter_async_context(
            httpx.AsyncClient(headers=headers, timeout=120, trust_env=False)
        )
        for hub in hubs:
            await stack.enter_async_context(running(hub))
        labs = {hub.label: await hub.lab(api) for hub in hubs}
        times: Times = {hub.label: [] for hub in hubs}
        for turn in range(-1, rounds):
            for hub in random.sample(hubs, len(hubs)):
                await hub.ready()
                await asyncio.sleep(1)
                taken = await opened(hub, api, labs[hub.label])
                # The first round is for caches, and for the kernel's first files in a home.
                times[hub.label] += [taken] if turn >= 0 else []
                await closed(hub, api, labs[hub.label])
    shutil.rmtree(folder)
    return times


def rows(effort: Effort) -> Iterator[Row]:
    """Without a pool, and with one."""
    if reason := needs.absent("docker"):
        raise Absent(reason)
    os.environ["MLABS_IMAGE_PREFIX"] = prefix()
    times = asyncio.run(measured(effort.rounds(12, 3), image(ENVIRONMENT)))
    plain = [sum(one) for one in times["plain"]]
    for label, goal in GOALS.items():
        yield Row(
            work=f"open → kernel answers, {label}",
            ours=[sum(one) for one in times[label]],
            peer=plain,
            unit="s",
            peer_is="plain DockerSpawner and JupyterLab, the same image",
            goal=goal,
            note=f"{phases(times[label])}; the peer {phases(times['plain'])}",
            why=WHY[label],
        )


def phases(taken: list[list[float]]) -> str:
    """The medians of all phases."""
    medians = (statistics.median(phase) for phase in zip(*taken, strict=True))
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in zip(PHASES, medians, strict=True))
