"""Secrets that are known by what stands before them: the name of a variable, a header, an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlabs_ext.guard.findings import Known
from mlabs_ext.guard.matches import Match, Places, lower, stem, too_much
from mlabs_ext.guard.texts import Text
from mlabs_ext.guard.values import is_holder, is_password, is_random

PASSWORDS = ("passw", "pwd", "passphrase")
KEYS = (
    "secret",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "access-key",
    "accesskey",
    "auth_key",
    "private_key",
    "account_key",
    "subscription_key",
    "encryption_key",
    "kaggle_key",
    '"key": "',
)
HEADERS = ("authorization", "x-api-key", "x-auth-token", "bearer ", " login ")
# After a sign: the rest of the name, then a value in quotes; or one without, as shells and addresses have it.
QUOTED = re.compile(
    r"""[A-Za-z0-9_-]{0,16}["']?\]?\s{0,8}(?::\s{0,4}str\s{0,4}=|=>|[:=,])\s{0,8}[bru]?(?P<quote>["'])"""
    r"""(?P<value>[^"'\n]{6,512})(?P=quote)"""
)
BARE = re.compile(
    r"[A-Za-z0-9_]{0,16}(?:=|:\s{1,4}|\s(?=\S{16}))(?P<value>[^\s\"'`;,&|)(<>]{8,512})(?![(\[])"
)
HEADER = re.compile(
    r"""["']?\s{0,4}[:=,]?\s{0,4}[frb]{0,2}["']?(?:(?:Bearer|Basic|[Tt]oken)\s{1,4})?"""
    r"(?P<value>[A-Za-z0-9_.~+/=-]{12,2048})"
)
URL = re.compile(
    r"://(?P<user>[^\s:/@\"'<>]{0,64}):(?P<value>[^\s/@\"'<>]{1,128})@(?P<host>[^\s/\"'<>:]{1,128})"
)
# Names with such words in them that hold nothing secret.
HARMLESS = re.compile(
    r"csrf|xsrf|nonce|tokeni[sz]|tokens$|(?:pad|sep|cls|unk|mask|bos|eos|sot|end|start|special|stop|image|next|"
    r"page|continuation|sync|public|max|min|num|new|prompt|blank|text|audio|video|assistant)_?token|token_?"
    r"(?:type|ids?|level|class|name|count|len|url|uri|path|file|env|var|list|map|pattern|index)|"
    r"(?:name|path|file|url|uri|id|field|label|hint|env|var|type|help|hash|strength|input|prompt|regex|arn|mode)$",
    re.IGNORECASE,
)
# Passwords that come with a program: everybody has them.
SHIPPED = frozenset(
    [
        "password",
        "pass",
        "passwd",
        "pwd",
        "postgres",
        "root",
        "admin",
        "user",
        "username",
        "guest",
        "secret",
        "mysql",
        "redis",
        "mongo",
        "changeme",
        "token",
        "x-oauth-basic",
        "x-access-token",
        "minioadmin",
        "airflow",
        "neo4j",
        "test",
    ]
)


def assigned(text: Text, known: Known) -> Iterator[Match]:
    """`password = "…"` and its like, in code, JSON, shells and addresses."""
    content, small = text.text, lower(text.text)
    for kind, signs in (("password", PASSWORDS), ("key", KEYS), ("token", ("token",))):
        for sign in signs:
            for place in (places := Places(small, sign)):
                yield from _assigned(kind, text, content, place, sign)
            if places.cut:
                yield too_much(text)


def _assigned(kind: str, text: Text, content: str, place: int, sign: str) -> Iterator[Match]:
    if sign.endswith('"'):
        yield from _kaggle_file(text, content, place + len(sign))
        return
    after = place + len(sign)
    found = QUOTED.match(content, after) or BARE.match(content, after)
    if found is None:
        return
    name = stem(content, place) + content[place : found.start("value")]
    name = re.split(r"[^\w.-]", name, maxsplit=1)[0]
    quoted = found.re is QUOTED
    if (quoted or _is_bare(name, content, place)) and is_secret(kind, name, found["value"], quoted):
        yield Match(kind, text, *found.span("value"), name)


def _kaggle_file(text: Text, content: str, start: int) -> Iterator[Match]:
    """`{"username": "…", "key": "<32 hexadecimal digits>"}`, as Kaggle's file has it."""
    found = re.compile(r"[0-9a-f]{32}(?=\")").match(content, start)
    if found and '"username"' in content[max(0, start - 120) : start + 160]:
        yield Match("key", text, *found.span(), "KAGGLE_KEY")


def _is_bare(name: str, content: str, place: int) -> bool:
    """Whether a value without quotes is one: of `EXPORTED_NAME=` or of `?name=` in an address."""
    start = place - len(stem(content, place))
    return name.isupper() or content[max(0, start - 1) : start] in ("?", "&")


def is_secret(kind: str, name: str, value: str, quoted: bool) -> bool:
    """Whether a variable of this name holds a secret with this value."""
    if HARMLESS.search(name.rpartition(".")[2]):
        return False
    if kind == "password":
        return is_password(value) and (quoted or len(value) <= 128)
    if kind == "key":
        return is_random(value, 12) or (quoted and is_password(value) and _is_mixed(value))
    return is_random(value, 16)


def _is_mixed(value: str) -> bool:
    """Letters of both sizes and digits, as no word has them."""
    return len(value) >= 12 and all(any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit))


def headers(text: Text, known: Known) -> Iterator[Match]:
    """What signs a request in, or a person."""
    content, small = text.text, lower(text.text)
    for sign in HEADERS:
        for place in (places := Places(small, sign)):
            found = HEADER.match(content, place + len(sign))
            if found and is_random(found["value"], 20 if sign.endswith(" ") else 12):
                yield Match("header", text, *found.span("value"), sign.strip())
        if places.cut:
            yield too_much(text)


def addresses(text: Text, known: Known) -> Iterator[Match]:
    """Passwords in the addresses of databases and other servers."""
    content = text.text
    for place in (places := Places(content, "://") if "@" in content else Places("", "://")):
        found = URL.match(content, place)
        if found and _is_password_of(found):
            yield Match("url", text, *found.span("value"), stem(content, place, 24))
    if places.cut:
        yield too_much(text)


def _is_password_of(found: re.Match[str]) -> bool:
    value = found["value"]
    if value.lower() in SHIPPED or value.lower() == found["user"].lower():
        return False
    return len(value) >= 4 and not is_holder(value) and not is_holder(found["host"])
