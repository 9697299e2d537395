"""What people paste into their own code to use a model: in a browser, on Node.js, and in Python."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin

from mlabs_ext.wire import Model, Tensor

KERAS = (".keras", ".h5", ".hdf5")
WEIGHTS = """import json
from math import prod
from urllib.parse import urljoin
from urllib.request import urlopen

import numpy as np

# The weights as NumPy arrays, by name; `topology` says how they belong together.
url = "{url}"
model = json.load(urlopen(url))
topology, weights = model["modelTopology"], {{}}
for group in model["weightsManifest"]:
    data = b"".join(urlopen(urljoin(url, path)).read() for path in group["paths"])
    at = 0
    for spec in group["weights"]:
        stored = spec.get("quantization", {{}})
        numbers = np.frombuffer(data, stored.get("dtype", spec["dtype"]), prod(spec["shape"]), at)
        at += numbers.nbytes
        if "scale" in stored:
            numbers = numbers * stored["scale"] + stored["min"]
        weights[spec["name"]] = numbers.reshape(spec["shape"]).astype(spec["dtype"])
print({{name: array.shape for name, array in weights.items()}})"""
OWN = (
    "\n# A ResetAfterGRU is the GRU of Keras as it is by default: keras.layers.GRU(units, reset_after=True)."
)
# The same rule as in the trainer, which wrote its patterns into the model.
WORDS = r"""const { vocabulary, length, other, alone } = model.getUserDefinedMetadata().mlabs.text;
const plain = "A text of your own".normalize("NFC").toLowerCase().replaceAll("\u2019", "'");
const parted = plain.replace(RegExp(other, "gu"), " ").replace(RegExp(alone, "gu"), " $& ");
const words = parted.split(" ").map((word) => word.replace(/^'+|'+$/g, "")).filter(Boolean).slice(0, length);
// Known words begin with 2, all others are 1; short texts are filled up in front with 0.
const numbers = words.map((word) => vocabulary.indexOf(word) + 2);
const example = [...Array(length - numbers.length).fill(0), ...numbers];"""
LOADED = """import keras

path = keras.utils.get_file("{file}", "{url}")
model = keras.models.load_model(path)
model.summary()"""


class Snippets(NamedTuple):
    """The address of a version, and code that runs as it stands."""

    url: str
    browser: str
    node: str
    python: str


def snippets(model: Model, site: str, text: bool = False) -> Snippets:
    """Code for a version of a model; `site` is the absolute address of the service.

    `text` is whether the model takes a text, and says by which words.
    """
    url = urljoin(site, model.url)
    load = "loadGraphModel" if model.format == "tfjs-graph" else "loadLayersModel"
    inputs = [_zeros(tensor) for tensor in model.inputs]
    given = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
    shown = "output.print();" if len(model.outputs) == 1 else "for (const one of output) one.print();"
    words = WORDS.splitlines() if text else []
    given = "tf.tensor([example])" if text else given
    lines = [
        f'const model = await tf.{load}("{url}");',
        *words,
        f"const output = model.predict({given});",
        shown,
    ]
    return Snippets(url, _browser(model, site, lines), _node(model, site, lines), _python(model, url, site))


def _browser(model: Model, site: str, lines: list[str]) -> str:
    """A page: it needs nothing but what is here."""
    scripts = ["tf.js", *(["layers.js"] if model.needs else [])]
    private = ["// It is private: pages of other sites cannot load it."]
    body = (private if model.visibility == "private" else []) + lines
    head = [f'<script src="{site}{script}"></script>' for script in scripts]
    return "\n".join([*head, '<script type="module">', *(f"  {line}" for line in body), "</script>"])


def _node(model: Model, site: str, lines: list[str]) -> str:
    private = (
        '// It is private: add {requestInit: {headers: {Authorization: "token …"}}} as a second argument.'
    )
    head = ["// npm install @tensorflow/tfjs", "// Save this as predict.mjs, and run it: node predict.mjs"]
    own = ["// The layers that TensorFlow.js lacks lie beside it:", f"// curl -O {site}layers.js"]
    load = ["globalThis.tf = tf;", 'await import("./layers.js");']
    head += own if model.needs else []
    body = [*(load if model.needs else []), *([private] if model.visibility == "private" else []), *lines]
    return "\n".join([*head, 'import * as tf from "@tensorflow/tfjs";', "", *body])


def _zeros(tensor: Tensor) -> str:
    sizes = [1 if size is None else size for size in tensor.shape] or [1]
    kind = "" if tensor.dtype == "float32" else f', "{tensor.dtype}"'
    return f"tf.zeros({sizes}{kind})"


def _python(model: Model, url: str, site: str) -> str:
    """What Keras saved is loaded by Keras; of others there are the weights."""
    files = model.files or []
    saved = next((file for file in files if file.path.endswith(KERAS)), None)
    if saved is None:
        return WEIGHTS.format(url=url) + (OWN if model.needs else "")
    return LOADED.format(file=saved.path.rpartition("/")[2], url=urljoin(site, saved.url))
