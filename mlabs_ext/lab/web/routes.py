"""Every address of `{server}/mlabs/api`."""

from __future__ import annotations

from mlabs_ext.lab.web.guard import CheckHandler, FixHandler
from mlabs_ext.lab.web.labs import EmbedHandler, ForkHandler, LabHandler, OpenHandler, PublishHandler
from mlabs_ext.lab.web.runs import BackgroundHandler, HistoryHandler, RunAllHandler, RunHandler
from mlabs_ext.lab.web.runtime import LimitsHandler, RuntimeHandler

ROUTES = [
    (rf"/mlabs/api/{name}", handler)
    for name, handler in {
        "publish": PublishHandler,
        "fork": ForkHandler,
        "embed": EmbedHandler,
        "history": HistoryHandler,
        "lab": LabHandler,
        "run-all": RunAllHandler,
        "background": BackgroundHandler,
        "runtime": RuntimeHandler,
        "limits": LimitsHandler,
        "open": OpenHandler,
        "run": RunHandler,
        "check": CheckHandler,
        "fix": FixHandler,
    }.items()
]
