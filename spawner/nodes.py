"""`mlabs nodes`: machines are lent to a Swarm's labs, drained and removed, with nothing of the labs lost."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable

import msgspec
from docker import APIClient

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError, NotFound, Unusable
from mlabs_spawner import engine, lent
from mlabs_spawner.lent import LABEL, Node

LOOK = 0.5
Say = Callable[[str], None]


def run(options: argparse.Namespace) -> int:
    """The exit status of `mlabs nodes`."""
    try:
        with contextlib.closing(engine.connect()) as client:
            return {"show": show, "lend": lend, "drain": drain, "remove": remove}[options.action](
                client, options
            )
    except engine.FAILURES as failure:
        code = getattr(failure, "status_code", None)
        words = getattr(failure, "explanation", None) or failure
        if code == 503:
            words = "This Docker engine manages no Swarm. Run this on a manager, as the hub does."
        print(f"Docker: {words}", file=sys.stderr)
        return 1


def show(client: APIClient, options: argparse.Namespace) -> int:
    """`mlabs nodes list`."""
    found = [(node, lent.labs_of(lent.tasks_on(client, node))) for node in lent.nodes(client)]
    if options.json:
        whole = [{**msgspec.structs.asdict(node), "labs": [one.lab for one in labs]} for node, labs in found]
        print(msgspec.json.format(msgspec.json.encode(whole)).decode())
        return 0
    for node, labs in found:
        print(
            f"{node.name}: {described(node)}{', runs ' + ', '.join(one.lab for one in labs) if labs else ''}"
        )
    if not any(node.lent for node, _ in found):
        print("None is lent. Lend a worker to labs: mlabs nodes lend NODE")
    return 0


def described(node: Node) -> str:
    """What a machine is and has: `lent, 8 cores, 31.2 GiB, 1 NVIDIA-GPU`."""
    kind = "lent" if node.lent else "manager" if node.manager else "worker"
    if node.state != "ready":
        kind += f", {node.state}"
    elif node.availability != "active":
        kind += ", drained" if node.availability == "drain" else ", paused"
    generic = "".join(f", {count} {name}" for name, count in sorted(node.generic.items()))
    return f"{kind}, {node.cpus:g} cores, {node.memory / 2**30:.1f} GiB{generic}"


def lend(client: APIClient, options: argparse.Namespace) -> int:
    """`mlabs nodes lend`."""
    node = find(client, options.node)
    if node.manager:
        raise Unusable(
            f"{node.name} manages this Swarm: whoever owns it could read all that the Swarm knows. Only a "
            f"worker can be lent: docker node demote {node.name}",
            "node_manages",
        )
    others = lent.tasks_on(client, node)
    if others and not node.lent:
        raise Unusable(
            f"{node.name} runs other services of this Swarm, which its owner could read. Move them first: "
            f"docker node update --availability drain {node.name}",
            "node_busy",
        )
    change(client, node, "active")
    print(f"{node.name} is lent: labs with the accelerator community may run there, and no others.")
    return 0


def drain(client: APIClient, options: argparse.Namespace) -> int:
    """`mlabs nodes drain`."""
    node = find(client, options.node)
    if not node.lent:
        raise Unusable(f"{node.name} is not lent. See: mlabs nodes list", "node_not_lent")
    # Swarm tells the servers to end; each sends its files before it does.
    change(client, node, "drain")
    left = wait_until_empty(client, node, options.wait, say)
    if left:
        print(
            f"{node.name} still runs {', '.join(one.lab for one in left)}. Wait longer: "
            f"mlabs nodes drain {node.name}",
            file=sys.stderr,
        )
        return 1
    if find(client, node.id).state == "down":
        print(
            f"{node.name} does not answer. What its labs changed in their last seconds may still be there: "
            "it is sent when they start on that machine again.",
            file=sys.stderr,
        )
    print(f"{node.name} is drained: nothing of labs runs there.")
    return 0


def remove(client: APIClient, options: argparse.Namespace) -> int:
    """`mlabs nodes remove`."""
    node = find(client, options.node)
    status = drain(client, options)
    if status == 0:
        client.remove_node(node.id, force=True)
        print(f"{node.name} is removed. On that machine, `docker swarm leave` makes it forget this Swarm.")
    return status


def wait_until_empty(client: APIClient, node: Node, seconds: float, tell: Say) -> list[wire.HubPerson]:
    """Wait until no lab runs on a machine, or for so long; whose labs still do."""
    deadline = time.monotonic() + seconds
    told = ""
    while True:
        left = lent.labs_of(lent.tasks_on(client, node))
        if not left or find(client, node.id).state == "down":
            return []
        if time.monotonic() > deadline:
            return left
        words = f"{', '.join(sorted(one.lab for one in left))}: stopping, and sending files home"
        if words != told:
            tell(words)
        told = words
        time.sleep(LOOK)


def say(words: str) -> None:
    """How it goes, for who waits."""
    print(words, file=sys.stderr, flush=True)


def find(client: APIClient, name: str) -> Node:
    """The machine of that name or id; raise MLabsError where there is none, or several."""
    every = lent.nodes(client)
    found = [node for node in every if name == node.id] or [node for node in every if name == node.name]
    if len(found) == 1:
        return found[0]
    there = ", ".join(node.name for node in every)
    words = f"has several machines {name!r}: name one by its id" if found else f"has no machine {name!r}"
    error: MLabsError = NotFound(f"This Swarm {words}. There are: {there}.", "node_not_found")
    raise error


def change(client: APIClient, node: Node, availability: str) -> None:
    """Have a machine be a lent one, and take labs or not."""
    said = client.inspect_node(node.id)
    spec = said["Spec"]
    spec["Labels"] = {**(spec.get("Labels") or {}), LABEL: "true"}
    spec["Availability"] = availability
    client.update_node(node.id, said["Version"]["Index"], spec)
