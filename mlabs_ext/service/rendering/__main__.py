"""Starts a worker, without loading what it has no use for."""

import sys

# jsonschema would build a grammar for a format that notebooks do not have: half of a worker's start.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # it is how an import is made to fail

from mlabs_ext.service.render_worker import main  # noqa: E402

main()
