"""A person's page, and where they write what it says of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mlabs_ext import wire
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.runs import next_page

PAGE, COLLECTIONS, PINS, OFFERED = 24, 20, 6, 100
WORDS = ("display_name", "bio", "link")


class ProfilePage(Page):
    """`BASE/@{owner}`."""

    async def get(self, owner: str) -> None:
        """Show what a person says and their labs, as far as the asker may see them."""
        cursor = self.get_query_argument("cursor", None)
        social = self.app.social
        labs, following = await self.run(
            self.app.labs.find, self.viewer, owner=owner, limit=PAGE, cursor=cursor
        )
        profile = await self.run(social.profiles.get, self.viewer, owner)
        collections, _ = await self.run(social.curated.list, self.viewer, owner, COLLECTIONS)
        verdict = (
            await self.run(social.moderation.of_profile, self.viewer, owner) if profile.taken_down else None
        )
        self.page(
            "profile.html",
            owner=owner,
            profile=profile,
            verdict=verdict,
            collections=collections,
            labs=labs,
            first=cursor is None,
            next=next_page(following),
        )


class MyProfilePage(Page):
    """`BASE/me/settings/profile`."""

    async def get(self) -> None:
        """Show the form."""
        self.require_user()
        await self.ask()

    async def post(self) -> None:
        """Change what the form has, and show what others see."""
        self.require_user()
        if await self.attempt(self.change(), self.ask):
            self.go(f"{self.app.base_url}@{segment(self.viewer.name or '')}")

    async def change(self) -> wire.Profile:
        """Call the rule with what the form gives."""
        fields: dict[str, Any] = self.given(*WORDS)
        if "pin" in self.request.body_arguments:
            fields["pinned"] = [name for name in self.get_body_arguments("pin") if name]
        change = shaped(wire.ProfileChange, fields)
        return await self.run(self.app.social.profiles.change, self.viewer, self.require_user(), change)

    async def ask(self, problem: str = "", status: int = 200) -> None:
        """Show the form with what was entered."""
        me = self.require_user()
        profile = await self.run(self.app.social.profiles.get, self.viewer, me)
        mine, _ = await self.run(self.app.labs.find, self.viewer, owner=me, limit=OFFERED)
        form = {field: getattr(profile, field) for field in WORDS} | self.given(*WORDS)
        pins = self.get_body_arguments("pin") or [lab.name for lab in profile.pinned]
        self.page(
            "my_profile.html",
            status,
            form=SimpleNamespace(**form),
            pins=[*pins, *[""] * PINS][:PINS],
            mine=mine,
            problem=problem,
        )
