"""`python -m campaign`, in the folder `tests`: runs the campaign, prints its report, exits 1 where it fails.

python -m campaign --kills 100                      # all stages, 100 faults of each kind
python -m campaign --kills 5 --stages sqlite,disk
python -m campaign --kills 100 --write              # and keeps what came out, and writes docs/faults.md
"""

from __future__ import annotations

import argparse
import pickle
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from campaign import record, report, stages
from campaign.campaign import Result
from campaign.checker import Finding

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("campaign", description="Faults under load, and what was lost by them.")
    parser.add_argument("--kills", type=int, default=100, help="faults of each kind in each stage")
    parser.add_argument("--stages", default=",".join(stages.WHOLE), help=f"of {', '.join(stages.STAGES)}")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="for the same order again")
    parser.add_argument("--write", action="store_true", help="keep the results, and write docs/faults.md")
    parser.add_argument("--one", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    if options.one:
        result = stages.run(options.stages, options.kills, options.seed)
        Path(options.one).write_bytes(pickle.dumps(result))
        return 0
    results: dict[str, Result] = {}
    left_out: dict[str, str] = {}
    for name in options.stages.split(","):
        if why := stages.STAGES[name].absent():
            left_out[name] = why
            continue
        results[name] = apart(name, options.kills, options.seed)
        if options.write:
            record.keep(name, results[name])
            PAGE.write_text(of_all(), encoding="utf-8")
    print(report.page(results, left_out))
    for reason in (wrong := report.failed(list(results.values()))):
        print(reason, file=sys.stderr)
    return 1 if wrong else 0


def of_all() -> str:
    """The page of what is kept of all stages."""
    kept = {name: record.kept(name) for name in stages.WHOLE}
    results = {name: one for name, one in kept.items() if one}
    return report.page(results, {name: "it has not run" for name, one in kept.items() if not one})


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
