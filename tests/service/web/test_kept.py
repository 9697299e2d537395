"""Answers that are kept: who gets them, and that they never say what is no longer so."""

from __future__ import annotations

import gzip

import pytest
from sqlalchemy import event
from support.waiting import until
from traitlets.config import Config

from mlabs_ext.service import orm
from mlabs_ext.service.changes import UNSEEN

PATHS = {"page": "@ada/x", "version": "@ada/x/v/1", "embed": "embed/@ada/x", "document": "render/@ada/x/v/1"}


@pytest.fixture
def lab(site):
    """A lab whose notebook was drawn, which its page waits for."""
    made = site.publish(name="x", title="Digits")
    site.as_(None).get(PATHS["document"])
    return made


@pytest.fixture
def made(site):
    """Counts what handlers have answered, by name."""

    def count(name: str) -> float:
        numbers = site.service.metrics.requests.collect()[0].samples
        return sum(one.value for one in numbers if one.labels["handler"] == name)

    return count


def statements(site, path: str) -> list[str]:
    """What the database is asked for an answer: nothing where it was kept."""
    seen: list[str] = []

    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    engine = site.service.store.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert site.as_(None).get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return [one for one in seen if one.startswith("SELECT")]


def said_by(answer):
    """Its headers, but for what each request has of its own."""
    return dict(answer.headers) | {"date": "", "x-request-id": ""}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_the_second_answer_is_the_first(site, lab, path):
    reader = site.as_(None)
    first = reader.get(path)
    assert statements(site, path) == []
    again = reader.get(path)
    assert said_by(again) == said_by(first)
    assert again.content == first.content
    assert again.headers["Content-Encoding"] == "gzip"
    assert "Set-Cookie" not in again.headers
    assert reader.head(path).headers["Content-Length"] == again.headers["Content-Length"]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_who_has_it_is_told_so(site, lab, path):
    reader = site.as_(None)
    tag = reader.get(path).headers["Etag"]
    answer = reader.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["Etag"] == tag
    assert "Content-Length" not in answer.headers
    other = reader.get(path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_those_who_have_it_already_are_enough_for_it_to_be_kept(site, lab):
    reader, path = site.as_(None), PATHS["document"]
    first = reader.get(path)
    site.service.answers.changed(None)
    known = {"If-None-Match": first.headers["Etag"]}
    assert reader.get(path, headers=known).status_code == 304
    assert statements(site, path) == []
    again = reader.get(path)
    assert again.content == first.content
    assert said_by(again) == said_by(first)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_who_takes_no_gzip_gets_none(site, lab, path):
    packed = site.as_(None).get(path)
    plain = site.client(**{"Accept-Encoding": "identity"})
    for _ in range(2):
        answer = plain.get(path)
        assert "Content-Encoding" not in answer.headers
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert len(answer.content) == len(packed.text.encode())


def test_the_connection_ends_where_it_is_to_end(site, lab):
    path = PATHS["page"]
    site.as_(None).get(path)
    answer = site.client(Connection="close").get(path)
    assert answer.headers["Connection"] == "close"
    assert "Connection" not in site.as_(None).get(path).headers


def test_nobody_who_is_somebody_gets_them(site, lab):
    reader, ada = site.as_(None), site.session("ada")
    page = reader.get(PATHS["page"])
    assert "Sign in" in page.text
    mine = ada.get(PATHS["page"])
    assert "Sign out" in mine.text
    assert mine.headers["Cache-Control"] == "private, no-store"
    assert "Sign out" not in reader.get(PATHS["page"]).text
    # A wrong token learns of it.
    assert site.as_("unknown").get(PATHS["embed"]).status_code == 403
    assert "Sign out" in site.as_("ada").get(PATHS["page"]).text


def taken_down(site):
    site.as_("admin").put("api/v1/labs/ada/x/takedown", json={"reason": "Advertising"}).raise_for_status()


def private(site):
    site.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "private"}).raise_for_status()


def deleted(site):
    site.as_("ada").delete("api/v1/labs/ada/x").raise_for_status()


GONE = {"private": private, "taken down": taken_down, "deleted": deleted}


@pytest.mark.parametrize("change", GONE.values(), ids=GONE)
def test_what_is_gone_is_gone_at_once(site, lab, change):
    reader = site.as_(None)
    for path in PATHS.values():
        assert reader.get(path).status_code == reader.get(path).status_code == 200
    change(site)
    for path in PATHS.values():
        assert reader.get(path).status_code == 404


def titled(site):
    site.as_("ada").patch("api/v1/labs/ada/x", json={"title": "Letters"}).raise_for_status()
    return "Letters"


def starred(site):
    site.as_("bob").put("api/v1/labs/ada/x/star").raise_for_status()
    return "1 star"


def commented(site):
    comment = {"text": "A word of praise"}
    site.as_("bob").post("api/v1/labs/ada/x/comments", json=comment).raise_for_status()
    return "A word of praise"


def forked(site):
    site.as_("bob").post("api/v1/labs/ada/x/fork", json={}).raise_for_status()
    return '/forks">1</a>'


def ran(site):
    run = {"id": "01JCQ3W3T9V0Q8X5H7ZK2M0001", "lab": "ada/x", "started": "2026-11-20T12:00:00Z"}
    run["environment"] = "python"
    site.as_("ada").post("api/v1/runs", json=run).raise_for_status()
    return "01JCQ3W3T9V0Q8X5H7ZK2M0001"


def published(site):
    notebook = site.as_("ada").get("api/v1/labs/ada/x/versions/1/notebook").json()
    notebook["cells"][1]["source"] = "2 + 2"
    version = {"notebook": notebook, "message": "With more of it"}
    site.as_("ada").post("api/v1/labs/ada/x/versions", json=version).raise_for_status()
    return "With more of it"


def named(site):
    said = {"display_name": "Ada Lovelace"}
    site.as_("ada").patch("api/v1/people/ada", json=said).raise_for_status()
    return "Ada Lovelace"


CHANGES = {f.__name__: f for f in (titled, named, starred, commented, forked, ran, published)}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_is_seen_at_once(site, lab, change):
    reader = site.as_(None)
    tag = reader.get(PATHS["page"]).headers["Etag"]
    said = change(site)
    answer = reader.get(PATHS["page"], headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert said in answer.text


def test_a_fork_of_what_is_gone_does_not_name_it(site, lab):
    site.as_("bob").post("api/v1/labs/ada/x/fork", json={"name": "y"}).raise_for_status()
    reader = site.as_(None)
    reader.get("render/@bob/y/v/1")
    for _ in range(2):
        assert "@ada/x" in reader.get("@bob/y").text
    private(site)
    assert "ada/x" not in reader.get("@bob/y").text


def test_one_lab_does_not_disturb_another(site, lab):
    site.publish(name="y")
    for path in PATHS.values():
        site.as_(None).get(path)
    site.as_("ada").patch("api/v1/labs/ada/y", json={"title": "Other"}).raise_for_status()
    assert [statements(site, path) for path in PATHS.values()] == [[]] * 4


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_what_does_not_count_is_in_none_of_them(site, lab, path):
    """`UNSEEN` names tables whose changes leave pages as they are: so none of them may be read for one."""
    for change in (starred, commented, forked, ran):
        change(site)
    asked = " ".join(statements(site, path))
    assert " lab" in asked
    assert not [name for name in UNSEEN if f" {name} " in f"{asked} ".replace("\n", " ")]
    assert orm.Base.metadata.tables.keys() >= UNSEEN


def test_the_page_waits_for_the_outline(site):
    site.publish(name="x")
    tags = {site.as_(None).get(PATHS["page"]).headers.get("Etag") for _ in range(2)}
    assert tags == {None}


def test_none_are_kept(start_site):
    site = start_site(Config({"Answers": {"size": 0}}))
    site.publish(name="x")
    for path in PATHS.values():
        site.as_(None).get(path)
        assert statements(site, path)


@pytest.mark.postgresql
def test_what_another_service_changes_is_seen(start_site, postgresql_emptied):
    config = Config({"Store": {"url": postgresql_emptied}})
    writer, other = start_site(config), start_site(config)
    until(lambda: other.service.live.hears() and writer.service.live.hears())
    writer.publish(name="x")
    reader = other.as_(None)
    # The services of tests share no blobs: the page that is kept needs none.
    for _ in range(2):
        assert reader.get(PATHS["embed"]).status_code == 200
    assert statements(other, PATHS["embed"]) == []
    titled(writer)
    until(lambda: "Letters" in reader.get(PATHS["embed"]).text, 5)
    private(writer)
    until(lambda: reader.get(PATHS["embed"]).status_code == 404, 5)
    # Where news do not come, nothing is given out.
    other.service.live.listener.connected = False
    writer.as_("ada").patch("api/v1/labs/ada/x", json={"visibility": "public"}).raise_for_status()
    assert reader.get(PATHS["embed"]).status_code == 200
    assert statements(other, PATHS["embed"])


def test_bytes_are_those_of_the_page(site, lab):
    site.as_(None).get(PATHS["page"])
    with site.as_(None).stream("GET", PATHS["page"]) as answer:
        raw = b"".join(answer.iter_raw())
    assert b"<h1>Digits</h1>" in gzip.decompress(raw)
