"""What is learnt from execute requests on the websocket."""

from __future__ import annotations

import json

import pytest
from jupyter_server.services.kernels.connection.base import serialize_binary_message, serialize_msg_to_ws_v1

from mlabs_ext.lab.websocket import V1, execute_request


def message(channel: str = "shell", kind: str = "execute_request", metadata=None, **content) -> dict:
    return {
        "channel": channel,
        "header": {"msg_id": "m", "msg_type": kind},
        "parent_header": {},
        "metadata": {"cellId": "c"} if metadata is None else metadata,
        "content": {"code": "1", **content},
    }


def v1(whole: dict) -> bytes:
    parts = [json.dumps(whole[part]).encode() for part in ("header", "parent_header", "metadata", "content")]
    return serialize_msg_to_ws_v1(parts, whole["channel"])


FORMS = {
    "v1": lambda whole: (v1(whole), V1),
    "text": lambda whole: (json.dumps(whole), None),
    "binary": lambda whole: (serialize_binary_message({**whole, "buffers": [b"x"]}), None),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("whole", "found"),
    [
        (message(), ("m", "c", "1", True)),
        (message(silent=True), ("m", "c", "1", False)),
        (message(store_history=False), ("m", "c", "1", False)),
        (message(metadata={}), ("m", None, "1", True)),
        (message(metadata={"cellId": 5}), ("m", None, "1", True)),
        (message(metadata={"cellId": "x" * 300}), ("m", "x" * 255, "1", True)),
        (message(channel="control"), None),
        (message(kind="complete_request"), None),
    ],
    ids=["plain", "silent", "no history", "no cell", "odd cell", "long cell", "control", "completion"],
)
def test_requests(form, whole, found):
    request = execute_request(*FORMS[form](whole))
    assert (request and (request.id, request.cell, request.code, request.kept)) == found


@pytest.mark.parametrize(
    ("data", "subprotocol"),
    [
        (b"", V1),
        (b"\xff" * 40, V1),
        (b"\x01", None),
        ("{", None),
        ("[]", None),
        ('{"channel":"shell"}', None),
    ],
)
def test_nonsense_is_left_to_the_server(data, subprotocol):
    assert execute_request(data, subprotocol) is None
