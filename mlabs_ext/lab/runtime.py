"""Where a notebook is to run and where it does: compared, and changed in lab and notebook alike."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import msgspec

from mlabs_ext import names
from mlabs_ext.errors import MLabsError, Unusable
from mlabs_ext.lab.choices import Choices
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.limits import Limits
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.lab.waits import Waits
from mlabs_ext.wire import Environment, Lab, LabChange, RuntimeChoice, RuntimeRunning, RuntimeState


class Runtimes:
    """The rules about runtimes; `base` is the service's path, ending in a slash."""

    def __init__(
        self,
        client: Client,
        notebooks: Notebooks,
        choices: Choices,
        waits: Waits,
        limits: Limits,
        running: RuntimeRunning,
        base: str,
    ):
        self._client = client
        self._notebooks = notebooks
        self._choices = choices
        self._waits = waits
        self._limits = limits
        self._running = running
        self._base = base

    async def look(self, path: str) -> RuntimeState:
        """What the saved notebook asks for, beside what runs. NotFound where there is no notebook."""
        await self._notebooks.need(path)
        lab = await self._notebooks.lab_of(path)
        wanted = await self._wanted(path, lab)
        environments, waits = await asyncio.gather(self._environments(), self._waits.words())
        problem = wrong(wanted, environments)
        differs = (wanted.environment, wanted.accelerator) != self._here
        known = self._limits.known
        return RuntimeState(
            lab=lab,
            wanted=wanted,
            running=self._running,
            restart=differs and lab is not None and problem is None,
            restart_url=self._restart_url(lab) if lab else "",
            problem=problem.message if problem and differs else None,
            ends=known.ends,
            reason=known.reason,
            plan=known.plan,
            environments=environments,
            allowance=self._choices.allowance,
            waits=waits,
        )

    async def change(self, path: str, choice: RuntimeChoice) -> RuntimeState:
        """Have a notebook ask for another runtime. Unusable where it cannot be had, in the service's words.

        The lab first: where it refuses, the notebook stays as it is.
        """
        await self._notebooks.need(path)
        if problem := wrong(choice, await self._environments()):
            raise problem
        if lab := await self._notebooks.lab_of(path):
            change = LabChange(environment=choice.environment, accelerator=choice.accelerator)
            await self._client.send("PATCH", lab_path(*names.split_lab(lab)), change, Lab)
        await self._notebooks.set_metadata(path, msgspec.structs.asdict(choice))
        return await self.look(path)

    @property
    def _here(self) -> tuple[str, str]:
        return self._running.environment, self._running.accelerator

    async def _environments(self) -> list[Environment]:
        """What may be chosen; nothing while the service does not answer."""
        try:
            return await self._choices.all()
        except MLabsError:
            return []

    async def _wanted(self, path: str, lab: str | None) -> RuntimeChoice:
        """The notebook's own word, then its lab's, then what runs.

        An accelerator that is not named is that of the lab where the environment is the same, else none.
        """
        asked = await self._notebooks.runtime(path)
        if asked.environment and asked.accelerator:
            return RuntimeChoice(asked.environment, asked.accelerator)
        environment, accelerator = await self._default(lab)
        if asked.environment not in (None, environment):
            accelerator = "none"
        return RuntimeChoice(asked.environment or environment, asked.accelerator or accelerator)

    async def _default(self, lab: str | None) -> tuple[str, str]:
        if lab is None:
            return self._here
        try:
            known = await self._client.get(lab_path(*names.split_lab(lab)), Lab)
        except MLabsError:
            return self._here
        return known.environment, known.accelerator

    def _restart_url(self, lab: str) -> str:
        """The page that opens the lab; this very server has to be stopped first."""
        owner, name = names.split_lab(lab)
        page = f"{self._base}open/@{quote(owner, safe='')}/{name}"
        return f"{page}?restart=1" if lab == self._limits.lab else page


def wrong(choice: RuntimeChoice, environments: list[Environment]) -> Unusable | None:
    """Why a choice cannot be had; None where it can, or where nothing is known."""
    if not environments:
        return None
    entry = next((each for each in environments if each.name == choice.environment), None)
    if entry is None:
        there = ", ".join(each.name for each in environments)
        what = f"There is no environment {choice.environment!r:.80} here. There are: {there}."
        return Unusable(what, "environment_unknown")
    if not entry.available:
        return Unusable(
            f"{entry.title} cannot be used here. {entry.reason or ''}".strip(), "environment_unavailable"
        )
    if choice.accelerator not in entry.accelerators:
        what = f"{entry.title} has no accelerator {choice.accelerator!r:.80} here. "
        return Unusable(f"{what}It has: {', '.join(entry.accelerators)}.", "accelerator_unknown")
    return None
