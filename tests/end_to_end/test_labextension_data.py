"""The Data panel in a real JupyterLab with the real service: find, add, read, upload, detach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

# The harness of the service's own tests.
from service.conftest import Site, lasting_site, migrated
from support.axe import ALL, in_both_themes
from support.jupyterlab import LabServer, Stage, menu, open_notebook
from support.models import converting, doubling, upload
from support.screenshots import keep
from support.waiting import until

pytestmark = pytest.mark.browser

__all__ = ["lasting_site", "migrated"]

CSV = b"name;size\n" + b"".join(b"bird %d;%d\n" % (n, n) for n in range(40))
# More than one piece.
LARGE = 3_000_000


class DataStage(Stage):
    """ada's server on the real service, which has its library."""

    def __init__(self, home: Path, site: Site):
        super().__init__(home)
        self.site = site

    def start(self) -> DataStage:
        self.site.service.library.stock()
        self.thread.start()
        self.server = LabServer(self.home, self.site.url)
        self.server.options += ("--Outputs.interval=0.1",)
        self.server.token = "ada-token"
        self.call(self.server.start())
        return self

    def stop(self) -> None:
        self.call(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def lab(self, name: str, *cells: str, **metadata: object) -> str:
        """A lab of ada's, and its notebook here; where that is."""
        self.site.publish(name=name, title=name)
        path = f"{name}/{name}.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        own = {"lab": f"ada/{name}", "environment": "python", "accelerator": "none", **metadata}
        self.server.write_notebook(path, list(cells), {"kernelspec": kernel, "mlabs": own})
        return path

    def uses(self, name: str) -> list[str]:
        """What the service says that a lab uses."""
        items = self.site.as_("ada").get(f"api/v1/labs/ada/{name}/data").json()["items"]
        return [item["dataset"] for item in items]

    def line(self, path: str) -> list[str]:
        """What the notebook says itself."""
        return self.read(path)["metadata"]["mlabs"].get("data", [])


@pytest.fixture(scope="module")
def stage(lasting_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataStage]:
    stage = DataStage(tmp_path_factory.mktemp("jupyterlab"), lasting_site)
    yield stage.start()
    stage.stop()


def panel(page: Page, front_end: str = "lab") -> Locator:
    if front_end == "lab":
        page.get_by_role("tab", name="Data: what this notebook uses").click()
    else:
        menu(page, "View", "Show Data")
    return page.get_by_role("region", name="Data", exact=True)


def drop(page: Page, onto: Locator, name: str, content: bytes) -> None:
    """Drop a file, as from a desktop."""
    made = """([name, size, start]) => {
        const bytes = new Uint8Array(size).fill(49);
        bytes.set(new TextEncoder().encode(start));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, {lastModified: 7}));
        return transfer;
    }"""
    transfer = page.evaluate_handle(made, [name, len(content), content[:1000].decode()])
    for kind in ("dragover", "drop"):
        onto.dispatch_event(kind, {"dataTransfer": transfer})


def test_find_add_read_detach(stage: DataStage, page: Page) -> None:
    path = stage.lab("birds", "text = open()")
    open_notebook(stage, page, path)
    data = panel(page)
    expect(data).to_contain_text("This notebook uses no data yet")
    keep(page, "labextension-data-empty")
    data.get_by_role("button", name="Add data").click()
    dialog = page.get_by_role("dialog", name="Add data")
    field = dialog.get_by_role("searchbox", name="Search for data")
    expect(field).to_be_focused()
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    field.fill("penguins")
    results = dialog.get_by_role("list", name="Results").get_by_role("listitem")
    expect(results).to_have_count(1)
    expect(results).to_contain_text("library/penguins")
    expect(results).to_contain_text("CC0-1.0")
    dialog.get_by_role("button", name="Preview: ").click()
    look = page.get_by_role("dialog", name="penguins")
    expect(look.get_by_role("columnheader", name="species")).to_be_visible()
    expect(look.get_by_role("heading", name="penguins")).to_be_focused()
    keep(page, "labextension-data-preview")
    look.get_by_role("button", name="Back to the search").click()
    dialog.get_by_role("button", name="Add: ").click()
    expect(dialog.get_by_role("button", name="In this notebook: ")).to_be_visible()
    keep(page, "labextension-add-data")
    dialog.get_by_role("button", name="Close").click()
    item = data.get_by_role("list", name="Datasets of this notebook").get_by_role("listitem")
    expect(item).to_contain_text("data/library/penguins")
    assert stage.uses("birds") == ["library/penguins"]
    assert stage.line(path) == ["library/penguins"]

    # The path goes where the cursor is, and the cell reads the file.
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    item.get_by_role("button", name="Insert path: ").click()
    code = page.locator(".jp-CodeCell .cm-content").first
    expect(code).to_have_text('text = open("data/library/penguins/penguins.csv")')
    page.keyboard.press("End")
    page.keyboard.type(".readline(); text")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("species")

    item.get_by_role("button", name="Insert code: ").click()
    last = page.locator(".jp-CodeCell .cm-content").last
    expect(last).to_contain_text('table = pd.read_csv("data/library/penguins/penguins.csv")')
    keep(page, "labextension-data")

    item.get_by_role("combobox").select_option("1")
    expect(data.get_by_role("status").first).to_contain_text("stays at version 1")
    until(lambda: stage.line(path) == ["library/penguins@1"])
    item.get_by_role("button", name="Detach: ").click()
    question = page.locator(".jp-Dialog")
    expect(question).to_contain_text("reads data/library/penguins")
    assert in_both_themes(page, ".jp-Dialog") == []
    question.get_by_role("button", name="Cancel").click()
    expect(item).to_have_count(1)
    item.get_by_role("button", name="Detach: ").click()
    question.get_by_role("button", name="Detach").click()
    expect(data).to_contain_text("This notebook uses no data yet")
    assert stage.uses("birds") == []
    until(lambda: stage.line(path) == [])
    assert not (stage.server.root / "birds" / "data" / "library" / "penguins").exists()


def test_a_newer_version_is_offered(stage: DataStage, page: Page) -> None:
    ada = stage.site.as_("ada")
    parts = [("file", ("birds.csv", CSV))]
    assert ada.post("api/v1/datasets", files=parts, data={"name": "newer"}).status_code == 201
    more = [("file", ("more.csv", CSV))]
    assert ada.post("api/v1/datasets/ada/newer/versions", files=more).status_code == 201
    path = stage.lab("newer", "1", data=["ada/newer@1"])
    open_notebook(stage, page, path)
    data = panel(page)
    item = data.get_by_role("listitem")
    expect(item).to_contain_text("It is not on this server yet.")
    assert in_both_themes(page, "#mlabs-data", ALL) == []
    item.get_by_role("button", name="Fetch: ").click()
    item.get_by_role("button", name="Use version 2").click()
    expect(item.get_by_role("combobox")).to_have_value("2")
    expect(item.get_by_role("button", name="Insert code: ")).to_be_visible()
    item.get_by_role("button", name="Insert code: ").click()
    expect(page.locator(".jp-CodeCell .cm-content").last).to_contain_text('sep=";"')
    assert (stage.server.root / "newer" / "data" / "ada" / "newer" / "more.csv").read_bytes() == CSV


def test_an_upload_goes_on_after_a_break_and_a_reload(stage: DataStage, page: Page) -> None:
    path = stage.lab("drops", "1")
    open_notebook(stage, page, path)
    data = panel(page)
    expect(data).to_contain_text("This notebook uses no data yet")
    content = CSV.ljust(LARGE, b"1")
    broken = True

    def cut(route: Route) -> None:
        # The first piece arrives, and then nothing does.
        offset = route.request.headers.get("upload-offset", "0")
        if broken and (route.request.method == "GET" or offset != "0"):
            route.abort()
        else:
            route.continue_()

    page.route("**/mlabs/api/data/uploads/*", cut)
    drop(page, data, "twos.csv", content)
    dialog = page.get_by_role("dialog", name="New dataset")
    expect(dialog.get_by_label("Title")).to_have_value("twos")
    keep(page, "labextension-new-dataset")
    assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
    dialog.get_by_role("button", name="Upload").click()
    expect(data).to_contain_text("The connection is broken. It is tried again. 34 % of 3.0 MB is there.")
    keep(page, "labextension-data-upload")
    assert in_both_themes(page, "#mlabs-data", ALL) == []
    data.get_by_role("button", name="Pause: twos").click()
    expect(data).to_contain_text("Paused at 34 %")
    assert in_both_themes(page, "#mlabs-data", ALL) == []
    broken = False
    page.reload()
    open_notebook(stage, page, path)
    data = panel(page)
    expect(data).to_contain_text("Here in part: twos.csv (34 %)")
    assert in_both_themes(page, "#mlabs-data", ALL) == []
    sent: list[int] = []
    page.on(
        "request",
        lambda request: (
            request.method == "PATCH"
            and "/data/uploads/" in request.url
            and sent.append(int(request.headers["upload-offset"]))
        ),
    )
    drop(page, data, "twos.csv", content)
    dialog = page.get_by_role("dialog", name="New dataset")
    dialog.get_by_role("button", name="Upload").click()
    item = data.get_by_role("list", name="Datasets of this notebook").get_by_role("listitem")
    expect(item).to_contain_text("ada/twos")
    expect(item.get_by_role("button", name="Insert code: ")).to_be_visible()
    assert sent[0] == 1048576, "nothing is sent twice"
    there = stage.server.root / "drops" / "data" / "ada" / "twos" / "twos.csv"
    assert there.stat().st_size == LARGE
    assert stage.uses("drops") == ["ada/twos"]
    until(lambda: stage.line(path) == ["ada/twos"])


def test_the_keyboard_alone_is_enough(stage: DataStage, page: Page) -> None:
    path = stage.lab("keys", "1")
    open_notebook(stage, page, path, "lab")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Alt+d")
    dialog = page.get_by_role("dialog", name="Add data")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("iris")
    results = dialog.get_by_role("list", name="Results").get_by_role("listitem")
    expect(results).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("button", name="Add: ")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="In this notebook: ")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert stage.uses("keys") == ["library/iris"]


def test_what_a_run_made_and_models_are_found(stage: DataStage, page: Page) -> None:
    ada = stage.site.as_("ada")
    path = stage.lab("makes", "import os; os.makedirs('outputs'); open('outputs/one.txt', 'w').write('1')")
    with converting(stage.site):
        assert upload(ada, doubling(), name="sum", title="A sum").status_code == 201
    open_notebook(stage, page, path)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    until(lambda: ada.get("api/v1/labs/ada/makes/assets").json()["items"])
    data = panel(page)
    data.get_by_role("button", name="Add data").click()
    dialog = page.get_by_role("dialog", name="Add data")
    dialog.get_by_label("Whose").select_option("mine")
    dialog.get_by_role("radio", name="Models").check()
    expect(dialog.get_by_role("listitem")).to_contain_text("ada/sum")
    dialog.get_by_role("radio", name="Outputs of runs").check()
    dialog.get_by_role("searchbox").fill("makes")
    dialog.get_by_role("button", name="Show files: makes").click()
    files = page.get_by_role("dialog", name="Outputs of makes")
    expect(files.get_by_role("checkbox")).to_have_count(1)
    keep(page, "labextension-data-outputs")
    files.get_by_role("button", name="Add as a dataset").click()
    item = data.get_by_role("list", name="Datasets of this notebook").get_by_role("listitem")
    expect(item).to_contain_text("ada/outputs-of-makes")
    data.get_by_role("button", name="Add data").click()
    dialog.get_by_label("Whose").select_option("mine")
    dialog.get_by_role("radio", name="Models").check()
    dialog.get_by_role("button", name="Insert code: A sum").click()
    expect(page.locator(".jp-CodeCell .cm-content").last).to_contain_text("model.json")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".jp-OutputArea-output").last).to_contain_text("dict_keys")


def test_notebook_7_has_it_too(stage: DataStage, page: Page) -> None:
    path = stage.lab("seven", "1", data=["library/wine"])
    open_notebook(stage, page, path, "notebook")
    data = panel(page, "notebook")
    expect(data.get_by_role("listitem")).to_contain_text("library/wine")
    keep(page, "labextension-data-notebook")


def test_nobody_is_shut_out(stage: DataStage, page: Page) -> None:
    path = stage.lab("open", "1", data=["library/penguins", "eve/gone"])
    open_notebook(stage, page, path)
    data = panel(page)
    expect(data.get_by_role("listitem")).to_have_count(2)
    keep(page, "labextension-data")
    assert in_both_themes(page, "#mlabs-data", ALL) == []
    data.get_by_role("button", name="Add data").click()
    dialog = page.get_by_role("dialog", name="Add data")
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
    dialog.get_by_role("button", name="Preview: ").first.click()
    expect(page.get_by_role("columnheader").first).to_be_visible()
    assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
    page.keyboard.press("Escape")
    data.get_by_role("button", name="By address…").click()
    page.get_by_role("dialog", name="Add data by its address").wait_for()
    assert in_both_themes(page, ".mlabs-Dialog", ALL) == []
