"""Bytes as people read them; a file of its own, since processes that render load as little as they can."""

from __future__ import annotations


def size(count: int) -> str:
    """Bytes as people read them: `512 B`, `48 kB`, `3.2 MB`."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB" if count < 1_000_000_000 else f"{count / 1_000_000_000:.1f} GB"
