"""`mlabs.log` in a real kernel, as its server would start it, and in a plain one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from mlabs_ext.lab.kernel_specs import LOAD, PACKAGES

FAKES = """
import sys, types
keras = types.ModuleType("keras"); keras.callbacks = types.SimpleNamespace(Callback=type("Callback", (), {}))
class History:
    def __init__(self, epoch, **history): self.epoch, self.history = epoch, history
History.__module__ = "keras.callbacks"
sys.modules["keras"] = keras
logger = types.ModuleType("lightning.pytorch.loggers.logger"); logger.Logger = type("Logger", (), {})
for name in ("lightning", "lightning.pytorch", "lightning.pytorch.loggers"):
    sys.modules[name] = types.ModuleType(name)
sys.modules[logger.__name__] = logger
import mlabs
"""


class Kernel:
    """A kernel and what it says of metrics; `run(code)` returns the steps, and all messages with `said`."""

    def __init__(self, listens: bool):
        variables = {name: value for name, value in os.environ.items() if name != "MLABS_RUNTIMES"}
        variables |= {"PYTHONPATH": str(PACKAGES)} | ({"MLABS_RUNTIMES": "/nowhere"} if listens else {})
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=variables, extra_arguments=[LOAD] if listens else [])
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(60)
        self.said: list[dict[str, Any]] = []

    def run(self, code: str) -> list[list[Any]]:
        self.said = []
        reply = self.client.execute_interactive(code, timeout=120, output_hook=self.said.append)
        assert reply["content"]["status"] == "ok", reply["content"]
        sent = [one["content"]["data"] for one in self.said if one["msg_type"] == "comm_msg"]
        return [point for data in sent for point in data["points"]]

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    made = Kernel(listens=True)
    yield made
    made.stop()


def steps(points: list[list[Any]]) -> list[tuple[int | None, dict[str, Any]]]:
    return [(step, values) for step, _, values in points]


def test_what_counts_as_a_number(kernel):
    code = """
import mlabs
class Scalar:  # as NumPy, PyTorch and JAX have it
    def item(self): return 0.25
class Eager:  # as TensorFlow has it
    def numpy(self): return Scalar()
mlabs.log({"a": Scalar(), "b": {"c": Eager(), 1: True}}, d=float("nan"), e=-float("inf"), f=10**400, step=3.0)
"""
    assert steps(kernel.run(code)) == [
        (3, {"a": 0.25, "b/c": 0.25, "b/1": 1, "d": "NaN", "e": "-Infinity", "f": "Infinity"})
    ]
    assert [one["msg_type"] for one in kernel.said if one["msg_type"] != "status"] == [
        "execute_input", "comm_msg"
    ], "no output"  # fmt: skip


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("mlabs.log(a='much')", "'a' is no number but str"),
        ("mlabs.log(a=[1, 2])", "'a' is no number but list"),
        ("mlabs.log(a=1, step='x')", "'step' is no number"),
        ("mlabs.log(3)", "takes names and numbers"),
    ],
)
def test_what_does_not(kernel, call, says):
    code = f"import mlabs\ntry: {call}\nexcept TypeError as error: print(error)"
    assert kernel.run(code) == []
    printed = "".join(one["content"]["text"] for one in kernel.said if one["msg_type"] == "stream")
    assert says in printed


def test_a_flood(kernel):
    code = """
import time
begun = time.process_time()
for n in range(100_000): mlabs.log(loss=1.0 if n == 777 else 0.5, step=n)
print(time.process_time() - begun)
"""
    points = kernel.run(code)
    sent = [one for one in kernel.said if one["msg_type"] == "comm_msg"]
    assert (points[0][0], points[-1][0]) == (0, 99_999)
    assert 777 in [step for step, _, _ in points], "extremes stay"
    assert len(points) <= 150 * len(sent)
    took = float("".join(one["content"]["text"] for one in kernel.said if one["msg_type"] == "stream"))
    assert took < 20, "a call that cost a tenth of a millisecond would be felt"
    assert len(sent) <= took / 0.5 * 10 + 10


def test_names_are_bounded(kernel):
    points = kernel.run("import warnings; warnings.simplefilter('ignore')\n"
                        "mlabs.log({f'n{i:03}': i for i in range(300)})\nmlabs.log(other=1)")  # fmt: skip
    assert len(points) <= 2
    assert len(points[0][2]) == 200
    assert "other" not in json.dumps(points)


def test_a_fork_says_nothing(kernel):
    code = "import os\npid = os.fork()\nif pid == 0:\n    mlabs.log(child=1); os._exit(0)\nos.waitpid(pid, 0)"
    assert kernel.run(f"{code}\nmlabs.log(parent=1)")[0][2] == {"parent": 1}
    assert "child" not in json.dumps([one["content"] for one in kernel.said if one["msg_type"] == "comm_msg"])


def test_keras(kernel):
    """By its documented protocol: the real Keras takes too long to install for every run of the tests."""
    kernel.run(FAKES)
    code = """
callback = mlabs.KerasCallback(batches=2)
callback.model = types.SimpleNamespace(history=History([0], loss=[0.5]))
for batch in range(4): callback.on_train_batch_end(batch, {"loss": 0.75})
callback.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.6})
callback.on_train_end()
history = callback.model.history
assert isinstance(mlabs.keras_callback(), mlabs.KerasCallback)
"""
    assert steps(kernel.run(code)) == [
        (2, {"batch/loss": 0.75}), (4, {"batch/loss": 0.75}), (0, {"loss": 0.5, "val_loss": 0.6})
    ]  # fmt: skip
    assert kernel.run("1") == [], "what the callback has logged is not logged again"
    assert steps(kernel.run("later = History([0, 1], loss=[0.3, 0.2])")) == [
        (0, {"loss": 0.3}),
        (1, {"loss": 0.2}),
    ]
    assert kernel.run("mlabs.log(later)") == []


def printed(kernel, name):
    said = [one["content"] for one in kernel.said if one["msg_type"] == "stream"]
    return "".join(one["text"] for one in said if one["name"] == name)


def test_a_metric_of_keras_that_is_no_single_number(kernel):
    """As F1Score has it by default: one number a class."""
    kernel.run(FAKES)
    vector = "History([0, 1], loss=[0.5, 0.4], f1=[[0.1, 0.2], [0.3, 0.4]])"
    assert steps(kernel.run(f"first = {vector}")) == [(0, {"loss": 0.5}), (1, {"loss": 0.4})]
    assert kernel.run("2") == [], "it is logged once"
    assert not [one for one in kernel.said if one["msg_type"] in ("stream", "error")]
    code = f"""
callback = mlabs.KerasCallback(batches=1)
callback.model = types.SimpleNamespace(history={vector})
callback.on_train_batch_end(0, {{"loss": 0.75, "f1": [0.1, 0.2]}})
for epoch in range(2): callback.on_epoch_end(epoch, {{"loss": 0.5, "f1": [0.1, 0.2]}})
callback.on_train_end()
"""
    assert steps(kernel.run(code)) == [(1, {"batch/loss": 0.75}), (0, {"loss": 0.5}), (1, {"loss": 0.5})]
    assert printed(kernel, "stderr").count("f1: not logged") == 2, "batch/f1 and f1, each once"
    code = f"second = {vector}\ntry: mlabs.log(second)\nexcept TypeError as error: print(error)"
    assert kernel.run(code) == []
    assert "'f1' is no number but list" in printed(kernel, "stdout")
    assert kernel.run("3") == []


def test_a_history_that_holds_nothing_is_passed_over(kernel):
    kernel.run(FAKES)
    assert kernel.run("other = History([0]); other.history = None") == []
    assert kernel.run("4") == []
    assert not [one for one in kernel.said if one["msg_type"] in ("stream", "error")]
    kernel.run("del other")


def test_lightning(kernel):
    """By its documented protocol, for the same reason."""
    kernel.run(FAKES)
    code = (
        "logger = mlabs.LightningLogger()\nlogger.log_hyperparams({'lr': 1})\n"
        "logger.log_metrics({'train/loss': 0.5, 'epoch': 0}, step=7)\nprint(logger.name, logger.experiment)"
    )
    assert steps(kernel.run(code)) == [(7, {"train/loss": 0.5, "epoch": 0})]
    assert steps(kernel.run("logger.log_metrics({'a': 1, 'b': [1, 2]}, step=8)")) == [(8, {"a": 1})]


def test_where_nobody_listens():
    plain = Kernel(listens=False)
    try:
        assert plain.run("import mlabs\nmlabs.log(loss=1, step=1)\nmlabs.log({'a': {'b': 2}})") == []
        assert [
            one["msg_type"] for one in plain.said if one["msg_type"] not in ("status", "execute_input")
        ] == []
    finally:
        plain.stop()


def test_without_ipython(tmp_path):
    import subprocess

    code = "import mlabs; mlabs.log(loss=0.5, step=1); print('done')"
    environment = {"PYTHONPATH": str(PACKAGES), "PATH": os.environ["PATH"]}
    out = subprocess.run([sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True)
    assert (out.stdout, out.stderr) == ("done\n", "")
