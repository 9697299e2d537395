"""Handlers: parse, call a rule, answer."""
