"""The one fake of an accelerator: an inventory of ones that no machine has."""

from mlabs_spawner.gpus import Gpus

NAMES = ["GPU-fake-0", "GPU-fake-1"]


class FakeGpus(Gpus):
    """A queue of its own, whatever the machine has; `count` accelerators."""

    def __init__(self, count=1, **traits):
        super().__init__(devices=[f"GPU-fake-{number}" for number in range(count)], **traits)


def person(name, lab=""):
    """Somebody, for a lab."""
    from mlabs_ext import wire

    return wire.HubPerson(name, lab or f"{name}/lab")


def fake_nvidia_smi(folder, use="50, 1024\n", status=0):
    """A program `nvidia-smi` in `folder`, which says what is in `folder/use`; each question goes to `asked`.

    `use` has a line per GPU: utilization in percent, memory in MiB.
    """
    (folder / "use").write_text(use)
    program = folder / "nvidia-smi"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\ncat "{folder}/use"\nexit {status}\n')
    program.chmod(0o755)
    return program
