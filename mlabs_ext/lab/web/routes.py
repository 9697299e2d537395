"""Every address of `{server}/mlabs/api`."""

from __future__ import annotations

from mlabs_ext.lab.web.data import (
    DataFileHandler,
    DataFilesHandler,
    DataHandler,
    DataMakeHandler,
    FindHandler,
    OutputsHandler,
    PreviewHandler,
)
from mlabs_ext.lab.web.guard import CheckHandler, FixHandler
from mlabs_ext.lab.web.labs import EmbedHandler, ForkHandler, LabHandler, OpenHandler, PublishHandler
from mlabs_ext.lab.web.past_runs import (
    AgainHandler,
    CompareHandler,
    RunNotebookHandler,
    SeriesHandler,
)
from mlabs_ext.lab.web.runs import BackgroundHandler, HistoryHandler, RunAllHandler, RunHandler
from mlabs_ext.lab.web.runtime import LimitsHandler, ResourcesHandler, RuntimeHandler, StopHandler
from mlabs_ext.lab.web.sharing import LinksHandler, SharesHandler
from mlabs_ext.lab.web.starting import StartingHandler
from mlabs_ext.lab.web.uploads import UploadHandler, UploadsHandler
from mlabs_ext.lab.web.upstream import MergeHandler, ProposeHandler, UpstreamHandler

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
        "resources": ResourcesHandler,
        "stop": StopHandler,
        "open": OpenHandler,
        "run": RunHandler,
        "data": DataHandler,
        "data/find": FindHandler,
        "data/files": DataFilesHandler,
        "data/file": DataFileHandler,
        "data/preview": PreviewHandler,
        "data/outputs": OutputsHandler,
        "data/make": DataMakeHandler,
        "data/uploads": UploadsHandler,
        "data/uploads/([0-9A-Z]{26})": UploadHandler,
        "history/series": SeriesHandler,
        "history/notebook": RunNotebookHandler,
        "history/compare": CompareHandler,
        "history/again": AgainHandler,
        "starting": StartingHandler,
        "upstream": UpstreamHandler,
        "merge": MergeHandler,
        "propose": ProposeHandler,
        "check": CheckHandler,
        "fix": FixHandler,
        "shares": SharesHandler,
        "shares/links": LinksHandler,
    }.items()
]
