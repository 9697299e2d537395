"""Secrets that are known by their shape alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlabs_ext.guard.findings import Known
from mlabs_ext.guard.matches import Match, Places, too_much
from mlabs_ext.guard.texts import Text
from mlabs_ext.guard.values import entropy, is_holder, is_wordy

END = r"(?![A-Za-z0-9])"


@dataclass(frozen=True)
class Shape:
    """A kind of token. It begins with one of its `signs`; `variable` is where programs usually keep it."""

    kind: str
    title: str
    signs: tuple[str, ...]
    pattern: re.Pattern[str]
    variable: str
    least: float = 3.0


def _shape(kind: str, title: str, signs: str, pattern: str, variable: str, least: float = 3.0) -> Shape:
    return Shape(kind, title, tuple(signs.split()), re.compile(f"(?:{pattern}){END}"), variable, least)


SHAPES = (
    _shape(
        "github",
        "GitHub token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}",
        "GITHUB_TOKEN",
    ),
    _shape(
        "gitlab",
        "GitLab token",
        "glpat- gldt- glrt- glptt- glcbt- glft-",
        r"gl(?:pat|dt|rt|ptt|cbt|ft)-[A-Za-z0-9_.-]{20,255}",
        "GITLAB_TOKEN",
    ),
    _shape(
        "aws_id",
        "AWS key id",
        "AKIA ASIA ABIA ACCA",
        r"A(?:KI|SI|BI|CC)A[A-Z0-9]{16}",
        "AWS_ACCESS_KEY_ID",
        2.5,
    ),
    _shape(
        "google",
        "Google key",
        "AIza GOCSPX- ya29.",
        r"AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,512}",
        "GOOGLE_API_KEY",
    ),
    _shape(
        "slack",
        "Slack token",
        "xox xapp- https://hooks.slack.com/",
        r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,255}|xapp-\d-[A-Za-z0-9-]{10,255}"
        r"|https://hooks\.slack\.com/services/T[A-Z0-9]{6,16}/B[A-Z0-9]{6,16}/[A-Za-z0-9]{16,40}",
        "SLACK_TOKEN",
        2.5,
    ),
    _shape("anthropic", "Anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,255}", "ANTHROPIC_API_KEY"),
    _shape(
        "openai",
        "OpenAI key",
        "sk-",
        r"sk-(?!ant-)(?:[a-z]{3,8}-)?[A-Za-z0-9_-]{20,255}",
        "OPENAI_API_KEY",
        3.4,
    ),
    _shape(
        "huggingface", "Hugging Face token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z0-9]{30,64}", "HF_TOKEN"
    ),
    _shape("kaggle", "Kaggle token", "KGAT_", r"KGAT_[A-Za-z0-9]{32,64}", "KAGGLE_API_TOKEN"),
    _shape("pypi", "PyPI token", "pypi-Ag", r"pypi-Ag[A-Za-z0-9_-]{50,255}", "PYPI_TOKEN"),
    _shape("npm", "npm token", "npm_", r"npm_[A-Za-z0-9]{36}", "NPM_TOKEN"),
    _shape(
        "jwt",
        "signed token (JWT)",
        "eyJ",
        r"eyJ[A-Za-z0-9_-]{10,400}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{16,1000}",
        "TOKEN",
    ),
    _shape("stripe", "Stripe key", "sk_live_ rk_live_", r"[sr]k_live_[A-Za-z0-9]{20,255}", "STRIPE_API_KEY"),
    _shape(
        "sendgrid", "SendGrid key", "SG.", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", "SENDGRID_API_KEY"
    ),
    _shape(
        "inference",
        "key of an inference service",
        "gsk_ r8_ nvapi- pplx-",
        r"gsk_[A-Za-z0-9]{48,64}|r8_[A-Za-z0-9]{37}|nvapi-[A-Za-z0-9_-]{60,80}|pplx-[A-Za-z0-9]{40,64}",
        "API_KEY",
    ),
    _shape("databricks", "Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?", "DATABRICKS_TOKEN"),
    _shape(
        "azure", "Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}==", "AZURE_STORAGE_KEY"
    ),
)
KEY_SIGN, KEY_END = "-----BEGIN ", "-----END"
KEY_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
# No private key is longer; one that has no end is taken to reach to where its lines end.
KEY_LONG = 20_000
KEY_BODY = re.compile(r"[A-Za-z0-9+/]{40}")


def tokens(text: Text, known: Known) -> Iterator[Match]:
    """Tokens of services."""
    content = text.text
    for shape in SHAPES:
        for sign in shape.signs:
            for place in (places := Places(content, sign)):
                if place and (content[place - 1].isalnum() or content[place - 1] == "_"):
                    continue
                found = shape.pattern.match(content, place)
                if found and _is_real(found[0], shape):
                    yield Match(shape.kind, text, *found.span())
            if places.cut:
                yield too_much(text)


def _is_real(token: str, shape: Shape) -> bool:
    body = token[4:]
    return entropy(token[:256]) >= shape.least and not is_holder(body) and not is_wordy(token)


def private_keys(text: Text, known: Known) -> Iterator[Match]:
    """Blocks of private keys, from their first line to their last."""
    content, reached = text.text, 0
    for place in (places := Places(content, KEY_SIGN)):
        found = KEY_BEGIN.match(content, place) if place >= reached else None
        if found and KEY_BODY.search(content, found.end(), found.end() + 500):
            reached = _end_of_key(content, found.end())
            yield Match("private_key", text, place, reached)
    if places.cut:
        yield too_much(text)


def _end_of_key(text: str, start: int) -> int:
    last = min(len(text), start + KEY_LONG)
    end = text.find(KEY_END, start, last)
    if end < 0:
        return last
    close = text.find("-----", end + len(KEY_END), end + 80)
    return close + 5 if close >= 0 else end + len(KEY_END)


def given(text: Text, known: Known) -> Iterator[Match]:
    """Secrets of this server itself, wherever they stand."""
    for secret in known.secrets:
        if len(secret) >= 8:
            yield from exactly(secret, "server_token", text)


def exactly(value: str, kind: str, text: Text) -> Iterator[Match]:
    """Each place where a value stands."""
    for place in (places := Places(text.text, value)):
        yield Match(kind, text, place, place + len(value))
    if places.cut:
        yield too_much(text)
