"""All rules about what people do around labs, built once and put together."""

from __future__ import annotations

from typing import Any

from traitlets.config import LoggingConfigurable

from mlabs_ext.service.comments import Comments
from mlabs_ext.service.curated import Collections
from mlabs_ext.service.dataset_moderation import DatasetModeration
from mlabs_ext.service.profiles import Profiles
from mlabs_ext.service.proposals import Proposals
from mlabs_ext.service.reports import Reports
from mlabs_ext.service.stars import Stars

CLASSES: list[type[LoggingConfigurable]] = [Comments, Proposals, Reports]


class Social:
    """The rules; `shared` is what all rules stand on."""

    def __init__(self, parent: LoggingConfigurable, shared: dict[str, Any]) -> None:
        self.stars = Stars(parent=parent, **shared)
        self.comments = Comments(parent=parent, **shared)
        self.proposals = Proposals(parent=parent, **shared)
        self.profiles = Profiles(parent=parent, **shared)
        self.curated = Collections(parent=parent, **shared)
        self.reports = Reports(parent=parent, **shared)
        self.moderation = DatasetModeration(parent=parent, **shared)
