"""Pods of labs, against Kubernetes' published schema; the cluster itself is the one thing that is faked."""

from functools import partial

import kubernetes_validate
import pytest
from jupyterhub import orm
from kubernetes_asyncio.client import ApiClient
from support.fake_cluster import kube_spawner

from mlabs_ext.catalogue import Catalogue
from mlabs_spawner.kube import KubeLabSpawner
from mlabs_spawner.options import Choice

# What runs in clusters today; the schema says which fields there are, and how they are typed.
SCHEMAS = ["1.31.0", "1.37.0"]


@pytest.fixture
def fake_cluster(monkeypatch):
    """A cluster that nobody has to configure, and that may not be asked for anything."""
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    monkeypatch.setattr("kubespawner.spawner.shared_client", lambda _: None)


@pytest.fixture
def make(fake_cluster):
    """Makes the spawner of a user's server, with a hub's own objects."""
    session = orm.new_session_factory("sqlite:///:memory:")()
    yield partial(kube_spawner, session)
    session.close()


async def manifest(spawner):
    """The pod as it would be sent."""
    return as_sent(await spawner.get_pod_manifest())


def as_sent(thing):
    plain = ApiClient.sanitize_for_serialization(object.__new__(ApiClient), thing)
    for schema in SCHEMAS:
        kubernetes_validate.validate(plain, schema, strict=True)
    return plain


async def test_a_pod_has_no_right_that_can_be_given_up(make):
    spec = (await manifest(make()))["spec"]
    [container] = spec["containers"]
    rights = container["securityContext"]
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["runAsNonRoot"] is True
    assert (rights["allowPrivilegeEscalation"], rights["privileged"]) == (False, False)
    assert rights["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] == 1000
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert not spec.get("serviceAccountName")
    assert not (spec["hostNetwork"] or spec["hostPID"] or spec["hostIPC"])
    assert not any("hostPath" in volume for volume in spec["volumes"])


async def test_settings_cannot_give_rights_back(make):
    loose = {"privileged": True, "uid": 0, "allow_privilege_escalation": True}
    spec = (await manifest(make(**loose, container_security_context={"runAsUser": 0})))["spec"]
    rights = spec["containers"][0]["securityContext"]
    assert (rights["runAsUser"], rights["privileged"], rights["allowPrivilegeEscalation"]) == (
        1000,
        False,
        False,
    )


async def test_a_gpu_is_asked_for_where_the_lab_needs_one(make):
    pod = await manifest(make(accelerator="gpu"))
    [container] = pod["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert container["resources"]["requests"]["nvidia.com/gpu"] == "1"
    assert pod["spec"]["nodeSelector"] == {"mlabs.org/accelerator": "gpu"}
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod["spec"][
        "tolerations"
    ]
    assert container["image"].endswith("-gpu")
    assert pod["metadata"]["labels"]["mlabs.org/accelerator"] == "gpu"


def lent_terms(pod):
    """What each of the alternatives says of nodes that are lent."""
    affinity = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return [
        [
            (one["operator"], one["values"])
            for one in term["matchExpressions"]
            if one["key"] == "mlabs.org/community"
        ]
        for term in affinity["nodeSelectorTerms"]
    ]


ZONES = [
    {"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]} for zone in ("east", "west")
]


@pytest.mark.parametrize(
    ("accelerator", "settings", "expected"),
    [
        ("none", {}, [[("NotIn", ["true"])]]),
        ("gpu", {}, [[("NotIn", ["true"])]]),
        ("community", {}, [[("In", ["true"])]]),
        ("none", {"node_affinity_required": ZONES}, [[("NotIn", ["true"])]] * 2),
        ("community", {"node_affinity_required": ZONES}, [[("In", ["true"])]] * 2),
    ],
)
async def test_nodes_that_are_lent_take_what_asks_for_them_and_nothing_else(
    make, accelerator, settings, expected
):
    pod = await manifest(make(accelerator=accelerator, **settings))
    assert lent_terms(pod) == expected
    borne = [one["key"] for one in pod["spec"].get("tolerations") or []]
    assert ("mlabs.org/community" in borne) == (accelerator == "community")
    assert pod["metadata"]["labels"]["mlabs.org/accelerator"] == accelerator
    if accelerator == "community":
        assert "-community" not in pod["spec"]["containers"][0]["image"]


async def test_a_spawner_used_again_forgets_the_gpu(make):
    spawner = make(accelerator="gpu")
    await spawner.get_pod_manifest()
    spec = Catalogue(local=False).get("python")
    spawner.assign(Choice("ada/mnist", "python", "none"), spec, spawner.grant, None)
    spawner.image = spawner.wanted_image()
    pod = await manifest(spawner)
    assert "nvidia.com/gpu" not in str(pod["spec"])
    assert "nodeSelector" not in pod["spec"] or not pod["spec"]["nodeSelector"]


async def test_limits_are_the_plans_and_the_environments(make):
    spawner = make()
    spawner.mem_limit, spawner.cpu_limit = 2 << 30, 1.5
    resources = (await manifest(spawner))["spec"]["containers"][0]["resources"]
    assert resources["limits"] == {"memory": 2 << 30, "cpu": 1.5}


async def test_files_are_the_users_and_datasets_are_read_only(make):
    spawner = make(datasets_claim="mlabs-datasets")
    pod = await manifest(spawner)
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    home = volumes[mounts["/home/lab"]["name"]]["persistentVolumeClaim"]
    assert home == {"claimName": spawner.pvc_name}
    data = volumes[mounts["/data"]["name"]]["persistentVolumeClaim"]
    assert data == {"claimName": "mlabs-datasets", "readOnly": True}
    assert mounts["/data"]["readOnly"] is True
    [container] = pod["spec"]["containers"]
    assert "MLABS_DATA_LINKS" not in {variable["name"] for variable in container["env"]}
    claim = as_sent(spawner.get_pvc_manifest())
    assert claim["metadata"]["name"] == spawner.pvc_name
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


async def test_without_a_claim_there_is_room_for_links_to_what_servers_fetch(make):
    pod = await manifest(make())
    [container] = pod["spec"]["containers"]
    assert {"name": "MLABS_DATA_LINKS", "value": "/data"} in container["env"]
    [mount] = (mount for mount in container["volumeMounts"] if mount["mountPath"] == "/data")
    assert not mount.get("readOnly")
    assert {"name": mount["name"], "emptyDir": {}} in pod["spec"]["volumes"]


async def test_no_two_users_share_a_pod_or_a_claim(make):
    pairs = [("user-a", "b"), ("user", "a-b"), ("User", "a-b"), ("üser", "a-b"), ("u" * 100, "a-b")]
    spawners = [make(user=user, server=server) for user, server in pairs]
    assert len({spawner.pod_name for spawner in spawners}) == len(pairs)
    assert len({spawner.pvc_name for spawner in spawners}) == len(pairs)
    for spawner in spawners:
        pod = await manifest(spawner)
        assert pod["metadata"]["name"] == spawner.pod_name
    assert make("ada", "one").pvc_name == make("ada", "two").pvc_name


async def test_an_unusual_name_of_a_user_makes_a_valid_pod(make):
    pod = await manifest(make(user="{user} $(X) ../ü", server="mnist"))
    environment = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
    # Kubernetes makes one dollar of two, and looks for no variable there.
    assert environment["MLABS_LAB"] == "{user} $$(X) ../ü/mnist"
    assert environment["JUPYTER_RUNTIME_DIR"].startswith("/home/lab/.mlabs/servers/mnist")


async def test_pods_reach_hub_and_service_through_the_proxy(make):
    pod = await manifest(make(url="http://proxy-public"))
    environment = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
    assert environment["JUPYTERHUB_API_URL"] == "http://proxy-public/hub/api"
    assert environment["MLABS_SERVICE_URL"] == "http://proxy-public/services/mlabs/"


@pytest.mark.parametrize(
    ("pinned", "used"),
    [
        ("registry.example/mlabs/pytorch:0123456789ab", True),
        ("registry.example/mlabs/pytorch:0123456789ab-gpu", False),
        ("registry.example/mlabs/python:0123456789ab", False),
        ("elsewhere.example/mlabs/pytorch:0123456789ab", False),
        ("registry.example/mlabs/pytorch:latest", False),
        ("registry.example/mlabs/pytorch:0123456789ab\n", False),
        (None, False),
    ],
)
async def test_a_pinned_image_is_used_where_it_is_one_of_ours(make, pinned, used):
    spawner = make(image_prefix="registry.example/mlabs/")
    spawner.pinned = pinned
    assert (spawner.wanted_image() == pinned) is used


async def test_what_the_cluster_says_is_told(make, monkeypatch):
    spawner = make()
    said = [
        {"message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."},
        {"message": "Pulling image"},
    ]
    monkeypatch.setattr(KubeLabSpawner, "events", said)
    monkeypatch.setattr("mlabs_spawner.kube.asyncio.sleep", stop_after_once)
    with pytest.raises(StopAsyncIteration):
        await spawner.tell()
    assert [event["message"] for event in spawner.told] == [one["message"] for one in said]


async def stop_after_once(_):
    raise StopAsyncIteration
