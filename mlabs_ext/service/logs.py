"""One JSON object a line on stderr: what log collectors read, with nothing that gives a credential away."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tornado.web import RequestHandler

from mlabs_ext import request_ids
from mlabs_ext.service.web.requested import id_of

if TYPE_CHECKING:
    from mlabs_ext.service.web.kept import Kept

access = logging.getLogger("mlabs.access")


class JsonFormatter(logging.Formatter):
    """Formats a record as `{"time", "level", "logger", "message", …}`; `extra={"fields": {…}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the record's line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        # What rules say while they answer somebody; the access log says it of itself.
        if request := request_ids.current.get():
            line["request"] = request
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up(level: int | str) -> None:
    """Send all of this process' log lines to stderr in this format."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # These two write a line for every request and every cookie.
    for noisy in ("tornado.access", "tornado.application"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def log_access(handler: RequestHandler | Kept) -> None:
    """Log a request without its query, which may carry a sign-in code."""
    level = logging.ERROR if handler.get_status() >= 500 else logging.INFO
    if not access.isEnabledFor(level):
        return
    request = handler.request
    viewer = getattr(handler, "viewer", None)
    path = shown(request.path, handler.settings["mlabs"].base_url)
    fields = {
        "method": request.method,
        "path": path,
        "status": handler.get_status(),
        "seconds": round(request.request_time(), 4),
        "user": viewer.name if viewer else None,
        "request": id_of(request),
    }
    access.log(level, "%s %s", request.method, path, extra={"fields": fields})


def shown(path: str, base_url: str) -> str:
    """A path as it may be written down: a link's secret is left out, whatever answered the request."""
    links = f"{base_url}s/"
    return f"{links}…" if path.startswith(links) else path
