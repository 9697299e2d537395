"""An upgrade by docs/deployment.md with somebody inside: kernels go on, and the browser finds them again."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import docker
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from playwright.sync_api import Page
from support import images
from support.browsers import chromium
from support.one_machine import SETTINGS, SITE, flags, new_lab, run_cell, served, sign_in
from support.screenshots import keep
from support.waiting import until

import mlabs_ext
from mlabs_ext.up.data import DataDir
from mlabs_ext.up.hub import config_file
from mlabs_ext.up.settings import Settings

pytestmark = [
    pytest.mark.docker,
    pytest.mark.browser,
    pytest.mark.nginx,
    pytest.mark.postgresql,
    pytest.mark.slow,
]
COUNT = "import time\nfor n in range(100_000):\n    print('count', n, flush=True)\n    time.sleep(0.2)"
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "{head}"

def upgrade():
    op.add_column("lab", sa.Column("shouted", sa.String(255)))
    op.execute("UPDATE lab SET shouted = upper(title)")
"""
OUTPUTS = ".jp-Notebook .jp-OutputArea-output"


def counted(page: Page) -> int:
    """How far the browser has seen the kernel count."""
    return int(re.findall(r"count (\d+)", page.locator(OUTPUTS).nth(1).inner_text())[-1])


def running(data: Path) -> set[tuple[str, str]]:
    """The lab's containers, and since when each runs."""
    labels = [f"org.mlabs.instance={DataDir(data).prefix()}", "org.mlabs.lab=ada/inside"]
    client = docker.from_env()
    try:
        found = client.containers.list(filters={"label": labels})
        return {(one.id, one.attrs["State"]["StartedAt"]) for one in found}
    finally:
        client.close()


def next_release(folder: Path) -> Path:
    """A folder whose MLabs is this one with one more change of the tables: what an upgrade brings."""
    package = folder / "mlabs_ext"
    shutil.copytree(Path(mlabs_ext.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    # Where the installation is editable, it is looked for beside the package.
    shutil.copy(config_file(), folder)
    versions = package / "service" / "migrations" / "versions"
    config = Config()
    config.set_main_option("script_location", str(versions.parent))
    head = ScriptDirectory.from_config(config).get_current_head()
    (versions / "9999_next.py").write_text(MIGRATION.format(head=head))
    return folder


def test_who_is_inside_goes_on(tmp_path, postgresql_server, capsys):
    images.image("python")
    with served(tmp_path, postgresql_server) as (machine, front), chromium(*flags(front)) as browser:
        up = machine.start()
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(60_000)
        # JupyterLab may want to save while MLabs is away, and says that it could not.
        unsaved = page.get_by_role("dialog", name=re.compile("^File Save Error"))
        page.add_locator_handler(unsaved, lambda said: said.get_by_role("button", name="Close").click())
        sign_in(page, "ada")
        new_lab(page, "Inside")
        run_cell(page, "kept = 41; print('made')", "made")
        run_cell(page, COUNT, "count 3")
        before = running(machine.data)
        assert len(before) == 1

        stopped = time.monotonic()
        assert up.stop() == 0, up.said()
        assert running(machine.data) == before
        seen = counted(page)
        up = machine.start(PYTHONPATH=str(next_release(tmp_path / "next")))
        away = time.monotonic() - stopped
        tables = sa.create_engine(Settings(str(machine.file(SETTINGS))).config.Store.url)
        with tables.connect() as connection:
            assert connection.scalar(sa.text("SELECT shouted FROM lab WHERE name = 'inside'")) == "INSIDE"
        tables.dispose()

        # What the kernel said meanwhile comes too, in the same page.
        until(lambda: counted(page) > seen + 5 * away / 2, 180, lambda: counted(page))
        assert running(machine.data) == before
        lines = [int(n) for n in re.findall(r"count (\d+)", page.locator(OUTPUTS).nth(1).inner_text())]
        assert lines == list(range(len(lines)))
        keep(page, "upgrade-counting")
        page.get_by_role("button", name=re.compile("interrupt", re.I)).first.click()
        page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).first.wait_for()
        run_cell(page, "print(kept + 1)", "42")

        page.goto(f"https://{SITE}/services/mlabs/@ada/inside/runs")
        links = page.locator("main a[href*='/runs/']")
        assert len(set(links.evaluate_all("links => links.map(a => a.href)"))) == 1
        assert up.stop() == 0, up.said()
        with capsys.disabled():
            print(f"\nMLabs was away for {away:.0f} s.")
