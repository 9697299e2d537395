"""Models over real HTTP: uploads as shells and TensorFlow.js send them, and addresses as pages load them."""

from __future__ import annotations

import json
import socket
from urllib.parse import urljoin, urlsplit

import pytest
from support.models import LAMBDA, SHARD, FailingConverter, converting, doubling, keras, upload
from support.waiting import until

from mlabs_ext.notebook import sha256

MODEL = "models/ada/m"


@pytest.fixture
def site(start_site):
    with converting(start_site()) as site:
        yield site


def error(answer, status, code):
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    return answer.json()["error"]


def load(site, address, client=None):
    """Weights by the address of a `model.json`, as TensorFlow.js fetches them."""
    client = client or site.as_(None)
    model = client.get(address)
    assert model.status_code == 200, model.text
    (group,) = model.json()["weightsManifest"]
    parts = [client.get(urljoin(str(model.url), path)) for path in group["paths"]]
    assert all(part.status_code == 200 for part in parts)
    return b"".join(part.content for part in parts)


def test_a_model_is_uploaded_and_a_page_elsewhere_loads_it(site):
    answer = upload(site.as_("ada"), doubling(), name="m", title="Doubling")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["Location"] == made["page_url"]
    assert (made["status"], made["version"], made["format"]) == ("ready", 1, "tfjs-layers")
    assert load(site, f"{MODEL}/1/model.json") == doubling()["weights.bin"]
    served = site.as_(None).get(f"{MODEL}/1/{SHARD}", headers={"Origin": "https://blog.example.org"})
    assert served.headers["Access-Control-Allow-Origin"] == "*"
    assert served.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert served.headers["ETag"] == f'"{sha256(served.content)}"'
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    part = site.as_(None).get(f"{MODEL}/1/{SHARD}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, served.content[4:8])
    described = site.as_(None).get("api/v1/models/ada/m").json()
    assert [layer["kind"] for layer in described["layers"]] == ["InputLayer", "Dense"]
    assert site.as_(None).get("api/v1/models").json()["items"][0]["name"] == "m"


def test_latest_moves_on_and_says_where_to(site):
    upload(site.as_("ada"), doubling(), name="m")
    first = site.as_(None).get(f"{MODEL}/latest/model.json")
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.headers["Content-Location"] == "/services/mlabs/models/ada/m/1/model.json"
    known = {"If-None-Match": first.headers["ETag"]}
    assert site.as_(None).get(f"{MODEL}/latest/model.json", headers=known).status_code == 304
    answer = upload(site.as_("ada"), doubling(3.0), f"{MODEL}/versions", message="By three")
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    assert site.as_(None).get(f"{MODEL}/latest/model.json", headers=known).status_code == 200
    assert load(site, f"{MODEL}/latest/model.json") == doubling(3.0)["weights.bin"]
    # Who has fetched the description before gets the weights that belong to it.
    (path,) = first.json()["weightsManifest"][0]["paths"]
    assert site.as_(None).get(urljoin(str(first.url), path)).content == doubling()["weights.bin"]
    listed = site.as_(None).get("api/v1/models/ada/m/versions").json()["items"]
    assert [(one["version"], one["message"]) for one in listed] == [(2, "By three"), (1, "")]


def test_tensorflow_js_saves_by_itself(site):
    """`model.save(url)` names each part as its file, and puts `./` before the weights."""
    files = doubling(path="./model.weights.bin")
    parts = [
        ("model.json", ("model.json", files["model.json"], "application/json")),
        ("model.weights.bin", ("model.weights.bin", files["model.weights.bin"], "application/octet-stream")),
    ]
    answer = site.as_("ada").post("api/v1/models?name=m", files=parts)
    assert answer.status_code == 201, answer.text
    assert load(site, f"{MODEL}/1/model.json") == files["model.weights.bin"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"model.json": doubling()["model.json"]}, "did not come"),
        (doubling() | {"weights.bin": b"1234"}, "too short"),
        (doubling() | {"more.bin": b"1"}, "does not name it"),
        ({"saved_model.pb": b"x"}, "tensorflowjs_converter makes"),
        (keras("lambdas.keras2.h5"), LAMBDA),
    ],
    ids=["missing", "short", "extra", "unknown", "refused"],
)
def test_what_is_refused_says_why_and_the_old_version_is_still_served(site, files, reason):
    upload(site.as_("ada"), doubling(), name="m")
    answer = upload(site.as_("ada"), files, f"{MODEL}/versions")
    assert answer.status_code == 422, answer.text
    assert reason in answer.json()["error"]["message"]
    assert load(site, f"{MODEL}/latest/model.json") == doubling()["weights.bin"]
    assert site.as_(None).get("api/v1/models/ada/m").json()["version"] == 1


def test_who_does_not_wait_is_told_that_it_waits(site):
    files = keras("attention.keras3.keras")
    answer = upload(site.as_("ada"), files, name="m", wait="0")
    error(answer, 422, "fields_invalid")
    answer = upload(site.as_("ada"), files, "models?wait=0", name="m")
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    ada = site.as_("ada")
    until(lambda: ada.get("api/v1/models/ada/m/versions/1").json()["status"] == "ready")
    assert any("MultiHeadAttention" in note for note in ada.get("api/v1/models/ada/m").json()["notes"])
    kept = site.as_(None).get(f"{MODEL}/1/net.keras")
    assert (kept.content, kept.headers["Content-Type"]) == (files["net.keras"], "application/zip")


def test_what_fails_here_is_tried_again_and_given_up(site):
    site.service.modelling.queue.tries = 2
    site.service.modelling.loop.converter = FailingConverter()
    answer = upload(site.as_("ada"), keras(), "models?wait=0", name="m")
    assert answer.status_code == 202
    ada = site.as_("ada")
    until(lambda: ada.get("api/v1/models/ada/m").json()["status"] == "refused")
    assert ada.get("api/v1/models/ada/m").json()["error"]["code"] == "model_unconverted"


def test_the_same_request_twice_makes_one_model(site):
    ada = site.as_("ada")
    ada.headers["Idempotency-Key"] = "one"
    first = upload(ada, doubling(), title="M").json()
    assert upload(ada, doubling(), title="M").json()["name"] == first["name"] == "m"
    error(upload(ada, doubling(4.0), title="M"), 422, "idempotency_key_reused")


def test_a_private_model_is_like_one_that_does_not_exist(site):
    upload(site.as_("ada"), doubling(), name="m", visibility="private")
    for token in ("bob", None):
        for path in (f"{MODEL}/1/model.json", f"{MODEL}/latest/model.json", f"{MODEL}/1/{SHARD}"):
            refused, absent = (
                site.as_(token).get(path.replace("/m/", f"/{name}/")) for name in ("m", "nothing")
            )
            error(refused, 404, "model_not_found")
            assert refused.text.replace("ada/m.", "") == absent.text.replace("ada/nothing.", "")
    own = site.as_("ada").get(f"{MODEL}/1/model.json")
    assert own.headers["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in own.headers
    assert load(site, f"{MODEL}/latest/model.json", site.as_("ada")) == doubling()["weights.bin"]


def test_a_model_made_private_leads_nowhere_at_once(site):
    upload(site.as_("ada"), doubling(), name="m")
    assert site.as_(None).get(f"{MODEL}/1/model.json").status_code == 200
    site.as_("ada").patch("api/v1/models/ada/m", json={"visibility": "private"})
    error(site.as_(None).get(f"{MODEL}/1/model.json"), 404, "model_not_found")


def test_forms_that_are_none_are_refused_in_words(site):
    ada = site.as_("ada")
    error(ada.post("api/v1/models", json={}), 400, "form_invalid")
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    error(ada.post("api/v1/models", content=b"", headers=form), 400, "form_invalid")
    cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.h5"\r\n\r\nabc'
    error(ada.post("api/v1/models", content=cut, headers=form), 400, "form_invalid")
    error(ada.post("api/v1/models", content=b"nothing of a form", headers=form), 400, "form_invalid")
    error(upload(ada, doubling(), name="Not a name"), 422, "name_invalid")
    error(upload(ada, doubling(), title="x" * 201), 422, "fields_invalid")
    error(upload(ada, doubling(), other="x"), 422, "fields_invalid")
    error(upload(ada, doubling(), title="x" * 3_000_000), 413, "fields_too_large")
    error(upload(ada, {"../model.json": b"{}"}), 400, "path_invalid")
    assert ada.get("api/v1/models?owner=ada").json()["items"] == []
    assert list(site.service.blobs.unfinished.glob("*")) == []


def test_without_credentials_nothing_is_taken(site):
    error(upload(site.as_(None), doubling()), 403, "credentials_required")
    error(upload(site.as_("ada-read"), doubling()), 403, "scope_missing")


def test_too_much_is_refused_before_and_while_it_comes(site):
    site.service.modelling.models.max_size = 1000
    error(upload(site.as_("ada"), {"net.keras": bytes(5000)}), 413, "model_too_large")

    def pieces():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.h5"\r\n\r\n'
        yield bytes(5000)
        yield b"\r\n--x--\r\n"

    form = {"Content-Type": "multipart/form-data; boundary=x"}
    error(site.as_("ada").post("api/v1/models", content=pieces(), headers=form), 413, "upload_too_large")


def test_an_upload_that_is_cut_off_leaves_nothing(site):
    place = urlsplit(site.url)
    with socket.create_connection((place.hostname, place.port)) as connection:
        head = "POST /services/mlabs/api/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: token ada-token\r\n"
        head += "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
        part = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.h5"\r\n\r\n'
        connection.sendall(f"{head}{part}".encode() + bytes(20_000))
        until(lambda: list(site.service.blobs.unfinished.glob("*")))
    until(lambda: not list(site.service.blobs.unfinished.glob("*")))
    assert site.as_("ada").get("api/v1/models?owner=ada").json()["items"] == []


def test_models_of_a_run_over_the_api(site):
    from support.outputs import begin, end

    site.publish(name="x")
    run = begin(site, [(f"tf/{name}", data) for name, data in doubling().items()])
    body = {"run": run, "path": "tf/model.json", "name": "m"}
    answer = site.as_("ada").post("api/v1/models/from-run", json=body)
    assert (answer.status_code, answer.json()["lab"]) == (202, "ada/x")
    until(lambda: site.as_(None).get(f"{MODEL}/latest/model.json").status_code == 200)
    later = begin(site, [(f"tf/{name}", data) for name, data in doubling(6.0).items()])
    end(site, later)
    until(lambda: site.as_("ada").get("api/v1/models/ada/m").json()["version"] == 2)
    assert site.as_("ada").get("api/v1/models/ada/m").json()["run"] == later
    assert load(site, f"{MODEL}/latest/model.json") == doubling(6.0)["weights.bin"]
    error(site.as_("bob").post("api/v1/models/from-run", json=body), 422, "run_not_yours")


def test_a_model_is_deleted_and_restored(site):
    upload(site.as_("ada"), doubling(), name="m")
    ada = site.as_("ada")
    assert ada.delete("api/v1/models/ada/m").status_code == 204
    error(site.as_(None).get(f"{MODEL}/1/model.json"), 404, "model_not_found")
    assert [model["name"] for model in ada.get("api/v1/me/trash/models").json()["items"]] == ["m"]
    assert ada.post("api/v1/models/ada/m/restore").json()["version"] == 1
    assert site.as_(None).get(f"{MODEL}/1/model.json").status_code == 200


def test_lists_leave_out_what_is_long(site):
    upload(site.as_("ada"), doubling(), name="m")
    (head,) = site.as_(None).get("api/v1/models").json()["items"]
    assert not head.keys() & {"layers", "files", "notes", "needs"}
    assert json.loads(site.as_(None).get("api/v1/models/ada/m").text)["layers"]
