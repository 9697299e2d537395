"""Every Python kernel has `%runtime`, whatever its user does."""

from __future__ import annotations

import json

import pytest
from jupyter_client.kernelspec import KernelSpec
from lab.user_server import FrontEnd, UserServer
from support.waiting import eventually

from mlabs_ext.lab.kernel_specs import LOAD, PACKAGES, equipped

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIME = "application/vnd.mlabs.runtime+json"


@pytest.mark.parametrize(
    ("argv", "python"),
    [
        (["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], True),
        (["python", "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"], True),
        (["/opt/env/bin/python", "-m", "ipykernel", "-f", "{connection_file}"], True),
        (["python", "-m", "bash_kernel", "-f", "{connection_file}"], False),
        (["R", "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"], False),
        (["xpython", "-f", "{connection_file}"], False),
    ],
    ids=["ipykernel", "as uv makes it", "module", "bash", "R", "xeus"],
)
async def test_which_kernels_are_equipped(tmp_path, monkeypatch, argv, python):
    monkeypatch.setenv("PYTHONPATH", "/mine$")
    spec = equipped(KernelSpec(argv=argv, env={"A": "b"}), tmp_path / "r.json")
    assert (spec.argv[-1] == LOAD) is python
    own = {"PYTHONPATH": f"/mine$$:{PACKAGES}", "MLABS_RUNTIMES": str(tmp_path / "r.json")}
    assert spec.env == ({"A": "b"} | own if python else {"A": "b"})
    assert equipped(spec, tmp_path / "r.json").argv.count(LOAD) == python


async def test_the_specs_own_path_stays(tmp_path):
    spec = KernelSpec(argv=["python", "-m", "ipykernel"], env={"PYTHONPATH": "${PYTHONPATH}:/own"})
    assert equipped(spec, tmp_path).env["PYTHONPATH"] == f"${{PYTHONPATH}}:/own:{PACKAGES}"


async def result(tab: FrontEnd, code: str) -> dict[str, str]:
    """What the last expression of `code` shows."""
    await tab.hears()
    return (await tab.until(tab.send(code), "execute_result", "error"))["data"]


async def test_it_is_there_and_stays(service, server, notebook):
    await eventually(server.runtimes.exists)
    shown = await result(notebook, "%runtime pytorch gpu")
    assert shown[MIME] == {"environment": "pytorch", "accelerator": "gpu"}
    assert shown["text/plain"].startswith("This notebook asks for PyTorch · GPU; it runs in Python.")
    assert await notebook.execute("%reset -f") == "ok"
    assert "PyTorch  CPU or GPU" in (await result(notebook, "%runtime"))["text/plain"]
    await notebook.restart()
    assert "PyTorch  CPU or GPU" in (await result(notebook, "%runtime"))["text/plain"]
    assert (await result(notebook, "import mlabs; mlabs.runtime()"))["text/plain"] == (
        "Runtime(environment='python', accelerator='none')"
    )


async def test_words_that_mean_nothing_end_the_cell_without_a_traceback(service, server, notebook):
    await eventually(server.runtimes.exists)
    await notebook.hears()
    request = notebook.send("%runtime torch")
    heard = [await notebook.until(request, "stream", "execute_reply") for _ in range(2)]
    said, reply = sorted(heard, key=lambda content: "status" in content)
    assert said == {"name": "stderr", "text": "UsageError: There is no environment 'torch'. "
                    "There are: python, pytorch, caffe.\n"}  # fmt: skip
    assert reply["status"] == "error"


async def test_neither_a_profile_nor_files_of_ones_own_take_it_away(service, tmp_path):
    server = UserServer(tmp_path, service.url)
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    own = "c = get_config()\nc.InteractiveShellApp.extensions = ['autoreload']\n"
    (profile / "ipython_config.py").write_text(own)
    (profile / "ipython_kernel_config.py").write_text(own)
    (server.root / "mnist").mkdir()
    (server.root / "mnist" / "mlabs.py").write_text("mine = 1\n")
    await server.start()
    try:
        tab = await server.open_notebook()
        assert "text/plain" in await result(tab, "%runtime")
        assert (await result(tab, "import mlabs; mlabs.mine"))["text/plain"] == "1"
        assert "autoreload" in (await result(tab, "get_ipython().extension_manager.loaded"))["text/plain"]
        helpers = (await result(tab, "import os; os.environ['PYTHONPATH']"))["text/plain"]
        assert helpers.endswith(f":{PACKAGES}'"), "what was there comes first"
    finally:
        await server.stop()


async def test_the_front_end_still_sees_the_kernels(server):
    specs = await server.api("GET", "api/kernelspecs")
    assert json.dumps(specs).count("ipykernel_launcher") >= 1
