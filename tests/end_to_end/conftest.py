"""JupyterLab on a stand-in for the service, and a browser page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.jupyterlab import SOON, Stage

expect.set_options(timeout=SOON)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The service and the server; each module has its own."""
    stage = Stage(tmp_path_factory.mktemp("jupyterlab"))
    yield stage.start()
    stage.stop()


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    """A tab of a browser of its own; after it the service works again."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.set_default_timeout(SOON)
    yield page
    context.close()
    stage.service.fault = lambda path, body: None
