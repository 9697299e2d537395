"""Turns a notebook into the parts of an HTML document, in a worker; puts them together, in the service."""
