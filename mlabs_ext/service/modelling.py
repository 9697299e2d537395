"""All that is about models, built once and put together."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from traitlets.config import LoggingConfigurable

from mlabs_ext.service.convert import Converter
from mlabs_ext.service.model_loop import ModelLoop
from mlabs_ext.service.model_moderation import ModelModeration
from mlabs_ext.service.model_outputs import ModelOutputs
from mlabs_ext.service.model_queue import ModelQueue
from mlabs_ext.service.model_shares import ModelShares
from mlabs_ext.service.model_variants import ModelVariants
from mlabs_ext.service.models import Models

CLASSES: list[type[LoggingConfigurable]] = [Models, ModelQueue, Converter]


class Modelling:
    """The rules, and what converts in the background; `shared` is what all rules stand on."""

    def __init__(
        self, parent: LoggingConfigurable, shared: dict[str, Any], default_visibility: str, pool: Executor
    ) -> None:
        self.models = Models(parent=parent, default_visibility=default_visibility, **shared)
        self.outputs = ModelOutputs(self.models, parent=parent, **shared)
        self.shares = ModelShares(parent=parent, **shared)
        self.moderation = ModelModeration(parent=parent, **shared)
        self.queue = ModelQueue(parent=parent, **shared)
        converter = Converter(parent=parent)
        self.variants = ModelVariants(converter, pool, parent=parent, **shared)
        self.loop = ModelLoop(self.queue, self.outputs, converter, pool)
