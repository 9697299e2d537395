"""Thumbnails are raw files: sandboxed, kept forever, and absent where their lab is."""

from __future__ import annotations

from service.conftest import cells

from mlabs_ext.service.rendering.model import Picture

DATA = b"RIFF\x04\0\0\0WEBP"


def illustrate(site, name: str, who: str = "ada", alt: str = "") -> str:
    version = site.as_(who).get(f"api/v1/labs/{who}/{name}/versions/latest").json()
    site.service.thumbnails.keep(version["notebook_sha256"], Picture(DATA, 320, 200, alt))
    return f"thumbnails/{who}/{name}/{version['number']}.webp"


def test_a_thumbnail_is_a_file_that_stays(site):
    site.publish(name="x")
    path = illustrate(site, "x")
    answer = site.client().get(path)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = site.client().get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert site.client().head(path).headers["Content-Length"] == str(len(DATA))


def test_a_private_labs_thumbnail_is_like_one_that_does_not_exist(site):
    site.publish(name="x", visibility="private")
    path = illustrate(site, "x")
    for who in ("bob", None, "ada-bare"):
        for missing in (path, "thumbnails/ada/absent/1.webp"):
            answer = site.as_(who).get(missing, headers={"Accept": "application/json"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "lab_not_found"), who
    own = site.as_("ada").get(path)
    assert (own.status_code, own.headers["Cache-Control"]) == (200, "private, no-store")
    assert "Access-Control-Allow-Origin" not in own.headers


def test_what_is_made_private_has_none_for_others_any_more(site):
    site.publish(name="x")
    path = illustrate(site, "x")
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"})
    assert site.client().get(path).status_code == 404
    assert site.as_("ada").delete("api/v1/labs/ada/x").status_code == 204
    assert site.as_("ada").get(path).status_code == 404


def test_a_lab_without_a_figure_has_none(site):
    site.publish(name="x")
    for path in ("thumbnails/ada/x/1.webp", "thumbnails/ada/x/2.webp", "thumbnails/ada/x/999999999.webp"):
        answer = site.client().get(path, headers={"Accept": "application/json"})
        assert answer.status_code == 404
    assert site.client().get("api/v1/labs/ada/x").json()["thumbnail"] is None


def test_cards_show_it_and_shapes_name_it(town, site):
    path = illustrate(site, "mnist", alt='Loss "falls"')
    lab = site.client().get("api/v1/labs/ada/mnist").json()
    assert lab["thumbnail"] == {
        "url": f"/services/mlabs/{path}",
        "alt": 'Loss "falls"',
        "width": 320,
        "height": 200,
    }
    (image,) = town.page(None, "?q=scratch&owner=ada").all("img", loading="lazy")
    assert (image["src"], image["alt"]) == (f"/services/mlabs/{path}", 'Loss "falls"')
    assert (image["width"], image["height"]) == ("320", "200")
    site.publish("ada", name="bare", title="Bare", notebook=cells("# Bare"))
    illustrate(site, "bare")
    images = town.page(None, "?owner=ada").all("img", loading="lazy")
    assert [image["alt"] for image in images] == ["First figure of Bare", 'Loss "falls"']
    site.publish("ada", name="none", title="None", notebook=cells("# None"))
    assert not town.page(None, "?q=none").all("img", loading="lazy")
