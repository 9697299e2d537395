"""The stand-in for the service, until its standard input ends: then it says how many events came."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from lab.fake_service import FakeService


async def main() -> None:
    """Be it."""
    service = FakeService()
    await service.up()
    service.add_lab("ada/mnist")
    print(service.url, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(sum(len(events) for events in service.events.values()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
