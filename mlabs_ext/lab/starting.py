"""What a person may begin with: environments for a new lab, and their own labs."""

from __future__ import annotations

import asyncio

import msgspec

from mlabs_ext.lab.choices import Choices
from mlabs_ext.lab.client import Client
from mlabs_ext.wire import Lab
from mlabs_ext.wire.starting import StartingPoints

LABS = 8


class Page(msgspec.Struct):
    """A list as the service answers it."""

    items: list[Lab]


class Starting:
    """The one question that a launcher asks."""

    def __init__(self, client: Client, choices: Choices, owner: str, lab: str, base: str):
        self._client = client
        self._choices = choices
        self._owner = owner
        self._lab = lab
        self._base = base

    async def points(self) -> StartingPoints:
        """The environments that there are here for this person, and the labs that they changed last."""
        asked = self._client.get("labs", Page, owner=self._owner, sort="recent", limit=LABS + 1)
        environments, labs = await asyncio.gather(self._choices.all(), asked)
        usable = [environment for environment in environments if environment.available]
        others = [lab for lab in labs.items if f"{lab.owner}/{lab.name}" != self._lab]
        return StartingPoints(self._base, usable, others[:LABS])
