"""The catalogue on disk: one folder per environment."""
