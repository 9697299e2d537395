"""The handlers of the server extension: they parse, call a rule, and answer."""
