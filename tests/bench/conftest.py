"""The benchmarks' own modules, which are no package."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "bench"))
