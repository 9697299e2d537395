"""The pages of models, as people see them who may see them, and without any script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import unescape
from urllib.parse import urljoin

from service.web.conftest import PAGE
from support.models import LAMBDA, doubling, keras, reading, upload
from support.node import NODE
from support.outputs import begin, end

from mlabs_ext.service.web.pages.model_snippets import WORDS


def test_a_model_that_reads_texts_keeps_its_words_and_says_how_to_encode(models):
    files, metadata = reading(["good", "not"], 4)
    assert upload(models.site.as_("ada"), files, name="reads").status_code == 201
    served = models.get(None, "models/ada/reads/1/model.json").json()
    assert served["userDefinedMetadata"] == metadata
    page = models.page(None, "@ada/models/reads")
    assert "It reads texts, as those of “review”: 2 words are known" in page.text
    assert "open it in the trainer" in page.text
    # What follows from the words is the same in the browser and on Node.js.
    (shown,) = [area for area in page.all("textarea") if area["id"] == "use-node"]
    assert shown and unescape(models.get(None, "@ada/models/reads").text).count("tf.tensor([example])") == 2
    mine = WORDS.replace("A text of your own", "Not so GOOD!")
    model = f"const model = {{getUserDefinedMetadata: () => ({json.dumps(metadata)})}}"
    script = f"{model}; {mine}; console.log(example)"
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[ 0, 3, 1, 2 ]"


def post(town, who, path, files, shown_by=None, **fields):
    page = town.page(who, shown_by or path)
    fields["_xsrf"] = page.all("input", name="_xsrf")[0]["value"]
    parts = [("file", (name, data, "application/octet-stream")) for name, data in files.items()]
    return town.person(who).post(path, data=fields, files=parts)


def test_a_model_shows_what_it_is_made_of_and_how_to_use_it(models):
    page = models.page(None, PAGE)
    for text in ("The sum", "Adds", "Latest version 2", "TensorFlow.js layers", "Dense", "one number"):
        assert text in page.text or text == "one number", text
    assert page.all("svg", role="img")
    assert page.all("iframe", sandbox="allow-scripts")[0]["data-inputs"] == (
        '[{"name":"sum_input","shape":[null,2],"dtype":"float32"}]'
    )
    fields = {area["id"] for area in page.all("textarea")} | {field.get("id") for field in page.all("input")}
    assert {"use-url", "use-browser", "use-node", "use-python"} <= fields
    assert f"{models.site.url}models/ada/sum/2/model.json" in models.get(None, PAGE).text
    assert "By three" in page.text
    first = models.page(None, f"{PAGE}/v/1")
    assert "There is a newer version" in first.text
    assert "Latest version" not in first.text


def test_layers_that_tensorflow_js_lacks_are_said_and_loaded(models):
    files = keras("gru.keras3.h5")
    assert upload(models.site.as_("ada"), files, name="steps").json()["needs"] == ["ResetAfterGRU"]
    page = models.page(None, "@ada/models/steps")
    assert "A page needs one script more." in page.text
    assert "the GRU of Keras as it is by default" in page.text
    code = unescape(models.get(None, "@ada/models/steps").text)
    assert f'<script src="{models.site.url}layers.js"></script>' in code
    assert 'await import("./layers.js");' in code
    assert "needs one script more" not in models.page(None, PAGE).text


def test_the_python_code_runs_as_it_stands(models, tmp_path):
    shown = models.get(None, PAGE).text
    code = re.search(r'<textarea class="code" id="use-python"[^>]*>(.*?)</textarea>', shown, re.DOTALL)[1]
    script = tmp_path / "use.py"
    # numpy is not what this test is about, and no part of the service.
    (tmp_path / "numpy.py").write_text(NUMPY)
    script.write_text(unescape(code))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "{'sum/kernel': [2, 1], 'sum/bias': [1]}"


NUMPY = """
import struct
SIZES = {"float32": ("f", 4)}
class Array:
    def __init__(self, values): self.values, self.nbytes = values, 4 * len(values)
    def reshape(self, shape): self.shape = shape; return self
    def astype(self, dtype): return self
def frombuffer(data, dtype, count, offset):
    kind, size = SIZES[dtype]
    return Array(struct.unpack_from(f"<{count}{kind}", data, offset))
"""


def test_a_model_is_uploaded_without_a_script(models):
    answer = post(
        models, "bob", "models/new", doubling(), title="My sum", visibility="unlisted", description=""
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/services/mlabs/@bob/models/my-sum")
    assert "Unlisted" in models.page(None, "@bob/models/my-sum").text
    assert "My sum" not in models.page(None, "models").text
    assert "My sum" in models.page("bob", "@bob/models").text
    answer = post(
        models, "bob", "models/new", {"a.pb": b"x"}, title="Kept words", visibility="public", description=""
    )
    assert answer.status_code == 422
    assert "is a SavedModel of TensorFlow" in answer.text
    assert 'value="Kept words"' in answer.text


def test_what_is_refused_is_told_on_its_page_to_who_may_edit_it(models):
    files = keras("lambdas.keras3.keras")
    answer = post(models, "ada", f"{PAGE}/version", files, f"{PAGE}/settings", message="")
    assert answer.headers["Location"].endswith(f"{PAGE}/v/3")
    refused = models.page("ada", f"{PAGE}/v/3").text
    assert "Version 3 was refused." in refused
    assert LAMBDA in refused
    assert "this one is still served" in models.page("ada", PAGE).text
    assert "Lambda" not in models.page(None, PAGE).text
    assert models.get(None, f"{PAGE}/v/3").status_code == 404


def test_smaller_files_are_made_with_a_button_and_served_for_ever(models):
    assert "Smaller files" not in models.page(None, PAGE).text
    assert re.search(r"float16 ?, about \d+ bytes", models.page("ada", PAGE).text)
    answer = models.send("ada", f"{PAGE}/v/2/variants", PAGE, storage="float16")
    assert answer.headers["Location"].endswith(f"{PAGE}/v/2#variants")
    address = f"{models.site.url}models/ada/sum/2/float16/model.json"
    (field,) = models.page(None, PAGE).all("input", id="use-float16")
    assert field["value"] == address
    assert "Tried on 32 random inputs: it predicts exactly the same." in models.page(None, PAGE).text
    served = models.site.as_(None).get(address)
    assert served.headers["Access-Control-Allow-Origin"] == "*"
    assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    latest = models.site.as_(None).get("models/ada/sum/latest/float16/model.json")
    assert latest.headers["Cache-Control"] == "public, no-cache"
    (path,) = latest.json()["weightsManifest"][0]["paths"]
    assert len(models.site.as_(None).get(urljoin(str(latest.url), path)).content) == 3 * 2
    wrong = models.site.as_("ada").post("api/v1/models/ada/sum/versions/2/variants", json={"storage": "int4"})
    assert wrong.status_code == 422


def test_a_deleted_model_is_restored_from_the_list(models):
    unsure = models.send("ada", f"{PAGE}/delete", f"{PAGE}/settings")
    assert (unsure.status_code, "Tick the box to say that it is to be deleted" in unsure.text) == (400, True)
    models.send("ada", f"{PAGE}/delete", f"{PAGE}/settings", sure="yes")
    assert models.get("ada", PAGE).status_code == 404
    assert "1 deleted model" in models.page("ada", "@ada/models").text
    assert "deleted model" not in models.page("bob", "@ada/models").text
    models.send("ada", f"{PAGE}/restore", "@ada/models")
    assert models.get(None, PAGE).status_code == 200


def test_administrators_take_a_model_down_after_a_report(models):
    models.send("bob", "report?model=ada/sum", reason="It is mine.", model="ada/sum")
    assert "It is mine." in models.page("admin", "admin/reports").text
    about = {"kind": "model", "about": "ada/sum", "reason": "It is bob's."}
    models.send("admin", "admin/decide", "admin/reports", do="take down", **about)
    assert models.get(None, PAGE).status_code == 404
    assert "It is bob's." in models.page("ada", PAGE).text
    models.send("admin", "admin/decide", PAGE, do="restore", **about)
    assert models.get(None, PAGE).status_code == 200


def test_a_run_offers_what_it_wrote_and_the_lab_lists_it(models):
    site = models.site
    site.publish(name="x")
    run = begin(site, [(f"tf/{name}", data) for name, data in doubling(9.0).items()])
    end(site, run)
    page = f"@ada/x/runs/{run}"
    assert "Make a model of it" in models.page("ada", page).text
    assert "Make a model of it" not in models.page(None, page).text
    fields = {"run": run, "path": "tf/model.json", "name": "x", "follow": "yes"}
    fields["_xsrf"] = models.page("ada", page).all("input", name="_xsrf")[0]["value"]
    answer = models.person("ada").post("models/from-run", data=fields)
    assert answer.headers["Location"].endswith("@ada/models/x")
    assert "from the lab ada/x , its run" in models.page("ada", "@ada/models/x").text.replace("x,", "x ,")
    site.as_("ada").patch("api/v1/models/ada/x", json={"visibility": "public"})
    lab = models.page(None, "@ada/x")
    assert "/services/mlabs/@ada/models/x" in lab.links()
    assert "/services/mlabs/@ada/models/x/v/1" in models.page("ada", page).links()
    assert "Make a model of it" not in models.page("ada", page).text


def test_words_find_models_from_the_list_and_from_explore(models):
    assert "The sum" in models.page(None, "models?q=adds").text
    assert "No model has these words" in models.page(None, "models?q=adds+nothing").text
    assert "/services/mlabs/models?q=adds" in models.page(None, "?q=adds").links()


def test_empty_lists_teach(empty_town):
    assert "No model yet" in empty_town.page(None, "models").text
    assert empty_town.page("ada", "@ada/models").all("a", href="/services/mlabs/models/new")


def test_the_trial_is_walled_in(models):
    answer = models.get(None, "render/models/of/all/trial?theme=dark")
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts;" in policy
    assert "connect-src 'none'" in policy
    assert 'data-theme="dark"' in answer.text
