import gzip
import json
import re
from html import unescape

import pytest

from mlabs_ext.service.render import STATIC

RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"


def published(site, owner="ada", **fields):
    lab = site.publish(owner, **fields)
    return f"render/@{owner}/{lab['name']}/v/1"


def test_a_version_is_shown_to_anybody(site):
    answer = site.as_(None).get(published(site))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Robots-Tag"] == "noindex, indexifembedded"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; ")
    assert f" blob: {site.url}static/render/; " in policy
    assert '<section class="cell code" id="cell-cell-1">' in answer.text


def test_latest_is_the_latest(site):
    path = published(site)
    assert site.as_(None).get(path.replace("/v/1", "/v/latest")).text == site.as_(None).get(path).text


def test_a_known_document_is_not_sent_again(site):
    reader, path = site.as_(None), published(site)
    tag = reader.get(path).headers["Etag"]
    again = reader.get(path, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Etag"] == tag
    other = reader.get(f"{path}?theme=dark", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_the_renderers_version_makes_an_address_forever(site):
    path, version = published(site), site.service.renderer.version
    answer = site.as_(None).get(f"{path}?r={version}")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (f"{path}?r=old", f"{path.replace('/v/1', '/v/latest')}?r={version}"):
        assert site.as_(None).get(other).headers["Cache-Control"] == "public, max-age=60"


def test_without_gzip(site):
    answer = site.client(**{"Accept-Encoding": "identity"}).get(published(site))
    assert "Content-Encoding" not in answer.headers
    assert "<!doctype html>" in answer.text


def test_what_is_public_is_public_also_for_those_signed_in(site):
    answer = site.session("ada").get(published(site))
    assert answer.headers["Cache-Control"] == "public, max-age=60"


def test_a_private_lab_is_shown_to_its_owner_only(site):
    path = published(site, visibility="private", name="secret")
    mine = site.as_("ada").get(path)
    assert (mine.status_code, mine.headers["Cache-Control"]) == (200, "private, no-store")
    hidden = site.as_("bob").get(path)
    absent = site.as_("bob").get(path.replace("secret", "absent"))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text == absent.text.replace("absent", "secret")


WRONG = {
    "cells": ("?cells=%3Cscript%3E", 400, "cells invalid"),
    "show": ("?show=x", 400, "show invalid"),
    "theme": ("?theme=%22%3E%3Cscript%3E", 400, "theme invalid"),
    "no such cell": ("?cells=99", 422, "cell unknown"),
}


@pytest.mark.parametrize(("query", "status", "code"), WRONG.values(), ids=WRONG)
def test_a_wrong_choice_is_told_as_a_document(site, query, status, code):
    path = published(site)
    answer = site.as_(None).get(path + query)
    assert answer.status_code == status
    assert code in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts; ")
    assert "<script>" not in answer.text
    told = site.client(Accept="application/json").get(path + query).json()
    assert (told["error"]["status"], told["error"]["code"]) == (status, code.replace(" ", "_"))


@pytest.mark.parametrize("path", ["v/0", "v/2", "v/x", "v/99999999999", "runs/none"])
def test_absent(site, path):
    site.publish("ada", name="mnist")
    assert site.as_(None).get(f"render/@ada/mnist/{path}").status_code == 404


def test_some_cells_in_a_theme(site):
    answer = site.as_(None).get(f"{published(site)}?cells=2&show=code&theme=dark")
    assert re.findall(r'id="cell-([\w-]+)"', answer.text) == ["cell-1"]
    assert 'data-theme="dark"' in answer.text


def test_an_output_that_is_heavy_waits_for_a_click(site):
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * 400_000}
    cell = {"cell_type": "code", "metadata": {}, "source": "x", "outputs": [stream], "execution_count": 1}
    cells = [cell | {"id": name} for name in ("a", "b")]
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    reader, path = site.as_(None), published(site, notebook=book)
    assert len(reader.get(path).text) > 800_000
    posters = reader.get(f"{path}?theme=auto&heavy=click")
    assert len(posters.text) < 10_000
    more = unescape(re.findall(r'class="poster" href="([^"]+)"', posters.text)[1])
    whole = reader.get(f"{path}{more}")
    assert whole.text.count("x" * 400_000) == whole.text.count("Show output (391 KB)") == 1
    assert whole.headers["Content-Security-Policy"] == posters.headers["Content-Security-Policy"]
    assert len({posters.headers["Etag"], whole.headers["Etag"], reader.get(path).headers["Etag"]}) == 3


def test_too_complex_says_so_and_offers_the_notebook(site):
    site.service.renderer.timeout = 0.0
    path = published(site, name="mnist")
    answer = site.as_(None).get(path)
    assert answer.status_code == 200
    assert "Too complex to show" in answer.text
    assert 'href="/services/mlabs/api/v1/labs/ada/mnist/versions/1/notebook"' in answer.text


def test_a_run_is_shown_with_its_outputs(town):
    reader = town.site.as_(None)
    answer = reader.get(f"render/@ada/mnist/runs/{RUN}")
    assert answer.status_code == 200, answer.text
    assert "<pre>2\n</pre>" in answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert reader.get(f"render/@bob/attack/runs/{RUN}").status_code == 404
    assert reader.get(f"render/@ada/mnist/runs/{RUN[:-1]}9").status_code == 404


def test_a_run_that_goes_on_is_asked_for_again(town):
    answer = town.site.as_(None).get(f"render/@ada/mnist/runs/{RUN[:-1]}2")
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.skipif(not (STATIC / "render").is_dir(), reason="the UI is not built: python ui/build.py web")
def test_files_of_documents_may_be_loaded_by_anybody_and_kept(site):
    names = json.loads((STATIC / "render" / "manifest.json").read_text())
    for name in names.values():
        answer = site.as_(None).get(f"static/render/{name}")
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert re.fullmatch(r"[\w]+-[0-9A-Za-z]{8}\.(js|css)", name)
    assert site.as_(None).get("static/render/%2e%2e/mlabs.css").status_code in (403, 404)


def test_what_a_document_weighs(site):
    """Beyond the notebook's own content: the document of an empty one, its style and its script."""
    empty = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    site.publish("ada", name="empty", notebook=empty)
    page = site.as_(None).get("render/@ada/empty/v/1").text
    files = re.findall(r'(?:href|src)="([^"]*static/render/[^"]+)"', page)
    whole = len(gzip.compress(page.encode()))
    assert len(files) == 2
    for file in files:
        whole += len(gzip.compress((STATIC / "render" / file.rsplit("/", 1)[1]).read_bytes()))
    assert whole < 15_000
