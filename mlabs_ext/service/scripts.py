"""A notebook as a program, in the percent format that editors and Jupytext read back as cells."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from nbformat import NotebookNode

from mlabs_ext import notebook as notebooks

# More than this is no cell that a person wrote, and reading it would take much memory.
MAX_PARSED = 200_000
TAG = re.compile(r"[\w-]+")
EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")
# How a line becomes a comment in files of other languages; `#` everywhere else.
COMMENTS = {
    **dict.fromkeys((".js", ".ts", ".cpp", ".scala", ".java", ".rs", ".cs", ".kt", ".go"), "//"),
    **dict.fromkeys((".hs", ".lua", ".sql"), "--"),
    **dict.fromkeys((".clj", ".scm"), ";;"),
    ".m": "%",
}
# Commands of IPython and of the shell, also where their result is kept.
MAGIC = re.compile(r"(\s*)((?:\w[\w.,\[\] ]*=\s*)?[%!].*|\??[\w.%*]+\?{1,2}\s*)")


def percent(data: bytes) -> tuple[str, str]:
    """The program, and how the name of its file ends; BadInput `notebook_invalid` for what is no notebook."""
    nb = notebooks.parse(data)
    extension = _extension(nb.metadata)
    comment = COMMENTS.get(extension, "#")
    return "\n\n".join(
        _cell(cell, comment, extension) for cell in nb.cells if cell.source.strip()
    ) + "\n", extension


def _extension(metadata: dict[str, Any]) -> str:
    named = metadata.get("language_info", {}).get("file_extension", "")
    return named if EXTENSION.fullmatch(named) else ".py"


def _cell(cell: NotebookNode, comment: str, extension: str) -> str:
    tags = [tag for tag in cell.metadata.get("tags", ()) if TAG.fullmatch(tag)]
    mark = f"{comment} %%" + (f" tags={json.dumps(tags)}" if tags else "")
    if cell.cell_type == "code":
        return f"{mark}\n{_runnable(cell.source) if extension == '.py' else cell.source}"
    kind = f"{comment} %% [{cell.cell_type}]"
    return "\n".join([kind, *(f"{comment} {line}".rstrip() for line in cell.source.splitlines())])


def _runnable(source: str) -> str:
    """Python with what only IPython understands as comments."""
    lines = source.splitlines()
    if source.lstrip().startswith("%%"):
        return "\n".join(f"# {line}".rstrip() for line in lines)
    commented = [_commented(line) for line in lines]
    return source if commented == lines or _is_python(source) else "\n".join(commented)


def _is_python(source: str) -> bool:
    """Whether what looks like commands is Python after all, such as lines of a string."""
    try:
        ast.parse(source[:MAX_PARSED])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _commented(line: str) -> str:
    found = MAGIC.fullmatch(line)
    if not found:
        return line
    # A block that held nothing else would be no Python.
    return f"{found[1]}pass  # {found[2]}" if found[1] else f"# {found[2]}"
