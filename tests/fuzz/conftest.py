"""What fuzzing shares with the tests of the service."""

from service.conftest import make_notebook, migrated

__all__ = ["make_notebook", "migrated"]
