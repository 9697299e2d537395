"""Saves a copy of a lab where its person wants it, by that person's own credentials."""
