"""Writes the reference pages of the documentation from the code, so that they cannot drift apart.

`python docs/generate.py` writes them; with `--check` it exits 1 where a page is not what the code says.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterable
from inspect import cleandoc
from pathlib import Path
from types import ModuleType

from traitlets import TraitType
from traitlets.config import Configurable

import mlabs_ext
import mlabs_spawner
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.cli import parser
from mlabs_ext.service.conversion.kinds import KINDS
from mlabs_ext.service.conversion.rewrites import REWRITES
from mlabs_ext.service.conversion.settings import ACTIVATIONS
from mlabs_ext.service.web.api import CALLS
from mlabs_ext.service.web.openapi import operations

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py from the code: change it there. -->\n"


PACKAGES = (mlabs_spawner, mlabs_ext)
# These run something when they are imported.
PROGRAMS = ("__main__", ".migrations.env")


def modules() -> Iterable[ModuleType]:
    """Every module of the project, in order of name."""
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(PROGRAMS):
                yield importlib.import_module(found.name)


def configurables() -> list[type[Configurable]]:
    """Every class of the project that defines a setting."""
    classes = {
        owner
        for module in modules()
        for owner in vars(module).values()
        if isinstance(owner, type) and issubclass(owner, Configurable) and owner.__module__ == module.__name__
    }
    return sorted((owner for owner in classes if own_traits(owner)), key=called)


def called(owner: type[Configurable]) -> str:
    """The class that people name in their settings."""
    return "MLabsService" if owner.__name__ == "Settings" else owner.__name__


def own_traits(owner: type[Configurable]) -> dict[str, TraitType]:
    """The settings that the class itself defines."""
    return dict(sorted(owner.class_own_traits(config=True).items()))


def trait_section(owner: type[Configurable], name: str, trait: TraitType) -> str:
    """One setting: its name as it is written in a configuration file, its type and its help."""
    return f"### `c.{called(owner)}.{name}`\n\n*{type(trait).__name__}*\n\n{markdown(trait.help)}\n"


def markdown(text: str) -> str:
    """A help text, whose longer examples follow `::` or stand on lines of their own that begin with `c.`."""
    text = re.sub(r"::$", ":", cleandoc(text), flags=re.MULTILINE)
    return re.sub(r"^c\.", "    c.", text, flags=re.MULTILINE)


def configuration() -> str:
    """All settings of all classes."""
    sections = [NOTE, "# Configuration\n", CONFIGURATION_INTRODUCTION]
    for owner in configurables():
        sections.append(f"## {called(owner)}\n\n{cleandoc(owner.__doc__ or '')}\n")
        sections.extend(trait_section(owner, name, trait) for name, trait in own_traits(owner).items())
    return "\n".join(sections)


CONFIGURATION_INTRODUCTION = """Every setting, with its default. Write yours into `mlabs_config.py` in
the data directory (or the file that `MLABS_CONFIG` names): hub, spawner and service read it at their
start, and it may hold any of JupyterHub's settings too. Those of the extension in users' servers
(`Client`, `Delivery`, `MLabsLab`, `Outbox`, `Recorder`, `Runner`) go into `jupyter_server_config.py`.
"""


def environments() -> str:
    """The catalogue as a table."""
    rows = [
        f"| `{spec.name}` | {spec.title} | {', '.join(f'{k} {v}' for k, v in spec.frameworks.items())} "
        f"| {', '.join(spec.accelerators)} |"
        for spec in Catalogue().all()
    ]
    head = "| name | title | frameworks | accelerators |\n| --- | --- | --- | --- |"
    return "\n".join([NOTE, "# Environments\n", ENVIRONMENTS_INTRODUCTION, head, *rows, ""])


ENVIRONMENTS_INTRODUCTION = """A lab names its environment in one line of its notebook's metadata:

    "mlabs": {"environment": "pytorch"}

Adding one takes a folder and no code: see the administrator guide. Where labs run in containers, each has an
image: `mlabs images build` makes them, and `mlabs images list` tells what is in them by asking them.
"""


def api() -> str:
    """Every operation of the REST API."""
    rows = [
        f"| `{verb.upper()}` | `{call.path}` | {operation.summary} | {operation.access} |"
        for call in CALLS
        for verb, operation in operations(call)
    ]
    head = "| method | path | does | needs |\n| --- | --- | --- | --- |"
    return "\n".join([NOTE, "# REST API\n", API_INTRODUCTION, head, *rows, ""])


API_INTRODUCTION = (DOCS / "api-introduction.md").read_text(encoding="utf-8")


def conversion() -> str:
    """The layers that models may have, and what becomes of them."""
    same = sorted(set(KINDS) - set(REWRITES) - {"InputLayer", "ResetAfterGRU"})
    written = sorted(set(REWRITES) - set(KINDS))
    sometimes = sorted(set(REWRITES) & set(KINDS))
    parts = [
        "# Layers that can be converted",
        NOTE,
        "A model of Keras is converted for TensorFlow.js where all its layers are among these. "
        "It is run once before it "
        "is ready. All others are refused, with the layer's name and what to do. "
        "[The table of networks](conversion-table.md) is what the tests found.",
        f"**As they are:** {', '.join(same)}; models within models.",
        f"**Written as other layers, with the same results:** {', '.join(written)}.",
        f"**So in some cases only:** {', '.join(sometimes)}: causal convolutions become padded "
        "ones, pooling that keeps "
        "its axes adds them again, and a GRU with `reset_after` needs `layers.js` of MLabs in the page.",
        f"**Activations:** {', '.join(sorted(ACTIVATIONS))}; `hard_sigmoid` in models of Keras 2 "
        "only, since Keras 3 "
        "computes it otherwise.",
        "**Files that are refused:** those with weights alone (there is no model in them), those of Keras 1 "
        "(its layers are described in another way: load it with Keras 2.0 to 2.3, and save it again), models "
        "of a class of one's own, layers with Python code in them (Lambda, calculations between layers), and "
        "what is not of Keras or TensorFlow.js (SavedModel, PyTorch, ONNX, pickle).",
    ]
    return "\n\n".join(parts) + "\n"


def commands() -> str:
    """The help of every command, as it prints."""
    sections = [NOTE, "# Commands\n"]
    for name, text in helps(parser()):
        sections.append(f"## `{name}`\n\n```text\n{text}```\n")
    return "\n".join(sections)


def helps(parser: argparse.ArgumentParser) -> Iterable[tuple[str, str]]:
    """Name and help text of a parser and of all below it."""
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
    yield parser.prog, parser.format_help()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from helps(child)


PAGES = {
    "configuration.md": configuration,
    "environments.md": environments,
    "api.md": api,
    "commands.md": commands,
    "conversion.md": conversion,
}


def main(arguments: list[str] | None = None) -> int:
    """Write or check all pages; return the exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 where a page is out of date"
    )
    check = options.parse_args(arguments).check
    stale = [name for name, page in PAGES.items() if update(DOCS / name, page(), check)]
    for name in stale:
        print(f"docs/{name} {'is out of date: run python docs/generate.py' if check else 'written'}")
    return 1 if check and stale else 0


def update(path: Path, text: str, check: bool) -> bool:
    """Whether the page differed; written unless `check`."""
    differs = not path.exists() or path.read_text() != text
    if differs and not check:
        path.write_text(text)
    return differs


if __name__ == "__main__":
    sys.exit(main())
