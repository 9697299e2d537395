"""A Kubernetes cluster as its clients see it over HTTP: pods that get their image, or wait for it in vain."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from traitlets.config import Config

from mlabs_ext import wire
from mlabs_ext.catalogue import Catalogue
from mlabs_spawner.kube import KubeLabSpawner
from mlabs_spawner.options import Choice

ABSENT = 'rpc error: code = NotFound desc = failed to resolve reference "{image}": {image}: not found'
AWAY = 'rpc error: code = Unknown desc = failed to pull image "{image}": dial tcp 10.0.0.9:443: i/o timeout'


Watcher = asyncio.Queue[tuple[str, dict[str, Any]] | None]


class Cluster:
    """It has nodes, a registry with `images`, and no patience: what waits is looked after all the time.

    `reason` and `said` are a node's words about an image that is not there.
    """

    def __init__(self) -> None:
        self.images: set[str] = set()
        self.reason, self.said = "ErrImagePull", ABSENT
        self.pods: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.versions = itertools.count(1)
        self.watchers: list[Watcher] = []
        self.idle: list[Watcher] = []
        listening, self.port = bind_unused_port()
        one = "/api/v1/namespaces/[^/]+"
        routes = [
            (f"{one}/pods", Pods, {"cluster": self}),
            (f"{one}/pods/(.+)", Pod, {"cluster": self}),
            (f"{one}/events", Nothing, {"cluster": self}),
            (f"{one}/persistentvolumeclaims", Nothing, {"cluster": self}),
        ]
        self.server = HTTPServer(Application(routes))
        self.server.add_socket(listening)

    def add(self, pod: dict[str, Any]) -> dict[str, Any]:
        """A pod that is asked for."""
        pod["metadata"] |= {"uid": f"uid-{next(self.versions)}", "namespace": "default"}
        pod["status"] = {"phase": "Pending", "podIP": None}
        self.pods[pod["metadata"]["name"]] = pod
        self.asked.append(pod["spec"]["containers"][0]["image"])
        self.tell("ADDED", pod)
        asyncio.get_running_loop().call_later(0.05, self.look_after, pod)
        return pod

    def look_after(self, pod: dict[str, Any]) -> None:
        """Run it where its image is there; else look again in a moment."""
        if self.pods.get(pod["metadata"]["name"]) is not pod:
            return
        image = pod["spec"]["containers"][0]["image"]
        state: dict[str, Any] = {"name": "notebook", "ready": image in self.images, "image": image}
        state |= {"imageID": "", "restartCount": 0}
        if image in self.images:
            pod["status"] |= {"phase": "Running", "podIP": "10.1.0.1"}
            state["state"] = {"running": {}}
        else:
            state["state"] = {"waiting": {"reason": self.reason, "message": self.said.format(image=image)}}
            asyncio.get_running_loop().call_later(0.05, self.look_after, pod)
        pod["status"]["containerStatuses"] = [state]
        self.tell("MODIFIED", pod)

    def remove(self, name: str) -> dict[str, Any] | None:
        """A pod that is not wanted any more."""
        pod = self.pods.pop(name, None)
        if pod:
            self.tell("DELETED", pod)
        return pod

    async def close(self) -> None:
        """It is gone, and whoever watches is told so."""
        for watcher in (*self.watchers, *self.idle):
            watcher.put_nowait(None)
        self.server.stop()
        await self.server.close_all_connections()

    def tell(self, kind: str, pod: dict[str, Any]) -> None:
        """Tell who watches."""
        pod["metadata"]["resourceVersion"] = str(next(self.versions))
        for watcher in self.watchers:
            watcher.put_nowait((kind, json.loads(json.dumps(pod))))


class Handler(RequestHandler):
    def initialize(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def items(self) -> list[dict[str, Any]]:
        return []

    async def get(self) -> None:
        """List, or watch."""
        if self.get_query_argument("watch", "") not in ("true", "True"):
            self.write({"metadata": {"resourceVersion": "1"}, "items": self.items()})
            return
        watcher: Watcher = asyncio.Queue()
        (self.cluster.watchers if isinstance(self, Pods) else self.cluster.idle).append(watcher)
        for item in self.items():
            watcher.put_nowait(("ADDED", item))
        while said := await watcher.get():
            self.write(json.dumps({"type": said[0], "object": said[1]}) + "\n")
            try:
                await self.flush()
            except StreamClosedError:
                return


class Pods(Handler):
    def items(self) -> list[dict[str, Any]]:
        return list(self.cluster.pods.values())

    async def post(self) -> None:
        self.set_status(201)
        self.write(self.cluster.add(json.loads(self.request.body)))


class Pod(Handler):
    async def delete(self, name: str) -> None:
        pod = self.cluster.remove(name)
        self.set_status(200 if pod else 404)
        self.write(pod or {"kind": "Status", "message": "not found"})


class Nothing(Handler):
    async def post(self) -> None:
        self.set_status(201)
        self.write(json.loads(self.request.body))


def kube_spawner(session, *whose, **about):
    """The spawner of a user's server in it, with a hub's own objects."""
    spawner = spawner_of(session, KubeLabSpawner, *whose, **about)
    spawner.image = spawner.wanted_image()
    return spawner


def spawner_of(
    session, kind, user="ada", server="mnist", accelerator="none", environment="pytorch", **settings
):
    """The spawner of a user's server, with a hub's own objects; `settings` are of its kind."""
    row = session.query(orm.User).filter_by(name=user).first() or orm.User(name=user)
    session.add(row)
    session.commit()
    config = Config({kind.__name__: settings})
    config.EnvironmentMixin.service_url = "http://proxy-public/services/mlabs/"
    hub = Hub(base_url="/hub/", ip="hub", port=8081)
    known = {"config": config, "hub": hub, "base_url": "/", "cookie_name": "c"}
    person = User(row, {**known, "spawner_class": kind}, db=session)
    session.add(orm.Spawner(name=server, user=row))
    session.commit()
    spawner = person.get_spawner(server)
    spawner.api_token = "secret"
    spec = Catalogue(local=False).get(environment)
    grant = wire.Grant(id="01", plan="free", memory=None, cpus=None, idle_timeout=None, ends=None)
    spawner.assign(Choice(f"{user}/{server}", environment, accelerator), spec, grant, None)
    return spawner
