"""Notebooks that are imported by the pages, as a browser would."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import quote

BASE = "/services/mlabs/"


def looked(place, url, name="ada", status=200):
    return place.town.page(name, f"import?url={quote(url, safe='')}", status)


def values(page, name):
    return [field.get("value") for field in page.all("input", name=name)]


def create(place, page, **fields):
    """Send the form of a preview as a browser would."""
    (id_,), (key,) = values(page, "id"), values(page, "key")
    form = {"title": values(page, "title")[0], "visibility": "public", "environment": "pytorch", "files": "1"}
    return place.town.send("ada", "import/lab", form="import", **(form | {"id": id_, "key": key} | fields))


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def labs(place, who="ada"):
    return place.site.as_(who).get("api/v1/labs", params={"owner": who}).json()["items"]
