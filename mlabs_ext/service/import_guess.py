"""What a notebook from elsewhere should run on, and why: read off its metadata and its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbformat import NotebookNode

from mlabs_ext.accelerators import COMMUNITY, NONE, held
from mlabs_ext.catalogue import Catalogue, EnvironmentSpec
from mlabs_ext.notebook import runtime_of
from mlabs_ext.wire import Environment

IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]{1,200})[ \t]+import\b|import[ \t]+([\w., \t]{1,400}))", re.MULTILINE
)
# What is built on a framework, and comes without saying so.
BUILT_ON = {
    **dict.fromkeys(("torch", "torchvision", "torchaudio", "torchtext", "fastai", "timm"), "torch"),
    **dict.fromkeys(("lightning", "pytorch_lightning", "torchmetrics"), "torch"),
    **dict.fromkeys(("tensorflow", "tensorflow_datasets", "tensorflow_federated"), "tensorflow"),
    **dict.fromkeys(("tensorflow_addons", "tensorflow_hub", "tensorflow_probability"), "tensorflow"),
    **dict.fromkeys(("keras", "tf_keras"), "tensorflow"),
    **dict.fromkeys(("jax", "flax", "optax", "haiku", "equinox", "numpyro"), "jax"),
    **dict.fromkeys(("theano", "lasagne", "pymc3"), "theano"),
    "caffe": "cv2",
}  # fmt: skip
CAFFE = re.compile(r"readNetFromCaffe|\.caffemodel\b|\.prototxt\b")
KAGGLE_INPUT = re.compile(r"/kaggle/input/([\w-]{1,100})")
MAX_CODE = 5_000_000
NAMED, DATA_TOLD = 3, 50


class Guess(NamedTuple):
    """An environment and an accelerator that can be had here, each with the reason in a sentence."""

    environment: str
    why: str
    accelerator: str
    accelerator_why: str


def guess(nb: NotebookNode, catalogue: Catalogue) -> Guess:
    """What the notebook should run on here."""
    offered = {item.name: item for item in catalogue.public()}
    why_not = ""
    for name, why in _wishes(nb, catalogue):
        found = offered.get(name)
        if found and found.available:
            return Guess(name, f"{why}.", *_accelerator(nb, found))
        title = f"{found.title} cannot be used here" if found else "there is no environment for that here"
        why_not = why_not or f"{why}, but {title}. "
    default = _default(offered, catalogue.default)
    words = f"{why_not}This is the usual one." if why_not else "Nothing in it asks for another one."
    return Guess(default.name, words, *_accelerator(nb, default))


def data_of(nb: NotebookNode) -> list[str]:
    """The data that a notebook of Kaggle's, or of another MLabs, was given: in words, each once."""
    asked = runtime_of(nb)
    named = [f"Kaggle: {source.removeprefix('kaggle:').replace('/', ' ')}" for source in asked.sources]
    paths = [f"/kaggle/input/{name}" for name in KAGGLE_INPUT.findall(_code(nb))]
    return list(dict.fromkeys([*named, *paths, *asked.data]))[:DATA_TOLD]


def _wishes(nb: NotebookNode, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Environments by name, the best first, each with the reason; no name where there is none for it."""
    asked = runtime_of(nb).environment
    if asked:
        yield asked, f"The notebook asks for {asked:.60}"
    language = _language(nb)
    if language not in ("", "python"):
        yield _of_language(nb, language, catalogue), f"It is written in {_spelled(nb, language)}"
        return
    yield from _of_imports(_code(nb), catalogue)


def _of_language(nb: NotebookNode, language: str, catalogue: Catalogue) -> str:
    kernel = _object(nb.metadata.get("kernelspec")).get("name")
    for spec in catalogue.all():
        if spec.kernel and (kernel == spec.kernel.name or language == spec.kernel.language.lower()):
            return spec.name
    return ""


def _of_imports(code: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """The environments that have what is imported and the default one lacks; most of it first."""
    used = list(dict.fromkeys(_modules(code)))
    lacking = _modules_of(catalogue.get(catalogue.default))
    found: list[tuple[int, str, list[str]]] = []
    for spec in catalogue.all():
        has = _modules_of(spec) - lacking
        those = [module for module in used if BUILT_ON.get(module, module) in has]
        if those:
            found.append((-len({BUILT_ON.get(module, module) for module in those}), spec.name, those))
    for _, name, modules in sorted(found, key=lambda item: (item[0], used.index(item[2][0]))):
        yield name, f"It imports {_listed(modules)}"
    if not found and CAFFE.search(code):
        yield "caffe", "It reads a model of Caffe's"


def _modules(code: str) -> Iterator[str]:
    for source, names in IMPORT.findall(code):
        for name in (source or names).split(","):
            module = name.strip().partition(" ")[0].partition(".")[0]
            # OpenCV is used beside every framework: what needs it for Caffe says so.
            if module and module != "cv2":
                yield module


def _modules_of(spec: EnvironmentSpec) -> set[str]:
    return {name.partition(".")[0] for name in spec.imports} | set(spec.frameworks)


def _accelerator(nb: NotebookNode, environment: Environment) -> tuple[str, str]:
    metadata = nb.metadata
    asked = runtime_of(nb).accelerator
    who = "The notebook asks"
    if not _object(metadata.get("mlabs")).get("accelerator"):
        who = f"{'Kaggle' if 'kaggle' in metadata else 'Colab'}'s settings ask"
        if "TPU" in str(metadata.get("accelerator", "")).upper():
            return "none", f"{who} for a TPU, which there is none of here."
    if asked in (None, NONE):
        return NONE, "Nothing in it asks for one."
    if asked == COMMUNITY:
        # Whose notebook it was may have chosen that; who brings it here has not.
        return NONE, f"{who} for machines that others lend, which is yours to choose."
    if asked in environment.accelerators:
        return asked, f"{who} for {held(asked)}."
    return (
        "none",
        f"{who} for {'a GPU' if asked == 'gpu' else repr(asked)[:60]}; {environment.title} has none here.",
    )


def _default(offered: dict[str, Environment], wanted: str) -> Environment:
    """The default environment, or another one where that cannot be used."""
    return min(offered.values(), key=lambda item: (not item.available, item.name != wanted))


def _language(nb: NotebookNode) -> str:
    spec, info = (_object(nb.metadata.get(key)) for key in ("kernelspec", "language_info"))
    named = spec.get("language") or info.get("name") or ("r" if spec.get("name") == "ir" else "")
    name = str(named).lower()
    return "python" if name.startswith(("python", "ipython")) or "python" in str(spec.get("name")) else name


def _spelled(nb: NotebookNode, language: str) -> str:
    """A language as its own people write it, as far as the notebook says."""
    named = str(_object(nb.metadata.get("language_info")).get("name") or language)[:40]
    return named.upper() if len(named) == 1 else named[:1].upper() + named[1:]


def _code(nb: NotebookNode) -> str:
    return "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")[:MAX_CODE]


def _listed(names: list[str]) -> str:
    *first, last = names[:NAMED]
    return f"{', '.join(first)} and {last}" if first else last


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
