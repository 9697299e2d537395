"""Importing over REST, and what of it the service does at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed

from support.imports import labs, zipped


def test_over_rest(place):
    ada = place.site.as_("ada")
    answer = ada.post("api/v1/imports", json={"url": f"{place.home}/x.ipynb"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["title"], found["environment"], found["notebooks"]) == ("Digits", "pytorch", [])
    assert {key: value for key, value in found["changes"][0].items() if key != "message"} == {
        "code": "format",
        "what": "4.4",
        "count": 1,
    }
    assert labs(place) == []
    made = [
        ada.post(
            f"api/v1/imports/{found['id']}/lab",
            json={"title": "Mine", "visibility": "private"},
            headers={"Idempotency-Key": "once"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert made[0].json()["visibility"] == "private"
    assert made[0].headers["Location"] == made[0].json()["url"]
    assert ada.post(f"api/v1/imports/{found['id']}/lab").status_code == 201
    assert len(labs(place)) == 2
    assert place.site.as_("bob").post(f"api/v1/imports/{found['id']}/lab").status_code == 404
    bad = ada.post("api/v1/imports", json={"url": "http://127.0.0.2/x.ipynb"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "address_refused")
    assert ada.post("api/v1/imports", json={"url": 3}).status_code == 422


def test_an_archive_over_rest(place):
    nb = place.pages["/x.ipynb"]
    place.pages["/all.zip"] = zipped(**{"a.ipynb": nb, "b.ipynb": nb})
    ada = place.site.as_("ada")
    url = f"{place.home}/all.zip"
    found = ada.post("api/v1/imports", json={"url": url}).json()
    assert (found["id"], found["notebooks"]) == (None, ["a.ipynb", "b.ipynb"])
    found = ada.post("api/v1/imports", json={"url": url, "notebook": "b.ipynb"}).json()
    assert (found["file"], found["title"]) == ("b.ipynb", "Digits")
    absent = ada.post("api/v1/imports", json={"url": url, "notebook": "c.ipynb"})
    assert (absent.status_code, absent.json()["error"]["code"]) == (400, "import_choice")


def test_nobody_keeps_the_service_busy(place):
    place.shelf.gate.clear()
    ada = place.site.as_("ada")

    def ask(_):
        return ada.post("api/v1/imports", json={"url": f"{place.home}/x.ipynb"}).status_code

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, n) for n in range(3)]
        assert next(as_completed(asked, timeout=60)).result() == 429
        place.shelf.gate.set()
        assert sorted(each.result() for each in asked) == [200, 200, 429]
