"""How long properties are tried, and what fuzzing shares with the tests of the service."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from service.conftest import make_notebook, migrated, postgresql_emptied, postgresql_migrated, rules, store

__all__ = ["make_notebook", "migrated", "postgresql_emptied", "postgresql_migrated", "rules", "store"]

# A loaded machine is slow, and one store for all examples is what is meant.
CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
settings.register_profile(
    "quick", max_examples=30, derandomize=True, database=None, deadline=None, suppress_health_check=CALM
)
settings.register_profile("long", parent=settings.get_profile("quick"), max_examples=5000, derandomize=False)
settings.register_profile("fast", parent=settings.get_profile("quick"), phases=[Phase.generate])
settings.load_profile(os.environ.get("MLABS_FUZZ", "quick"))
