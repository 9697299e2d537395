"""What is inside an image: a user without rights, a server, a kernel, and nothing of who built it."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pytest
from support import images

import mlabs_ext
from mlabs_ext.catalogue import Catalogue
from mlabs_images import engine

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def client():
    client = engine.connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def container(client):
    """A container of the python environment, whose JupyterLab runs without a hub."""
    line = ["/opt/mlabs/bin/python", "-m", "mlabs_ext.quick", "jupyterlab", "--ip=0.0.0.0", "--port=8888"]
    container = client.containers.run(images.image("python"), line, detach=True, network_mode="none")
    yield container
    container.remove(force=True, v=True)


def shell(container, script, **options):
    code, said = container.exec_run(["sh", "-c", script], **options)
    return code, said.decode().strip()


def test_everything_runs_as_a_user_without_rights(container):
    assert shell(container, "id -u; id -g; id -un; echo $HOME")[1].split() == [
        "1000",
        "1000",
        "lab",
        "/home/lab",
    ]
    assert shell(container, "stat -c '%u %g %a' /home/lab")[1] == "1000 1000 700"
    assert shell(container, "readlink -f /proc/1/exe")[1].endswith("tini")


@pytest.mark.parametrize("folder", ["/opt/env", "/opt/mlabs", "/opt/layer", "/data", "/usr/local/bin"])
def test_nobody_there_may_change_what_all_share(container, folder):
    assert shell(container, f"test -e {folder} && touch {folder}/x")[0] != 0
    assert shell(container, f"find {folder} -writable -not -type l | head -3")[1] == ""


def test_the_health_check_finds_the_server(container):
    end = time.monotonic() + 120
    while shell(container, "health")[0] != 0:
        assert time.monotonic() < end, container.logs().decode()
        time.sleep(0.5)
    assert container.attrs["Config"]["Healthcheck"]["Test"] == ["CMD", "health"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8888/elsewhere/", "http://0.0.0.0:9/user/ada/", "nonsense"], ids=str
)
def test_the_health_check_finds_no_other(container, url):
    assert shell(container, "health", environment={"JUPYTERHUB_SERVICE_URL": url})[0] != 0


def test_the_server_has_mlabs_and_only_the_kernel_of_the_environment(container):
    listed = shell(container, "/opt/mlabs/bin/jupyter server extension list 2>&1")[1]
    assert "mlabs_ext.lab" in listed
    assert "mlabs-labextension" in shell(container, "/opt/mlabs/bin/jupyter labextension list 2>&1")[1]
    code = "from jupyter_client.kernelspec import KernelSpecManager as M; import json\n"
    code += "print(json.dumps(M(ensure_native_kernel=False).find_kernel_specs()))"
    kernels = json.loads(container.exec_run(["/opt/mlabs/bin/python", "-c", code]).output)
    assert list(kernels) == ["python3"]
    assert kernels["python3"].startswith("/home/lab/.mlabs/environments/python-")


def test_the_labels_say_what_it_is(client):
    spec = Catalogue().get("python")
    image = client.images.get(images.image("python"))
    assert {
        "org.mlabs.environment": "python",
        "org.mlabs.accelerator": "none",
        "org.mlabs.recipe": spec.recipe("none"),
        "org.opencontainers.image.title": "MLabs: Python",
        "org.opencontainers.image.version": mlabs_ext.__version__,
    }.items() <= image.labels.items()
    assert len(image.labels["org.mlabs.wheel"]) == 64
    assert json.loads(image.labels["org.mlabs.frameworks"]) == spec.frameworks


def test_nothing_of_the_machine_that_built_it_is_left(client, container):
    image = client.images.get(images.image("python"))
    names = [variable.partition("=")[0] for variable in image.attrs["Config"]["Env"]]
    assert not [name for name in names if name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy")]
    assert (
        shell(container, "ls -A /tmp /root 2>/dev/null | grep -E 'whl|wheels|environment|mlabs|lock'")[1]
        == ""
    )
    assert shell(container, "ls /etc/pip.conf /etc/uv 2>/dev/null")[1] == ""
    told = " ".join(layer["CreatedBy"] for layer in image.history())
    assert "index-url" not in told
    assert "find-links=" not in told


def test_mlabs_itself_is_a_small_layer_over_the_large_ones(client):
    sizes = [layer["Size"] for layer in client.images.get(images.image("python")).history() if layer["Size"]]
    assert sizes[0] < 32e6 < sizes[1]


@pytest.fixture
def home(client):
    volume = client.volumes.create()
    yield {volume.name: {"bind": "/home/lab", "mode": "rw"}}
    volume.remove(force=True)


def package(folder: Path) -> Path:
    """A folder with a wheel of one module."""
    info = "tinypackage-1.0.dist-info"
    with zipfile.ZipFile(folder / "tinypackage-1.0-py3-none-any.whl", "w") as file:
        file.writestr("tinypackage.py", "answer = 42\n")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinypackage\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    folder.chmod(0o755)
    return folder


INSTALL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive("%pip install --quiet --no-index --find-links /data/wheels tinypackage")
client.execute_interactive("import tinypackage, numpy; print(tinypackage.answer, tinypackage.__file__)")
manager.shutdown_kernel()
"""
IMPORT = '"$MLABS_LAYER/bin/python" -c "import tinypackage; print(tinypackage.answer)"'


def test_what_a_person_installs_stays_in_that_persons_home(client, home, tmp_path):
    wheels = {str(package(tmp_path)): {"bind": "/data/wheels", "mode": "ro"}}
    options = {"remove": True, "network_mode": "none", "cap_drop": ["ALL"]}
    image = images.image("python")
    said = client.containers.run(
        image, ["/opt/mlabs/bin/python", "-c", INSTALL], volumes=home | wheels, **options
    ).decode()
    assert "42 /home/lab/.mlabs/environments/python-" in said
    assert client.containers.run(image, ["sh", "-c", IMPORT], volumes=home, **options).strip() == b"42"
    nobody_elses = ["sh", "-c", f"{IMPORT} 2>/dev/null || echo absent"]
    assert client.containers.run(image, nobody_elses, **options).strip() == b"absent"


def test_a_home_that_cannot_be_written_does_not_keep_it_from_starting(client):
    said = client.containers.run(
        images.image("python"), ["echo", "started"], remove=True, network_mode="none", read_only=True
    )
    assert said == b"started\n"
