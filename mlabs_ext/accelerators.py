"""What labs may ask for beside an environment: the classes of accelerators, and what people call them."""

from __future__ import annotations

NONE = "none"
# A machine that somebody lends: it is placed like an accelerator, and counted like one.
COMMUNITY = "community"
# Whoever owns a machine reads what runs there. Said wherever the class is chosen.
WARNING = (
    "It runs on a machine that somebody lends. Whoever owns that machine can read this lab's code, data and "
    "results: choose it only for what need not stay private."
)


def label(accelerator: str) -> str:
    """What people call it: `"GPU"`, `"Community machine"`, `"None"`."""
    if accelerator == COMMUNITY:
        return "Community machine"
    return "None" if accelerator == NONE else accelerator.upper()


def caution(accelerator: str) -> str:
    """What a person has to know who chooses it; empty where there is nothing."""
    return WARNING if accelerator == COMMUNITY else ""


def held(accelerator: str) -> str:
    """In a sentence: `"a GPU"`, `"a community machine"`."""
    return "a community machine" if accelerator == COMMUNITY else f"a {label(accelerator)}"


def counted(accelerator: str) -> str | None:
    """By which hours of a plan it is counted: those of GPUs but for lent machines; None where by none."""
    if accelerator == NONE:
        return None
    return COMMUNITY if accelerator == COMMUNITY else "gpu"
