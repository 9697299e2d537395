"""Results of stages on disk: the page is written of the last of each, whenever it ran."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from campaign.campaign import Result
from campaign.checker import Finding
from campaign.recovery import Recovery

FOLDER = Path(__file__).with_name("record")


def keep(name: str, result: Result, folder: Path = FOLDER) -> None:
    """Write the result of the stage of this name, in place of an earlier one."""
    folder.mkdir(exist_ok=True)
    said = vars(result) | {
        "recoveries": [[one.kind, round(one.read, 2), round(one.write, 2)] for one in result.recoveries],
        "findings": [asdict(one) for one in result.findings],
    }
    (folder / f"{name}.json").write_text(json.dumps(said, separators=(",", ":")) + "\n", encoding="utf-8")


def kept(name: str, folder: Path = FOLDER) -> Result | None:
    """The last result of a stage; None where it never ran."""
    try:
        said = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    said["recoveries"] = [Recovery(*one) for one in said["recoveries"]]
    said["findings"] = [Finding(**one) for one in said["findings"]]
    said["states"] = {kind: Counter(states) for kind, states in said["states"].items()}
    said["strikes"], said["answers"] = Counter(said["strikes"]), Counter(said["answers"])
    return Result(**said)
