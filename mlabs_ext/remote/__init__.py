"""The commands that talk to an MLabs elsewhere, as the person who signed in with `mlabs login`."""
