"""Collections: made from a lab's page, put in order by forms, read by everybody as far as they may."""

from __future__ import annotations

BASE = "/services/mlabs/"


def collect(town, who="bob", lab="ada/mnist", **fields):
    return town.send(who, f"collect/@{lab}", **fields)


def order(page):
    return [a["href"] for a in page.all("a") if (a.get("href") or "").startswith(f"{BASE}@ada/")]


def test_a_lab_is_added_to_a_new_collection_and_to_one_that_is_there(town):
    assert f"{BASE}collect/@ada/mnist" in town.page("bob", "@ada/mnist").links()
    done = collect(town, title="Best of", note="Why <i>so</i>: `x`")
    assert (done.status_code, done.headers["Location"]) == (303, f"{BASE}@bob/collections/best-of")
    answer = town.get(None, "@bob/collections/best-of")
    assert "<i>so" not in answer.text
    page = town.page(None, "@bob/collections/best-of")
    for words in ("Best of", "1 lab", "Why <i>so</i>: x", "MNIST from scratch"):
        assert words in page.text
    assert f"{BASE}@bob/collections/best-of" in town.page(None, "@bob").links()
    assert town.page("bob", "collect/@ada/hidden").all("input", name="into", value="best-of")
    assert collect(town, lab="ada/hidden", into="best-of").status_code == 303
    assert "Half hidden" in town.page("bob", "@bob/collections/best-of").text
    assert "Half hidden" not in town.page(None, "@bob/collections/best-of").text


def test_a_private_lab_is_neither_shown_nor_counted(town):
    collect(town, title="Best of")
    town.site.as_("ada").patch("api/v1/labs/ada/mnist", json={"visibility": "private"})
    page = town.page("bob", "@bob/collections/best-of")
    assert "0 labs" in page.text
    assert "MNIST from scratch" not in page.text
    assert town.get("bob", "collect/@ada/secret").status_code == 404


def test_its_curator_changes_order_notes_and_fields(town):
    collect(town, "ada", title="Mine")
    for lab in ("ada/hidden", "ada/secret"):
        collect(town, "ada", lab=lab, into="mine")
    edit, shown = "@ada/collections/mine/edit", "@ada/collections/mine"
    names = [f"{BASE}@ada/{name}" for name in ("mnist", "hidden", "secret")]

    def labs():
        return [link for link in order(town.page("ada", shown)) if "/collections/" not in link]

    assert labs() == names
    town.send("ada", edit, lab="ada/secret", **{"do": "up"})
    assert labs() == [names[0], names[2], names[1]]
    town.send("ada", edit, lab="ada/mnist", **{"do": "down"})
    assert labs() == [names[2], names[0], names[1]]
    town.send("ada", edit, lab="ada/hidden", note="Half", **{"do": "save"})
    assert "Half" in town.page("ada", shown).text
    town.send("ada", edit, lab="ada/hidden", **{"do": "remove"})
    assert labs() == [names[2], names[0]]
    assert town.send("ada", edit, lab="ada/mnist", **{"do": "fly"}).status_code == 400
    done = town.send("ada", edit, title="Ours", description="All of it.", visibility="private")
    assert (done.status_code, done.headers["Location"]) == (303, f"{BASE}{shown}")
    assert "All of it." in town.page("ada", shown).text
    for path in (shown, edit):
        assert town.get("bob", path).status_code == 404
    assert "Ours" not in town.page("bob", "@ada").text
    assert "Ours" in town.page("ada", "@ada").text
    again = town.send("ada", edit, title=" ", visibility="private")
    assert (again.status_code, "needs a title" in again.text) == (422, True)


def test_it_is_made_and_deleted_on_ones_own_page(town):
    assert "No collections yet" in town.page("bob", "me/collections").text
    done = town.send("bob", "me/collections/new", form="me/collections", title="Later")
    assert (done.status_code, done.headers["Location"]) == (303, f"{BASE}@bob/collections/later/edit")
    assert f"{BASE}@bob/collections/later" in town.page("bob", "me/collections").links()
    edit = "@bob/collections/later/edit"
    assert town.send("bob", edit, **{"do": "delete"}).status_code == 400
    assert town.get("ada", edit).status_code == 404
    assert town.send("bob", edit, sure="yes", **{"do": "delete"}).status_code == 303
    assert town.get("bob", "@bob/collections/later").status_code == 404


def test_what_is_missing_is_said_beside_what_was_entered(town):
    again = collect(town, note="Kept words")
    assert again.status_code == 422
    assert "Kept words</textarea>" in again.text
    assert town.get(None, "collect/@ada/mnist").status_code == 302


def test_a_lab_is_added_by_the_form_alone(town):
    refused = town.site.as_("bob").put("collect/@ada/mnist", data={"title": "Best of"})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert town.get("bob", "@bob/collections/best-of").status_code == 404
