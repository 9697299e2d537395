"""`python -m campaign`, in the folder `tests`: runs the campaign, prints its report, exits 1 where it fails.

python -m campaign --kills 100                      # all stages, 100 faults of each kind
python -m campaign --kills 5 --stages sqlite,disk
python -m campaign --kills 100 --write              # and docs/faults.md
"""

from __future__ import annotations

import argparse
import pickle
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from campaign import report, stages
from campaign.campaign import Result
from campaign.checker import Finding

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("campaign", description="Faults under load, and what was lost by them.")
    parser.add_argument("--kills", type=int, default=100, help="faults of each kind in each stage")
    parser.add_argument("--stages", default=",".join(stages.WHOLE), help=f"of {', '.join(stages.STAGES)}")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="for the same order again")
    parser.add_argument("--write", action="store_true", help="write docs/faults.md")
    parser.add_argument("--one", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    if options.one:
        result = stages.run(options.stages, options.kills, options.seed)
        Path(options.one).write_bytes(pickle.dumps(result))
        return 0
    results, left_out = [], {}
    for name in options.stages.split(","):
        if why := stages.STAGES[name].absent():
            left_out[stages.STAGES[name].title] = why
            continue
        results.append(apart(name, options.kills, options.seed))
    text = report.page(results, left_out, options.kills, options.seed)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    for reason in (wrong := report.failed(results)):
        print(reason, file=sys.stderr)
    return 1 if wrong else 0


def apart(name: str, count: int, seed: int) -> Result:
    """A stage in a process of its own, so that what one does to its process is nobody else's."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "result.json")
        said = ["--one", file, "--stages", name, "--kills", str(count), "--seed", str(seed)]
        command = [sys.executable, "-m", "campaign", *said]
        if subprocess.run(command, cwd=Path(__file__).parents[1], check=False).returncode:
            result = Result(stages.STAGES[name].title, seed)
            result.findings.append(Finding("undone", "the stage did not come to its end: see what it said"))
            return result
        return pickle.loads(file.read_bytes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
