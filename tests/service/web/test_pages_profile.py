"""A person's page says what they wrote, as text, and their settings change it by a form."""

from __future__ import annotations

BASE = "/services/mlabs/"


def test_a_profile_is_written_by_a_form(town):
    bio = "I train <b>nets</b>.\n\nSee https://nets.example/a."
    pins = {"pin": ["mnist", "hidden", "", "", "", ""]}
    done = town.send(
        "ada", "me/settings/profile", display_name="Ada L.", bio=bio, link="https://ada.example", **pins
    )
    assert (done.status_code, done.headers["Location"]) == (303, f"{BASE}@ada")
    answer = town.get(None, "@ada")
    assert "<b>nets" not in answer.text
    page = town.page(None, "@ada")
    for words in ("Ada L.", "I train <b>nets</b>.", "Pinned", "All labs", "Half hidden"):
        assert words in page.text
    for address in ("https://nets.example/a", "https://ada.example"):
        assert page.all("a", href=address)[0]["rel"] == "nofollow ugc noopener"
    form = town.page("ada", "me/settings/profile")
    assert [field["value"] for field in form.all("input", name="pin")] == pins["pin"]
    town.send("ada", "me/settings/profile", pin=["", ""])
    page = town.page(None, "@ada")
    assert "Ada L." in page.text
    assert "Pinned" not in page.text


def test_what_is_wrong_is_said_beside_what_was_entered(town):
    again = town.send("ada", "me/settings/profile", bio="Kept words", link="javascript:alert(1)", pin="none")
    assert again.status_code == 422
    assert "begins with https://" in again.text
    assert "Kept words</textarea>" in again.text
    assert 'value="none"' in again.text
    assert town.send("ada", "me/settings/profile", bio="x" * 2001).status_code == 422


def test_words_that_were_taken_down_say_so_to_their_person(town):
    town.send("ada", "me/settings/profile", bio="Buy it")
    taken = town.site.as_("admin").put("api/v1/people/ada/takedown", json={"reason": "Advertising"})
    assert taken.status_code == 200
    assert "Buy it" not in town.page("bob", "@ada").text
    page = town.page("ada", "@ada")
    assert "Buy it" in page.text
    assert "The reason: Advertising" in page.text
    assert "Restore these words" in town.page("admin", "@ada").text
    assert "Restore these words" not in page.text


def test_it_is_for_the_signed_in(town):
    answer = town.get(None, "me/settings/profile")
    assert (answer.status_code, "login?next=" in answer.headers["Location"]) == (302, True)
    assert any("report?person=ada" in link for link in town.page(None, "@ada").links())
