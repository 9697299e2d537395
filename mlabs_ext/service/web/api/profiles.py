"""Profiles over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class ProfileHandler(BaseHandler):
    """What a person says of themselves."""

    @operation("A person's profile", answer=wire.Profile)
    async def get(self, person: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.social.profiles.get, self.viewer, person))

    @operation("Change my profile", body=wire.ProfileChange, answer=wire.Profile, access="write")
    async def patch(self, person: str) -> None:
        """Change."""
        self.require_user()
        fields = self.body(wire.ProfileChange)
        self.answer(await self.run(self.app.social.profiles.change, self.viewer, person, fields))


CALLS = [Route("/people/{person}", ProfileHandler)]
