"""Tells a secret from what merely stands in its place: a placeholder, a word, a name of a variable."""

from __future__ import annotations

import math
import re
from collections import Counter

HOLDERS = re.compile(
    r"your|example|placeholder|change[_-]?me|redacted|insert|replace|dummy|fake|sample|foo_?bar|\btest\b|"
    r"^test|enter[_ -]|put[_ -]|todo|fixme|\.\.\.|…|\*{3}|x{4}|y{4}|0{6}|<|>|\$\{|\{\{|\[|removed|deadbeef|"
    r"12345678|abcdef(?:gh|1)|^my[_-]|^some[_-]|^the[_-]|^none$|^null$|^true$|^false$|^n/a$|secret[_-]?key$",
    re.IGNORECASE,
)
# Elsewhere: a variable, a template, a place where the value is kept.
ELSEWHERE = re.compile(r"[$%{@]|os\.environ|getenv|getpass|env:|vault:|secretmanager|projects/|https?://")
WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)?\d{0,4}|[A-Za-z]{1,2}\d{1,2}[a-z]?")
APART = re.compile(r"[-_./:+ ]")
LONG = 256


def entropy(text: str) -> float:
    """Bits a character, by how often each is there; a random hexadecimal digit has 4, a letter up to 4.7."""
    counts, size = Counter(text), len(text)
    return -sum(n / size * math.log2(n / size) for n in counts.values()) if size else 0.0


def is_holder(value: str) -> bool:
    """Whether a value says that the real one is not there."""
    cut = value[:LONG]
    return HOLDERS.search(cut) is not None or ELSEWHERE.match(cut) is not None or len(set(cut)) < 4


def is_wordy(value: str) -> bool:
    """Whether a value is words and small numbers: `bert-base-uncased-v2`."""
    return all(WORD.fullmatch(part) for part in APART.split(value[:LONG]))


def is_random(value: str, size: int = 16) -> bool:
    """Whether a value looks as if a machine had drawn it."""
    return (
        len(value) >= size
        and any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and entropy(value[:LONG]) >= 3.0
        and not is_wordy(value)
        and not is_holder(value)
    )


def is_password(value: str) -> bool:
    """Whether a person could have taken a value as a password, and not as a word about passwords."""
    if len(value) < 6 or any(map(str.isspace, value)) or is_holder(value):
        return False
    if re.search(r"passw|secret|token|credential|passphrase|user", value, re.IGNORECASE):
        # "Password1!" is one all the same; `password_field` is not.
        return len(value) > 8 and any(not char.isalnum() and char not in "_-./" for char in value)
    kinds = sum(any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit))
    kinds += any(not char.isalnum() for char in value)
    return entropy(value[:LONG]) >= 2.0 and (kinds >= 2 or len(value) >= 8)
