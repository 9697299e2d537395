"""Writes labs, profiles or a whole site as plain files that any file server can show."""
