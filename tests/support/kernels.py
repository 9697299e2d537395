"""Code for a kernel, over its websocket, and what it prints."""

import json

from mlabs_ext import websockets


async def printed(socket, code):
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    header = {"msg_id": "1", "msg_type": "execute_request", "username": "", "session": "s", "version": "5.3"}
    request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await socket.write_message(json.dumps({**request, "buffers": []}))
    text = ""
    while True:
        message = json.loads(await socket.read_message())
        if message["parent_header"].get("msg_id") != "1":
            continue
        if message["msg_type"] == "stream":
            text += message["content"]["text"]
        if message["msg_type"] == "error":
            text += message["content"]["ename"]
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            await websockets.close(socket)
            return text
