"""MLabs: notebooks that are shared, forked, embedded and remembered."""

__version__ = "0.1.0"
