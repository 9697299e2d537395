"""Bytes as people read them; a file of its own, since processes that load little need it too."""

from __future__ import annotations


def spoken(size: int) -> str:
    """A size as a person would say it: `1536` is "1.5 KB"."""
    number, units = float(size), ["bytes", "KB", "MB", "GB", "TB"]
    while number >= 1024 and len(units) > 1:
        number, units = number / 1024, units[1:]
    return f"{number:.3g} {units[0]}" if number < 1000 else f"{number:.0f} {units[0]}"


def size(count: int) -> str:
    """Bytes as people read them: `512 B`, `48 kB`, `3.2 MB`."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB" if count < 1_000_000_000 else f"{count / 1_000_000_000:.1f} GB"
