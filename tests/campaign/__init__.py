"""The fault campaign: load, faults at random moments, and a check that no acknowledgement was broken."""
