"""The bell, the page of notifications, and a person's settings of where else they are told."""

from __future__ import annotations

import re

import pytest
from support.post_office import receiver
from traitlets.config import Config

from mlabs_ext.service.seals import Seals

BASE = "/services/mlabs/"


@pytest.fixture
def stopped(town):
    """`stopped(2)` has so many background runs of ada's end; their ids, the last first."""
    ada = town.site.as_("ada")

    def stopped(count):
        runs = [ada.post("api/v1/labs/ada/mnist/runs", json={}).json()["id"] for _ in range(count)]
        for run in runs:
            assert ada.post(f"api/v1/runs/{run}/stop").is_success
        return list(reversed(runs))

    return stopped


@pytest.fixture
def hooked(start_site):
    """A town whose webhooks may lead to a receiver on loopback."""
    from service.web.conftest import Town

    with receiver() as hook:
        allowed = {"allow_http": True, "allowed_networks": ["127.0.0.0/8"], "ports": [hook.port]}
        town = Town(start_site(Config(Destinations=allowed)))
        yield town, hook


def bell(page):
    (found,) = page.all("a", href=f"{BASE}me/notifications", title="Notifications")
    (count,) = [a for tag, a in page.elements if tag == "span" and "data-bell-count" in a]
    return found["aria-label"], "hidden" not in count


def test_the_bell_on_every_page_says_how_many_are_unread(town, stopped):
    assert bell(town.page("ada", "")) == ("Notifications", False)
    stopped(1)
    assert bell(town.page("ada", "")) == ("1 unread notification", True)
    stopped(2)
    for path, status in (("", 200), ("@ada/mnist", 200), ("me", 200), ("nowhere", 404)):
        assert bell(town.page("ada", path, status)) == ("3 unread notifications", True)
    assert bell(town.page("bob", "")) == ("Notifications", False)


def test_for_the_signed_out_nothing_is_counted(town, stopped, monkeypatch):
    stopped(1)

    def unread(viewer):
        raise AssertionError(f"counted for {viewer}")

    monkeypatch.setattr(town.site.service.telling.notifications, "unread", unread)
    for path in ("", "@ada/mnist", "embed/@ada/mnist"):
        assert "data-bell" not in town.get(None, path).text


def test_each_leads_to_its_run_and_the_unread_are_marked(town, stopped):
    runs = stopped(2)
    page = town.page("ada", "me/notifications")
    addresses = [link for link in page.links() if "/runs/" in link]
    assert addresses == [f"{BASE}@ada/mnist/runs/{run}" for run in runs]
    assert page.text.count("“MNIST from scratch” was stopped.") == 2
    assert page.text.count("Unread") == 2
    ids = [field["value"] for field in page.all("input", name="id")]
    done = town.send("ada", "me/notifications/read", form="me/notifications", id=ids[1])
    assert (done.status_code, done.headers["Location"]) == (303, f"{BASE}me/notifications")
    page = town.page("ada", "me/notifications")
    assert [field["value"] for field in page.all("input", name="id")] == ids[:1]
    assert town.send("ada", "me/notifications/read", form="me/notifications").status_code == 303
    page = town.page("ada", "me/notifications")
    assert "Unread" not in page.text
    assert "Mark all as read" not in page.text
    assert bell(page) == ("Notifications", False)


def test_a_runs_page_says_which_notification_is_read_by_it(town, stopped):
    run, other = stopped(2)
    note = town.site.as_("ada").get("api/v1/me/notifications").json()["items"][0]
    page = town.page("ada", f"@ada/mnist/runs/{run}")
    (news,) = [a for tag, a in page.elements if tag == "span" and "data-news" in a]
    assert (news["data-news"], note["run"]) == (note["id"], run)
    assert bell(page) == ("2 unread notifications", True)
    for who in ("bob", None):
        assert "data-news" not in town.get(who, f"@ada/mnist/runs/{run}").text
    left = town.site.as_("ada").post("api/v1/me/notifications/read", json={"ids": [note["id"]]})
    assert left.json() == {"unread": 1}
    assert "data-news" not in town.get("ada", f"@ada/mnist/runs/{run}").text
    assert "data-news" in town.get("ada", f"@ada/mnist/runs/{other}").text


def test_the_list_goes_on(town, stopped, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.web.pages.notifications.PAGE", 2)
    runs = stopped(3)
    first = town.page("ada", "me/notifications")
    (more,) = [link for link in first.links() if link.startswith("?cursor=")]
    second = town.page("ada", f"me/notifications{more}")
    assert [link for link in second.links() if "/runs/" in link] == [f"{BASE}@ada/mnist/runs/{runs[2]}"]


def test_an_empty_list_teaches(town):
    page = town.page("bob", "me/notifications")
    assert "Nothing to tell yet" in page.text
    assert f"{BASE}me/settings" in page.links()


@pytest.mark.parametrize("path", ["me/notifications", "me/settings", "me/settings/confirm?token=x"])
def test_they_are_for_the_signed_in(town, path):
    answer = town.get(None, path)
    assert answer.status_code == 302
    assert "login?next=" in answer.headers["Location"]


def test_an_attacks_title_is_text(town):
    bob = town.site.as_("bob")
    run = bob.post("api/v1/labs/bob/attack/runs", json={}).json()["id"]
    bob.post(f"api/v1/runs/{run}/stop")
    answer = town.get("bob", "me/notifications")
    assert "<script>alert" not in answer.text
    assert "<script>alert(1)</script>" in answer.text.replace("&lt;", "<").replace("&gt;", ">")


def test_a_webhook_from_its_address_to_its_test(hooked):
    town, hook = hooked
    shown = town.send("ada", "me/settings", webhook=hook.url, webhook_ends="failures")
    assert shown.status_code == 200
    secret = re.search(r'id="webhook-secret" readonly value="([0-9a-f]{64})"', shown.text)[1]
    page = town.page("ada", "me/settings")
    assert secret not in town.get("ada", "me/settings").text
    assert page.all("input", name="webhook", value=hook.url)
    chosen = [a["value"] for a in page.all("input", name="webhook_ends") if "checked" in a]
    assert chosen == ["failures"]
    assert town.send("ada", "me/settings/test", form="me/settings", channel="webhook").status_code == 303
    assert "The last delivery arrived" in town.page("ada", "me/settings").text
    hook.status = 500
    town.send("ada", "me/settings/test", form="me/settings", channel="webhook")
    said = town.page("ada", "me/settings").text
    assert "The last delivery failed" in said
    assert "It answered with the status 500. Check that the address takes a POST" in said
    assert len(hook.posts) == 2
    renewed = town.send("ada", "me/settings/secret", form="me/settings").text
    assert re.search(r'value="([0-9a-f]{64})"', renewed)[1] != secret


def test_what_is_wrong_is_said_beside_what_was_entered(hooked):
    town, _ = hooked
    again = town.send("ada", "me/settings", webhook="http://127.0.0.1:22/", webhook_ends="none")
    assert again.status_code == 400
    assert "Port 22" in again.text
    assert 'value="http://127.0.0.1:22/"' in again.text
    again = town.send("ada", "me/settings", webhook="", webhook_ends="sometimes")
    assert again.status_code == 422
    again = town.send("ada", "me/settings/test", form="me/settings", channel="pigeon")
    assert again.status_code == 422
    assert town.send("ada", "me/settings/test", form="me/settings", channel="webhook").status_code == 422
    assert town.send("ada", "me/settings/secret", form="me/settings").status_code == 422


def test_where_no_mail_is_sent_it_is_said(town):
    page = town.page("ada", "me/settings")
    assert "This MLabs sends no mail" in page.text
    assert not page.all("input", name="email")


def test_links_of_mails_change_nothing_until_they_are_clicked(start_site):
    from service.web.conftest import Town

    mail = {"host": "127.0.0.1", "port": 9, "tls": "none", "sender": "mlabs@example.org"}
    town = Town(start_site(Config(Mail=mail), public_url="http://127.0.0.1"))
    ada = town.site.as_("ada")
    assert town.send("ada", "me/settings", email="ada@example.org").status_code == 303
    page = town.page("ada", "me/settings")
    assert "ada@example.org is not confirmed" in page.text
    assert town.send("ada", "me/settings/confirmation", form="me/settings").status_code == 303
    seals = Seals(town.site.service.cookie_secret)
    token = seals.seal("confirm", "ada", "ada@example.org")
    link = f"me/settings/confirm?token={token}"
    assert town.page("ada", link).all("input", name="token", value=token)
    settings = "api/v1/me/notifications/settings"
    assert not ada.get(settings).json()["email_confirmed"]
    refused = town.send("bob", "me/settings/confirm", form=link, token=token)
    assert (refused.status_code, "not of bob" in refused.text) == (422, True)
    assert town.send("ada", "me/settings/confirm", form=link, token=token).status_code == 303
    assert ada.get(settings).json()["email_confirmed"]
    assert "Confirmed." in town.page("ada", "me/settings").text
    gone = seals.seal("unsubscribe", "ada", "ada@example.org")
    assert "Send no more mails" in town.get(None, f"unsubscribe?token={gone}").text
    assert ada.get(settings).json()["email_ends"] == "all"
    done = town.person(None).post("unsubscribe", data={"token": gone})
    assert "ada@example.org gets no more mails" in done.text
    assert ada.get(settings).json()["email_ends"] == "none"
    assert town.person(None).post("unsubscribe", data={"token": "x"}).status_code == 422


def test_forms_of_other_sites_change_nothing(town, stopped):
    stopped(1)
    ada = town.person("ada")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"X-XSRFToken": "x"}):
        for path in ("me/notifications/read", "me/settings", "me/settings/test", "me/settings/secret"):
            assert ada.post(path, headers=headers).status_code == 403
    assert bell(town.page("ada", ""))[0] == "1 unread notification"
