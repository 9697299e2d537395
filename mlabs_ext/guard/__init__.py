"""The publish guard: what a notebook holds that its readers had better not get, and how to take it out."""

from mlabs_ext.guard.checking import Check, check
from mlabs_ext.guard.findings import Finding, Fix, Known, stopping
from mlabs_ext.guard.fixing import Fixed

__all__ = ["Check", "Finding", "Fix", "Fixed", "Known", "check", "stopping"]
