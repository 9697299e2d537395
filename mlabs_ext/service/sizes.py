"""Bytes as people read them; a file of its own, since processes that load little need it too."""

from __future__ import annotations


def spoken(size: int) -> str:
    """A size as a person would say it, in units of 1024 as limits are set: `1536` is "1.5 KB"."""
    number, units = float(size), ["bytes", "KB", "MB", "GB", "TB"]
    while number >= 1024 and len(units) > 1:
        number, units = number / 1024, units[1:]
    return f"{number:.3g} {units[0]}" if number < 1000 else f"{number:.0f} {units[0]}"
