"""What schemathesis is told to let pass, each with its reason; it loads this file itself."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

# What fits the schema is answered 400 or 415 with these codes alone: what they are about is not for a schema.
NOT_IN_SCHEMA = {
    "cursor_invalid": "a cursor is ours alone to make",
    "notebook_invalid": "what a notebook is says nbformat's schema",
    "import_address": "which addresses are notebooks' is found out by reading them",
    "address_refused": "so is where a webhook may lead",
    "lab_reference_invalid": "it names a lab, a model or a dataset, by what stands beside it",
    "dataset_reference_invalid": "so does it",
    "files_missing": "any one of several fields says which files",
    "metric_missing": "`metric` is needed for `of=best` alone",
    "header_invalid": "the tus protocol has a syntax of its own for what is said of a file",
    "media_type_unsupported": "the tus protocol asks for the type of a piece, of an empty one too",
    "path_invalid": "which paths are safe takes more than a pattern",
}
# Control characters are blanks to the server, and around a value blanks are nothing.
NOTHING = re.compile(r"[\x00-\x20]*")


@schemathesis.serializer("application/offset+octet-stream")
def piece(context: Any, value: Any) -> Any:
    """A piece of an upload is sent as any file is."""
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else str(data).encode()


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """False for what is no failure."""
    kind = type(failure).__name__
    if kind == "IgnoredAuth":
        # Who may not know of something is told the same as of what does not exist.
        return "got `404 " not in failure.message
    if kind == "MissingHeaderNotRejected":
        # JupyterHub's API says 403 to who has no credentials, and so does this one.
        return not (failure.header_name == "Authorization" and response.status_code == 403)
    if kind == "AcceptedNegativeData":
        # What is empty in a query counts as not given: forms send it so.
        named = re.search(r"parameter `(\w+)` in query", failure.message)
        return not (named and NOTHING.fullmatch(str((case.query or {}).get(named[1]))))
    if kind == "RejectedPositiveData" and response.status_code in (400, 415):
        return response.json()["error"]["code"] not in NOT_IN_SCHEMA
    return True
