"""The few lines by which a notebook, a script elsewhere or a web page loads a file of a dataset."""

from __future__ import annotations

from urllib.parse import quote

from mlabs_ext.wire import Dataset, DatasetFile, Preview

MARKS = {
    "decimal_comma": "decimal=','",
    "thousands_point": "thousands='.'",
    "thousands_comma": "thousands=','",
}
TABLES = ("text/csv", "text/tab-separated-values")


def snippets(
    dataset: Dataset, file: DatasetFile, preview: Preview | None, site: str, number: int
) -> list[tuple[str, str, str]]:
    """An id, where it is for, and the lines."""
    reading = _reading(preview)
    owner = quote(dataset.owner, safe="")
    url = f"{site}data/{owner}/{dataset.name}/{number}/{quote(file.path)}"
    here = f"data/{dataset.owner}/{dataset.name}/{file.path}"
    found = [("notebook", "In a lab that uses it", _python(file, here, reading))]
    if dataset.visibility != "private":
        found += [
            ("python", "In Python, anywhere", _python(file, url, reading)),
            ("browser", "In a web page", _browser(file, url)),
        ]
    line = f'"mlabs": {{"data": ["{dataset.owner}/{dataset.name}@{number}"]}}'
    return [*found, ("line", "The line of a notebook's metadata that attaches it", line)]


def _python(file: DatasetFile, place: str, reading: str) -> str:
    if file.type in TABLES:
        return f'import pandas as pd\n\ntable = pd.read_csv("{place}"{reading})'
    if place.startswith("data/"):
        return f'with open("{place}", "rb") as file:\n    data = file.read()'
    return f'from urllib.request import urlopen\n\nwith urlopen("{place}") as file:\n    data = file.read()'


def _reading(preview: Preview | None) -> str:
    """What reading a table takes, where it is not like most: the advice that the page gives, as arguments."""
    if preview is None or preview.table is None:
        return ""
    table, codes = preview.table, {problem.code for problem in preview.problems}
    given = {"sep": table.separator, "encoding": table.encoding}
    usual = {"sep": (",",), "encoding": ("utf-8", "utf-8-sig")}
    said = "".join(f", {name}={value!r}" for name, value in given.items() if value not in usual[name])
    said += "".join(f", {argument}" for code, argument in MARKS.items() if code in codes)
    return said if table.header else f"{said}, header=None"


def _browser(file: DatasetFile, url: str) -> str:
    if file.type == TABLES[0]:
        return f'const rows = tf.data.csv("{url}");\nconsole.log(await rows.take(5).toArray());'
    kind = "json" if file.type == "application/json" else "blob"
    return f'const answer = await fetch("{url}");\nconst data = await answer.{kind}();'
