"""How a run ended, in one sentence: the same on pages, in mails and for webhooks."""

from __future__ import annotations

from mlabs_ext.service import orm
from mlabs_ext.service.batch_state import NOT_STARTED
from mlabs_ext.service.times import duration

MAX_WORDS = 200
# What makes a run fail that has no error of its own.
WHY = {
    "crashed": "its kernel crashed",
    "out_of_memory": "it ran out of memory",
    "timeout": "its time limit was over",
}
WORDS = {
    "succeeded": "succeeded",
    "failed": "failed",
    "stopped": "was stopped",
    "lost": "was lost: its server went away before it ended",
    **{reason: f"failed: {why}" for reason, why in WHY.items()},
    "limit": "was stopped: its owner's plan does not let servers run longer",
}


def line(text: str) -> str:
    """Words that come from elsewhere, on one line."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= MAX_WORDS else f"{plain[: MAX_WORDS - 1]}…"


def told(run: orm.Run, title: str) -> str:
    """What became of a run of the lab of this title."""
    error = run.error or {}
    if error.get("ename") == NOT_STARTED:
        return f"“{line(title)}” was not started: {line(error['evalue'])}"
    words = WORDS.get(run.reason or "", WORDS.get(run.status, run.status))
    after = f", after {duration(run.duration)}" if run.duration else ""
    raised = line(": ".join(filter(None, (error.get("ename"), error.get("evalue")))))
    return f"“{line(title)}” {words}{after}" + (f": {raised}" if raised else ".")
