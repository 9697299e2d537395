"""Runs a notebook's cells in Pyodide, and hands out what they make as Jupyter's outputs."""

import ast
import base64
import io
import json
import linecache
import os
import re
import sys
import traceback

from pyodide.code import eval_code_async

sys.stdout.reconfigure(line_buffering=True)
# There is no page in a worker to draw on.
os.environ["MPLBACKEND"] = "agg"
MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
FORMATS = {
    "text/html": "_repr_html_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
}


def send(output):
    """Hand out one output, after all that was printed before it; `hand_out` is the worker's."""
    sys.stdout.flush()
    sys.stderr.flush()
    hand_out(json.dumps(output))  # noqa: F821


def display(*values):
    """Show values as Jupyter does."""
    for value in values:
        send({"output_type": "display_data", "data": bundle(value), "metadata": {}})


def bundle(value):
    """A value in all the forms that it has."""
    if "matplotlib.figure" in sys.modules and isinstance(value, sys.modules["matplotlib.figure"].Figure):
        return {"image/png": picture(value), "text/plain": repr(value)}
    data = {"text/plain": repr(value)}
    for mime, method in FORMATS.items():
        make = None if isinstance(value, type) else getattr(value, method, None)
        made = make() if callable(make) else None
        if made is not None:
            data[mime] = base64.b64encode(made).decode() if isinstance(made, bytes) else made
    return data


def picture(figure):
    """A figure as a PNG; it is closed, so that it is shown once."""
    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    sys.modules["matplotlib.pyplot"].close(figure)
    return base64.b64encode(file.getvalue()).decode()


def show_figures(*args, **kwargs):
    """Show the figures that are open: at the end of a cell, and for `plt.show()`."""
    plots = sys.modules.get("matplotlib.pyplot")
    for number in plots.get_fignums() if plots else ():
        display(plots.figure(number))


def ready_to_draw(code):
    """Make `plt.show()` show figures here, where a cell draws any."""
    if "matplotlib" not in code:
        return
    try:
        import matplotlib.pyplot as plots
    except ImportError:
        # The cell's own import says so, where it has one.
        return
    plots.show = show_figures


def readable(code):
    """The code without the lines that are IPython's own, where it is no Python with them."""
    try:
        ast.parse(code)
    except SyntaxError:
        return MAGIC.sub(r"\1pass", code)
    return code


def told(error, name):
    """What a cell raised, from the cell's own lines on."""
    shown = traceback.TracebackException.from_exception(error)
    frames = list(shown.stack)
    first = next((n for n, frame in enumerate(frames) if frame.filename == name), len(frames))
    shown.stack = traceback.StackSummary.from_list(frames[first:])
    lines = "".join(shown.format()).rstrip("\n").split("\n")
    named = {"ename": type(error).__name__, "evalue": str(error)}
    return {"output_type": "error", "traceback": lines} | named


async def run(code, name):
    """Run a cell, called `name` in its errors; as JSON, whether it failed and which module it lacked."""
    code = readable(code)
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    try:
        ready_to_draw(code)
        value = await eval_code_async(code, space, filename=name)
        if value is not None:
            space["_"] = value
            send({"output_type": "execute_result", "data": bundle(value), "metadata": {}})
        show_figures()
    except BaseException as error:
        send(told(error, name))
        lacked = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
        return json.dumps({"failed": True, "lacked": lacked.split(".")[0]})
    sys.stdout.flush()
    return json.dumps({"failed": False, "lacked": ""})


space = {"__name__": "__main__", "display": display}
