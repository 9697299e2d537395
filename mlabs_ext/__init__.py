"""MLabs: notebooks that are shared, forked, embedded and remembered."""

__version__ = "1.0.0"
