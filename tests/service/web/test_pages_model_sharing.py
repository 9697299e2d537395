"""Who sees a model's pages: by its settings, by shares and by a secret link."""

from __future__ import annotations

from service.web.conftest import PAGE, Html
from support.models import SHARD


def test_settings_are_for_who_may_edit(models):
    for who in ("bob",):
        assert models.get(who, f"{PAGE}/settings").status_code == 404
    models.send("ada", f"{PAGE}/settings", title="New title", description="", visibility="private")
    assert models.get(None, PAGE).status_code == models.get("bob", PAGE).status_code == 404
    assert models.get(None, "@ada/models/nothing").text.replace("nothing", "sum").count("404") > 0
    models.send(
        "ada", f"{PAGE}/sharing", f"{PAGE}/settings", do="share", kind="user", who="bob", access="view"
    )
    assert "New title" in models.page("bob", PAGE).text
    assert "Shared with me" in models.page("bob", "@bob/models").text
    assert "New title" not in models.page("admin", "models?q=title").text
    models.send("ada", f"{PAGE}/sharing", f"{PAGE}/settings", do="remove", kind="user", who="bob")
    assert models.get("bob", PAGE).status_code == 404


def test_a_secret_link_shows_it_to_whoever_has_it(models):
    settings = f"{PAGE}/settings"
    models.send("ada", settings, title="The sum", description="", visibility="private")
    made = models.send("ada", f"{PAGE}/sharing", settings, do="link", label="The class", days="7")
    [link] = {value for field in Html(made.text).all("input") if "/s/" in (value := field.get("value") or "")}
    secret = link.rpartition("/s/")[2]
    assert secret not in models.get("ada", settings).text
    files = [f"models/ada/sum/{path}" for path in ("2/model.json", f"2/{SHARD}", "latest/model.json")]
    for who in (None, "bob"):
        assert {models.get(who, path).status_code for path in (PAGE, *files)} == {404}
        led = models.person(who).get(f"s/{secret}")
        assert (led.status_code, led.headers["Location"].endswith(PAGE)) == (303, True)
        assert led.headers["Referrer-Policy"] == "no-referrer"
        assert "The sum" in models.page(who, PAGE).text
        assert secret not in models.get(who, PAGE).text
        for path in files:
            answer = models.get(who, path)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Keep it among" not in models.get(None, PAGE).text
    assert "Keep it among models shared with me" in models.get("bob", PAGE).text
    assert "The sum" not in models.page("bob", "models?q=sum").text
    assert models.send("bob", f"{PAGE}/accept", PAGE).headers["Location"].endswith(PAGE)
    assert "Keep it among" not in models.get("bob", PAGE).text
    assert "The sum" in models.page("bob", "@bob/models").text
    assert models.site.as_("bob").get(files[0]).status_code == 200
    assert "by a link" in models.page("ada", settings).text
    [known] = [
        share
        for share in models.site.as_("ada").get("api/v1/models/ada/sum/shares").json()["items"]
        if share["kind"] == "link"
    ]
    models.send("ada", f"{PAGE}/sharing", settings, do="revoke", who=known["id"])
    for who in (None, "bob"):
        assert {models.get(who, path).status_code for path in (PAGE, *files)} == {404}
        assert models.person(who).get(f"s/{secret}").status_code == 404
    wrong = models.send("ada", f"{PAGE}/sharing", settings, do="link", days="never")
    assert (wrong.status_code, "number of days" in wrong.text) == (422, True)
