"""Notebooks with planted secrets; none of these was ever valid."""

from __future__ import annotations

from typing import Any

RANDOM = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6hJ9kL2"
GITHUB = "ghp" + "_" + RANDOM[:36]
HEX = "9f86d081884c7d659a2feaa0c55ad015"
BASE64 = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDB7Vz2"


def code(source: str, *outputs: dict[str, Any], id: str = "code", **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": id,
        "source": source,
        "outputs": list(outputs),
        "metadata": metadata,
        "execution_count": 1,
    }


def markdown(source: str, **attachments: Any) -> dict[str, Any]:
    return {
        "cell_type": "markdown",
        "id": "text",
        "source": source,
        "metadata": {},
        "attachments": attachments,
    }


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def display(**data: Any) -> dict[str, Any]:
    named = {key.replace("__", "/"): value for key, value in data.items()}
    return {"output_type": "display_data", "data": named, "metadata": {}}


def raised(*traceback: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": list(traceback)}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
