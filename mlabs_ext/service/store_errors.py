"""Says in our own words what a store of blobs did not do."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mlabs_ext.errors import Full, Unavailable

log = logging.getLogger("mlabs")
# What S3-compatible stores call a full disk or an exhausted quota.
FULL_SIGNS = ("QuotaExceeded", "StorageFull", "InsufficientStorage", "507")


@contextmanager
def asked(absent: bool = False) -> Iterator[None]:
    """Say in our own words what a store did not do; with `absent`, a FileNotFoundError is an answer."""
    try:
        yield
    except FileNotFoundError as error:
        # Without its bucket no blob is absent: they all are out of reach.
        if absent and "NoSuchBucket" not in _signs(error):
            raise
        raise _told(error) from error
    except Exception as error:
        # Each store's client has its own kinds of errors. Whichever it is, nothing was acknowledged.
        raise _told(error) from error


def _told(error: Exception) -> Full | Unavailable:
    log.warning("The store of the blobs failed: %s: %s", type(error).__name__, error)
    signs = _signs(error)
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(
        sign in signs for sign in FULL_SIGNS
    ):
        return Full("The store of the files has no space left; nothing was stored.")
    return Unavailable(
        "The store of the files does not answer as it should; try again in a moment.", "blobs_unavailable"
    )


def _signs(error: BaseException | None) -> str:
    """S3's own codes for what went wrong, wherever in the chain of errors they are."""
    signs = ""
    while error is not None:
        answer = getattr(error, "response", None)
        if isinstance(answer, dict):
            signs += f" {answer.get('Error', {}).get('Code')}"
            signs += f" {answer.get('ResponseMetadata', {}).get('HTTPStatusCode')}"
        error = error.__cause__
    return signs
