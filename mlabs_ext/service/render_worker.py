"""The process that renders: it may be killed at any moment, and knows only the notebook it was handed."""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import signal
import warnings
import zlib
from pathlib import Path

import msgspec

from mlabs_ext.errors import MLabsError
from mlabs_ext.notebook import parse
from mlabs_ext.service.rendering import model, thumbnail
from mlabs_ext.service.rendering.document import Choice, assemble
from mlabs_ext.service.rendering.exporter import PartsExporter
from mlabs_ext.service.rendering.formulas import Converter
from mlabs_ext.service.rendering.frames import READY, read_frame, write_frame


def answer(exporter: PartsExporter, request: model.Request) -> model.Response:
    """Render one notebook; an error that it causes is an answer as well."""
    try:
        if request.draws:
            return model.Response(picture=thumbnail.of(parse(request.notebook)))
        rendered = exporter.rendered(parse(request.notebook))
        page = _packed(rendered, request, Choice())
        light = any(part.light for part in rendered.parts)
        posters = _packed(rendered, request, Choice(heavy="click")) if light else b""
    except (MLabsError, RecursionError, MemoryError) as error:
        return model.Response(error=f"{type(error).__name__}: {error}"[:1000])
    parts = zlib.compress(model.encode(rendered), 3)
    return model.Response(parts, page, posters, model.encode(rendered.about))


def _packed(rendered: model.Rendered, request: model.Request, choice: Choice) -> bytes:
    return gzip.compress(assemble(rendered, request.assets, choice), 6, mtime=0)


def limit(memory: int) -> None:
    """Bound what a hostile notebook can take: memory in bytes, no core files, no files at all."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def warm(exporter: PartsExporter) -> None:
    """Render something small, so that lexers and templates are loaded before somebody waits."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# a\n- b"},
        {"cell_type": "code", "metadata": {}, "source": "a = 1", "outputs": [], "execution_count": 1},
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
    answer(exporter, model.Request(msgspec.json.encode(notebook), model.Assets()))


def main() -> None:
    """Answer requests on standard input until it ends."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--memory", type=int, default=2 << 30)
    arguments.add_argument("--node", type=Path)
    arguments.add_argument("--math", type=Path)
    options = arguments.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    # Whatever a library prints must not reach the pipe that answers go through.
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit(options.memory)
    exporter = PartsExporter(Converter(options.node, options.math))
    warm(exporter)
    write_frame(target, READY)
    while (frame := read_frame(source)) is not None:
        write_frame(target, model.encode(answer(exporter, model.decode_request(frame))))
