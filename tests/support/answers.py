"""What an answer of the API must be."""

from __future__ import annotations


def made(answer):
    assert answer.status_code == 201, answer.text
    return answer.json()


def error(answer, status, code):
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
