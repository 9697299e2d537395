"""A Tornado server that sends what is in a file and does nothing else: `python bench/_bare.py PORT FILE`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tornado.web import Application, RequestHandler


class Page(RequestHandler):
    """One answer, whose bytes, headers and ETag are known beforehand."""

    def initialize(self, answer: dict) -> None:
        self.answer = answer

    def get(self) -> None:
        for name, value in self.answer["headers"]:
            self.set_header(name, value)
        self.finish(self.answer["body"])

    def compute_etag(self) -> str:
        return self.answer["etag"]


async def main(port: str, file: str) -> None:
    """Be that server."""
    answers = json.loads(Path(file).read_text())
    for answer in answers:
        answer["body"] = bytes.fromhex(answer["body"])
    routes = [(f"/{number}", Page, {"answer": answer}) for number, answer in enumerate(answers)]
    Application(routes, log_function=lambda handler: None).listen(int(port), "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
