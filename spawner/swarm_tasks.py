"""What Swarm says of a service's one task: whether it lives, where it answers, why it does not start."""

from __future__ import annotations

from typing import Any

from mlabs_spawner import engine, tagged
from mlabs_spawner.options import Refused
from mlabs_spawner.tagged import ImageGone

ENDED = {"complete", "shutdown", "failed", "rejected", "remove", "orphaned"}
# The first sign of a reason in Swarm's words, and what a person is told.
REASONS = [
    (
        "bind source path does not exist",
        "The node {node} does not have the directory of the homes or datasets: {error}. Its administrator "
        "has to mount it there.",
    ),
    ("no such network", "The node {node} lacks the labs' network; see python -m mlabs_spawner.swarm_nodes."),
    (
        "could not find network",
        "The node {node} lacks the labs' network; see python -m mlabs_spawner.swarm_nodes.",
    ),
]


def newest(tasks: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The task made last; Swarm keeps older ones for their history."""
    return max(tasks, key=lambda task: task["CreatedAt"], default=None)


def state(task: dict[str, Any]) -> str:
    """`pending`, `running`, `failed`, …"""
    return task["Status"]["State"].lower()


def since(task: dict[str, Any]) -> float | None:
    """Since when the task is in its state, in seconds since 1970, by its node's clock."""
    return engine.moment(task["Status"].get("Timestamp"))


def exit_status(task: dict[str, Any] | None, node: dict[str, Any] | None) -> int | str | None:
    """None while the task lives or is being started; else how it ended."""
    if task is None:
        return 0
    if state(task) in ENDED:
        return task["Status"].get("ContainerStatus", {}).get("ExitCode", 1)
    # Swarm goes on to say `running` of what was on a node that is gone.
    if task.get("NodeID") and (node is None or node["Status"]["State"] == "down"):
        return f"its node {host(node)} is down"
    return None


def host(node: dict[str, Any] | None) -> str:
    """A node's name for people."""
    return node["Description"]["Hostname"] if node else "?"


def address(task: dict[str, Any], node: dict[str, Any], port: int) -> tuple[str, int]:
    """Where the hub's proxy reaches the container's `port`; a node's label `mlabs.address` comes first."""
    where = (node["Spec"].get("Labels") or {}).get("mlabs.address") or node["Status"].get("Addr")
    if where in (None, "", "0.0.0.0", "127.0.0.1"):  # noqa: S104 - refused, not chosen
        where = node.get("ManagerStatus", {}).get("Addr", "").rpartition(":")[0]
    for one in task["Status"].get("PortStatus", {}).get("Ports", []):
        if one["TargetPort"] == port and where:
            return where, one["PublishedPort"]
    raise Refused(f"Swarm does not say where on node {host(node)} the server answers.", 503, "engine")


def waiting_for(task: dict[str, Any], image: str) -> tuple[str, int]:
    """What a start waits for, in words, and how far it is."""
    error = task["Status"].get("Err", "")
    if state(task) == "pending" and "no suitable node" in error:
        return f"Waiting for a node with room for it ({error.partition('(')[2].rstrip(')')})", 10
    if state(task) == "preparing":
        return f"The node fetches the image {image}, where it does not have it", 40
    return {"running": ("Opening the notebook", 95)}.get(state(task), ("Starting the server", 70))


def failure(task: dict[str, Any], node: dict[str, Any] | None, image: str, provide: str) -> Refused:
    """Why a task ended before it ran; `provide` is what to do where its node finds no such image."""
    error = task["Status"].get("Err") or task["Status"].get("Message", "")
    if tagged.is_gone(error):
        return ImageGone(f"The node {host(node)} has no image {image}. {provide}")
    for sign, words in REASONS:
        if sign in error:
            return Refused(words.format(node=host(node), error=error), 503, "engine")
    return Refused(f"The node {host(node)} could not start the server: {error[:300]}", 503, "engine")
