"""Comments on a lab's page, by cell and alone: read by everybody, written by forms without script."""

from __future__ import annotations

import re

import pytest

BASE = "/services/mlabs/"
ATTACK = '<script>alert(1)</script> `<img src=x onerror=alert(1)>` https://evil.example/"onclick="alert(1)'


def say(town, who="bob", text="Nice work.", form="@ada/mnist", **fields):
    answer = town.send(who, "@ada/mnist/comments", form=form, text=text, **fields)
    assert answer.status_code == 303, answer.text
    return re.search(r"#comment-([0-9A-Z]{26})$", answer.headers["Location"])[1]


def test_a_comment_is_written_read_and_answered_without_script(town):
    made = say(town, next=f"{BASE}@ada/mnist")
    page = town.page(None, "@ada/mnist")
    assert "Nice work." in page.text
    assert page.all("article", id=f"comment-{made}")
    assert "Sign in to comment" in page.text
    assert not page.all("textarea", name="text")
    reply = say(town, "ada", "Thanks!", parent=made)
    for path in ("@ada/mnist", "@ada/mnist/comments", f"@ada/mnist/comments/{reply}"):
        page = town.page(None, path)
        assert re.search(r"Nice work\..*Thanks!", page.text), path
    page = town.page("ada", "me/notifications")
    assert page.text.count("bob commented on “MNIST from scratch”") == 1
    assert f"{BASE}@ada/mnist/comments/{made}" in page.links()
    page = town.page("ada", f"@ada/mnist/comments/{made}")
    assert len([a for tag, a in page.elements if tag == "span" and "data-news" in a]) == 1
    assert "data-news" not in town.get("bob", f"@ada/mnist/comments/{made}").text


def test_a_form_that_is_sent_twice_writes_once(town):
    key = town.page("bob", "@ada/mnist").all("input", name="key")[0]["value"]
    assert say(town, key=key) == say(town, key=key)
    assert town.page(None, "@ada/mnist").text.count("Nice work.") == 1


def test_cells_are_reached_by_their_labels(town):
    page = town.page("bob", "@ada/mnist/comments")
    assert "Cell 2: 1 + 1" in page.text
    made = say(town, text="Two.", form="@ada/mnist/comments?cell=cell-1", cell="cell-1")
    for path in ("@ada/mnist", "@ada/mnist/comments"):
        assert any(link.endswith("comments?cell=cell-1") for link in town.page(None, path).links())
    page = town.page(None, "@ada/mnist/comments?cell=cell-1")
    assert "Comments on Cell 2: 1 + 1" in page.text
    assert page.all("article", id=f"comment-{made}")
    assert "Two." not in town.page(None, "@ada/mnist/comments?cell=cell-0").text
    assert town.send("bob", "@ada/mnist/comments", form="@ada/mnist", text="x", cell="no").status_code == 422
    empty = town.send("bob", "@ada/mnist/comments", form="@ada/mnist", text=" ")
    assert empty.status_code == 422 and "Fill in the text." in empty.text


def test_what_people_write_stays_text(town):
    say(town, text=ATTACK)
    for path in ("@ada/mnist", "@ada/mnist/comments"):
        answer = town.get(None, path)
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        page = town.page(None, path)
        assert "<script>alert(1)</script>" in page.text
        (link,) = page.all("a", href="https://evil.example/")
        assert link == {"href": "https://evil.example/", "rel": "nofollow ugc noopener"}


def test_its_author_changes_and_deletes_it(town):
    made = say(town)
    done = town.send(
        "bob", f"comments/{made}/edit", form="@ada/mnist", text="Better.", next=f"{BASE}@ada/mnist"
    )
    assert (done.status_code, done.headers["Location"]) == (303, f"{BASE}@ada/mnist")
    assert "Better." in town.page(None, "@ada/mnist").text
    assert town.send("bob", f"comments/{made}/delete", form="@ada/mnist").status_code == 400
    assert town.send("ada", f"comments/{made}/edit", form="@ada/mnist", text="No").status_code == 404
    assert town.send("bob", f"comments/{made}/delete", form="@ada/mnist", sure="yes").status_code == 303
    assert "Better." not in town.page(None, "@ada/mnist").text


def test_the_owner_hides_with_a_trace(town):
    made = say(town)
    assert town.send("ada", f"comments/{made}/hide", form="@ada/mnist").status_code == 303
    page = town.page(None, "@ada/mnist")
    assert "Hidden by the owner." in page.text
    assert "Nice work." not in page.text
    assert "Nice work." in town.page("bob", "@ada/mnist").text
    assert town.send("ada", f"comments/{made}/show", form="@ada/mnist").status_code == 303
    assert "Nice work." in town.page(None, "@ada/mnist").text


def test_they_are_switched_off_and_on_in_the_settings(town):
    say(town)
    fields = {"title": "MNIST", "visibility": "public", "environment": "python", "accelerator": "none"}
    town.send("ada", "@ada/mnist/settings", comments="off", **fields)
    for path in ("@ada/mnist", "@ada/mnist/comments"):
        page = town.page("bob", path)
        assert "switched off" in page.text
        assert "Nice work." not in page.text
        assert not page.all("textarea", name="text")
    assert town.send("bob", "@ada/mnist/comments", form="@ada/mnist", text="x").status_code == 422
    box = town.page("ada", "@ada/mnist/settings").all("input", name="comments", type="checkbox")
    assert "checked" not in box[0]
    town.send("ada", "@ada/mnist/settings", comments="on", **fields)
    assert "Nice work." in town.page("bob", "@ada/mnist").text


def test_too_many_are_told_to_wait_and_what_was_written_stays(town):
    town.site.service.social.comments.most = 1
    say(town)
    again = town.send("bob", "@ada/mnist/comments", form="@ada/mnist", text="Kept words")
    assert again.status_code == 429
    assert 0 < int(again.headers["Retry-After"]) <= 600
    assert "Kept words</textarea>" in again.text


def test_a_private_lab_has_no_comments_for_others(town):
    made = town.site.as_("ada").post("api/v1/labs/ada/secret/comments", json={"text": "Mine"}).json()["id"]
    for path in ("@ada/secret/comments", f"@ada/secret/comments/{made}", f"@ada/mnist/comments/{made}"):
        assert town.get("bob", path).status_code == 404
    assert town.get("ada", f"@ada/secret/comments/{made}").status_code == 200


@pytest.mark.parametrize("what", ["edit", "delete", "hide", "show"])
def test_the_signed_out_sign_in_first(town, what):
    made = say(town)
    answer = town.person(None).post(f"comments/{made}/{what}")
    assert (answer.status_code, "login?next=" in answer.headers["Location"]) == (302, True)
    answer = town.person(None).post("@ada/mnist/comments", data={"text": "x"})
    assert (answer.status_code, "login?next=" in answer.headers["Location"]) == (303, True)
