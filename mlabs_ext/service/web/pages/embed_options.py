"""The options of an embed: what its address may say, wherever that address is written or read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

from mlabs_ext.errors import BadInput
from mlabs_ext.service.rendering.document import SHOWS, THEMES

CELL = r"[\w-]{1,64}"


class Rule(NamedTuple):
    """What an option may be; `told` says it to a person."""

    pattern: str
    told: str


def _one_of(*words: str) -> Rule:
    return Rule("|".join(words), f"{', '.join(words[:-1])} or {words[-1]}")


RULES = {
    "v": Rule("[1-9][0-9]{0,8}", "the number of a version, such as 3"),
    "run": Rule("[0-9A-HJKMNP-TV-Z]{26}", "the id of a run, 26 letters and digits"),
    "cells": Rule(f"{CELL}( *, *{CELL}){{0,199}}", "cell ids, or numbers from 1 and ranges, such as 2-4,7"),
    "show": _one_of(*SHOWS),
    "theme": _one_of(*THEMES),
    "header": _one_of("0", "1"),
    "run-here": _one_of("0", "1"),
}
# What `embed.js` adds: the colors of the page around, which `theme=auto` means there.
AROUND = {"around": _one_of("light", "dark")}


class Options(NamedTuple):
    """An embed's options as they were given, in the order of `RULES`; empty is the default."""

    v: str = ""
    run: str = ""
    cells: str = ""
    show: str = ""
    theme: str = ""
    header: str = ""
    run_here: str = ""

    @classmethod
    def read(cls, argument: Callable[[str], str]) -> Options:
        """Those that `argument` finds, by their names in an address; BadInput `embed_option_invalid`."""
        return cls(*(checked(name, argument(name)) for name in RULES))

    def given(self) -> dict[str, str]:
        """Those that are not left out."""
        return {name: value for name, value in zip(RULES, self, strict=True) if value}

    def document(self, theme: str) -> str:
        """The query of the rendered document: heavy outputs of it wait for a click."""
        wanted = {"cells": self.cells, "show": self.show, "theme": theme, "heavy": "click"}
        wanted["here"] = self.run_here.strip("0")
        return urlencode({name: value for name, value in wanted.items() if value})


def checked(name: str, value: str) -> str:
    """The value of an option, if it is empty or one that it may have."""
    value, rule = value.strip(), (RULES | AROUND)[name]
    if value and not re.fullmatch(rule.pattern, value, re.ASCII):
        raise BadInput(f"`{name}` cannot be used as it is: it takes {rule.told}.", "embed_option_invalid")
    return value
