"""What tests share: the marks for what a machine may lack, and the big fixtures."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser
from support import needs
from support.browsers import chromium
from support.images import prefix
from support.postgresql import Server
from support.service_process import ServiceProcess
from support.shown import shown
from support.up import Up

if TYPE_CHECKING:
    from support.s3 import Store

# A collection goes through all that is loaded: at the rate that Python has, it takes a tenth of the time.
gc.set_threshold(50_000, 20, 100)
# Tests that meet at the Docker engine: one process runs them. The others meet nobody.
END_TO_END = ("end_to_end/test_docker_labs", "end_to_end/test_story", "end_to_end/test_warm_labs")
SPAWNERS = tuple(f"spawner/test_{name}" for name in ("docker", "leftovers", "swarm", "warm"))
OTHERS = ("doctor/test_containers", "images/", "test_deploy", "test_up.py", "up/test_clusters")
OTHERS += ("campaign/test_containers",)
TOGETHER = tuple(f"tests/{name}" for name in END_TO_END + SPAWNERS + OTHERS)
# Files that take longest, so that no process waits for one at the end.
BROWSERS = (
    "end_to_end/test_labextension_story",
    "service/web/test_accessibility_browser",
    "service/web/test_hostile_browser",
)
OF_MINUTES = ("campaign/test_campaign", "fuzz/test_openapi", "spawner/test_quota", *BROWSERS)
LONGEST = (*TOGETHER, *(f"tests/{name}" for name in OF_MINUTES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest; refuse tests that use the engine outside the files of those that do."""
    for item in items:
        shares = item.get_closest_marker("docker") or "docker_up" in getattr(item, "fixturenames", ())
        if shares and not item.nodeid.startswith(TOGETHER):
            raise pytest.UsageError(f"{item.nodeid} uses the Docker engine: its file belongs to TOGETHER.")
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where it is required, what this machine cannot run."""
    for need in needs.NEEDS:
        if item.get_closest_marker(need):
            needs.insist(need)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails says what its browser showed, and what its service logged."""
    report = yield
    if report.failed and report.when == "call":
        for one in getattr(item, "funcargs", {}).values():
            if isinstance(one, Browser):
                report.sections.append(("what the browser showed", shown(one)))
            if isinstance(one, ServiceProcess):
                report.sections.append(("what the service logged", one.said()))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out tests to several processes: a file is never divided, and what shares an engine goes to one."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "together" if nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]

    return Scheduling(config, log)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of the notebook corpus."""
    needs.insist("corpus")
    return needs.corpus()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. It lasts for a module only: while it runs, no async test could."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL server of the tests' own."""
    needs.insist("postgresql")
    programs = needs.postgresql_programs()
    assert programs
    server = Server(programs)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> str:
    """The SQLAlchemy URL of an empty PostgreSQL database."""
    return postgresql_server.new_database()


@pytest.fixture(scope="session")
def s3_store() -> Iterator[Store]:
    """An S3-compatible store of the tests' own; who kills it starts it again."""
    from support.s3 import Store

    needs.insist("s3")
    program = needs.seaweedfs()
    assert program
    store = Store(program)
    try:
        store.start()
        yield store
    finally:
        store.stop()


@pytest.fixture(scope="session", autouse=True)
def environments(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All `mlabs up` of a session share what they install; `MLABS_TEST_ENVIRONMENTS` keeps it."""
    if not os.environ.get("MLABS_TEST_ENVIRONMENTS"):
        os.environ["MLABS_TEST_ENVIRONMENTS"] = str(tmp_path_factory.mktemp("environments"))


@pytest.fixture(scope="session", autouse=True)
def image_names() -> None:
    """All that runs in a session knows images by names of this checkout's own."""
    os.environ["MLABS_IMAGE_PREFIX"] = prefix()


@pytest.fixture(scope="session")
def mlabs_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A real `mlabs up` for all that a process runs: `.url`, `.password`, `.data`."""
    up = Up(tmp_path_factory.mktemp("up") / "data")
    try:
        yield up.wait_ready()
    finally:
        status = up.stop()
    assert status == 0, up.said()


@pytest.fixture(scope="session")
def docker_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The same with each lab in a container of its own; it offers `python` and `theano`."""
    from support.images import image
    from support.volumes import forget

    environments = [name for name in ("python", "theano") if image(name)]
    up = Up(
        tmp_path_factory.mktemp("docker") / "data",
        *("--spawner", "docker", "--environments", ",".join(environments)),
    )
    try:
        yield up.wait_ready()
    finally:
        status = up.stop()
        forget(up.data)
    assert status == 0, up.said()
