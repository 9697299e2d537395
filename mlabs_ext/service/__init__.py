"""Runs beside the hub: holds what is shared."""
