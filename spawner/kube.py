"""Servers as pods of a Kubernetes cluster: each lab in an image of the catalogue, apart from all others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import traitlets
from jupyterhub.traitlets import ByteSpecification
from kubernetes_asyncio.client import (
    V1Affinity,
    V1Capabilities,
    V1EmptyDirVolumeSource,
    V1NodeAffinity,
    V1NodeSelector,
    V1NodeSelectorRequirement,
    V1NodeSelectorTerm,
    V1PersistentVolumeClaimVolumeSource,
    V1Pod,
    V1PodSecurityContext,
    V1SeccompProfile,
    V1SecurityContext,
    V1Toleration,
    V1Volume,
    V1VolumeMount,
)
from kubespawner import KubeSpawner
from traitlets import Dict, Unicode

from mlabs_ext.accelerators import COMMUNITY
from mlabs_spawner import literal, objects
from mlabs_spawner.environments import EnvironmentMixin
from mlabs_spawner.homes import OWNER as USER
from mlabs_spawner.homes import Home
from mlabs_spawner.kube_images import KubeImages

HOME = Path("/home/lab")
DATA = "/data"
LENT = "mlabs.org/community"
BORNE = [{"key": LENT, "operator": "Exists", "effect": "NoSchedule"}]
SCRATCH = ("/run", "/tmp", "/var/tmp")  # noqa: S108 - the container's own


class KubeLabSpawner(KubeImages, EnvironmentMixin, KubeSpawner):
    """Runs JupyterLab and its kernels in a pod of the lab's environment.

    What is said here of security holds whatever else is configured.
    """

    image_prefix = Unicode(
        "mlabs/",
        help="""What the names of images begin with: your registry's. Default: `mlabs/`. Example::

            c.KubeLabSpawner.image_prefix = "registry.example.org/mlabs/"
        """,
    ).tag(config=True)

    accelerator_resources = Dict(
        default_value={"gpu": {"nvidia.com/gpu": "1"}},
        help="""For each accelerator, what a pod asks of its node. Default: one of NVIDIA's device plugin.
        Example::

            c.KubeLabSpawner.accelerator_resources = {"gpu": {"nvidia.com/gpu.shared": "1"}}
        """,
    ).tag(config=True)

    accelerator_nodes = Dict(
        default_value={"gpu": {"mlabs.org/accelerator": "gpu"}},
        help="""For each accelerator, the labels of the nodes for it. Default: for GPUs, nodes labelled
        `mlabs.org/accelerator=gpu`. Whatever is said here, `community` labs go to nodes that are lent
        (`mlabs.org/community=true`), and no others do. Example::

            c.KubeLabSpawner.accelerator_nodes = {"gpu": {"cloud.google.com/gke-accelerator": "nvidia-l4"}}
        """,
    ).tag(config=True)

    accelerator_tolerations = Dict(
        default_value={"gpu": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]},
        help="""For each accelerator, the taints that its pods bear: by such a taint, nodes with GPUs are kept
        for those who need them. Default: `nvidia.com/gpu`. Pods of `community` labs bear
        `mlabs.org/community` as well. Example::

            c.KubeLabSpawner.accelerator_tolerations = {}
        """,
    ).tag(config=True)

    datasets_claim = Unicode(
        help="""The claim of the volume with the datasets, `<owner>/<name>/` each, mounted read-only at /data.
        Default: none. Example::

            c.KubeLabSpawner.datasets_claim = "mlabs-datasets"
        """,
    ).tag(config=True)

    shared_memory = ByteSpecification(
        "1G",
        help="""The size of /dev/shm, which counts as memory of the server. Default: 1G. Example::

            c.KubeLabSpawner.shared_memory = "4G"
        """,
    ).tag(config=True)

    url = Unicode(
        help="""The address of MLabs' proxy for pods, where they reach hub and service. Default: empty, the
        hub directly, and the service as `EnvironmentMixin.service_url` says. Example::

            c.KubeLabSpawner.url = "http://proxy-public"
        """,
    ).tag(config=True)

    # The cluster gives them out.
    queues_gpus = False
    takes_lent = True

    @traitlets.default("cmd")
    def _cmd(self) -> list[str]:
        return ["/opt/mlabs/bin/python", "-m", "mlabs_ext.quick", "jupyterhub.singleuser"]

    @traitlets.default("pod_name_template")
    def _pod_name_template(self) -> str:
        # Upstream's own names end in 32 bits of a hash: few enough to find another user's.
        return objects.server_object(self.user.name, self.name)

    @traitlets.default("pvc_name_template")
    def _pvc_name_template(self) -> str:
        return objects.home_object(self.user.name)

    @traitlets.default("storage_pvc_ensure")
    def _storage_pvc_ensure(self) -> bool:
        return True

    @traitlets.default("storage_capacity")
    def _storage_capacity(self) -> str:
        return "10Gi"

    @traitlets.default("storage_access_modes")
    def _storage_access_modes(self) -> list[str]:
        # A user's labs may be on several nodes at once.
        return ["ReadWriteMany"]

    @traitlets.default("delete_grace_period")
    def _delete_grace_period(self) -> int:
        return 10

    async def start(self) -> tuple[str, int]:
        """Have the cluster run the pod; return where it answers."""
        telling = asyncio.ensure_future(self.tell())
        try:
            return await self.in_an_image(self.start_pod)
        finally:
            telling.cancel()

    async def tell(self) -> None:
        """Report what the cluster says of the pod: that it waits for a node, pulls the image, starts."""
        told = 0
        while True:
            events = self.events
            for number, event in enumerate(events[told:], told):
                self.report(event["message"], min(90, 10 + 10 * number))
            told = len(events)
            await asyncio.sleep(1)

    async def get_pod_manifest(self) -> V1Pod:
        """Upstream's pod, with few rights, the accelerator, and the user's files."""
        pod = await super().get_pod_manifest()
        self.restrict(pod)
        self.place(pod, self.chosen.accelerator)
        self.mount(pod)
        return pod

    def restrict(self, pod: V1Pod) -> None:
        """Nothing of the node's, nothing of the cluster's, no right that can be given up."""
        container = pod.spec.containers[0]
        pod.spec.automount_service_account_token = False
        pod.spec.enable_service_links = False
        pod.spec.restart_policy = "Never"
        pod.spec.host_network = pod.spec.host_pid = pod.spec.host_ipc = False
        calls = V1SeccompProfile(type="RuntimeDefault")
        pod.spec.security_context = V1PodSecurityContext(
            run_as_non_root=True,
            run_as_user=USER,
            run_as_group=USER,
            fs_group=USER,
            # On a volume with many files, a change of owner at every start would take minutes.
            fs_group_change_policy="OnRootMismatch",
            seccomp_profile=calls,
        )
        container.security_context = V1SecurityContext(
            run_as_non_root=True,
            run_as_user=USER,
            run_as_group=USER,
            allow_privilege_escalation=False,
            privileged=False,
            read_only_root_filesystem=True,
            capabilities=V1Capabilities(drop=["ALL"]),
            seccomp_profile=calls,
        )

    def place(self, pod: V1Pod, accelerator: str) -> None:
        """On a node for the accelerator, with one of it."""
        container = pod.spec.containers[0]
        wanted = self.accelerator_resources.get(accelerator, {})
        for amounts in ("limits", "requests"):
            setattr(container.resources, amounts, {**(getattr(container.resources, amounts) or {}), **wanted})
        pod.spec.node_selector = {
            **(pod.spec.node_selector or {}),
            **self.accelerator_nodes.get(accelerator, {}),
        }
        borne = [
            *self.accelerator_tolerations.get(accelerator, []),
            *(BORNE if accelerator == COMMUNITY else ()),
        ]
        more = [V1Toleration(**one) for one in borne]
        self.keep_apart(pod, accelerator == COMMUNITY)
        pod.spec.tolerations = [*(pod.spec.tolerations or []), *more]
        pod.metadata.labels.update(
            {"mlabs.org/environment": self.chosen.environment, "mlabs.org/accelerator": accelerator}
        )

    def keep_apart(self, pod: V1Pod, lent: bool) -> None:
        """On nodes that are lent where that is asked for, and only then, whatever else is configured.

        Terms are alternatives, so each of them has to say so.
        """
        where = V1NodeSelectorRequirement(key=LENT, operator="In" if lent else "NotIn", values=["true"])
        affinity = pod.spec.affinity = pod.spec.affinity or V1Affinity()
        node = affinity.node_affinity = affinity.node_affinity or V1NodeAffinity()
        required = node.required_during_scheduling_ignored_during_execution
        terms = (required and required.node_selector_terms) or [V1NodeSelectorTerm()]
        for term in terms:
            term.match_expressions = [*(term.match_expressions or []), where]
        node.required_during_scheduling_ignored_during_execution = V1NodeSelector(node_selector_terms=terms)

    def mount(self, pod: V1Pod) -> None:
        """The user's files, the datasets for reading, and what a read-only container may write."""
        mounted = [
            (volume("home", claim(self.pvc_name)), str(HOME)),
            (volume("shm", memory(self.shared_memory)), "/dev/shm"),  # noqa: S108 - the container's own
            *((volume(f"scratch{path.replace('/', '-')}", disk()), path) for path in SCRATCH),
        ]
        source = claim(self.datasets_claim, read_only=True) if self.datasets_claim else disk()
        mounted.append((volume("datasets", source), DATA))
        pod.spec.volumes = [*(pod.spec.volumes or []), *(one for one, _ in mounted)]
        read_only = bool(self.datasets_claim) or None
        mounts = [
            V1VolumeMount(name=one.name, mount_path=path, read_only=read_only if path == DATA else None)
            for one, path in mounted
        ]
        container = pod.spec.containers[0]
        container.volume_mounts = [*(container.volume_mounts or []), *mounts]

    def get_env(self) -> dict[str, str]:
        """Hub and service are reached through the proxy; every server has its own runtime files."""
        env = super().get_env()
        if not self.datasets_claim:
            # The server puts links to the datasets there that it fetches.
            env["MLABS_DATA_LINKS"] = DATA
        if self.url:
            base, user = self.hub.base_url, self.user.escaped_name
            env["JUPYTERHUB_API_URL"] = f"{self.url}{base}api"
            env["JUPYTERHUB_ACTIVITY_URL"] = f"{self.url}{base}api/users/{user}/activity"
            env["MLABS_SERVICE_URL"] = f"{self.url}{base.removesuffix('hub/')}services/mlabs/"
        env |= Home(HOME, self.name).variables()
        return literal.variables(env, self.environment, literal.for_kubernetes)


def volume(name: str, source: dict[str, Any]) -> V1Volume:
    """A volume of a pod."""
    return V1Volume(name=name, **source)


def claim(name: str, read_only: bool = False) -> dict[str, Any]:
    """Storage of the cluster."""
    source = V1PersistentVolumeClaimVolumeSource(claim_name=name, read_only=read_only or None)
    return {"persistent_volume_claim": source}


def memory(size: int) -> dict[str, Any]:
    """Memory that looks like a disk."""
    return {"empty_dir": V1EmptyDirVolumeSource(medium="Memory", size_limit=str(size))}


def disk() -> dict[str, Any]:
    """A folder that goes with the pod."""
    return {"empty_dir": V1EmptyDirVolumeSource()}
