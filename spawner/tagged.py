"""Images by the tag of their recipe, for engines that fetch them by name: whether one is there shows late."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mlabs_ext.accelerators import COMMUNITY, NONE
from mlabs_spawner.options import Refused

if TYPE_CHECKING:
    from mlabs_spawner.environments import EnvironmentMixin as Host
else:
    Host = object

GONE = "The image it last ran on is gone; this is the environment's current one"
# How nodes say that a registry does not have an image, or that there is no such registry to ask.
SIGNS = ("no such image", "pull access denied", "manifest unknown", "repository does not exist")


class ImageGone(Refused):
    """A start that failed because no node finds its image."""

    def __init__(self, message: str):
        super().__init__(message, 503, "image")


class TaggedImages(Host):
    """Before the spawner of a cluster: starts in the image that a lab is pinned to while there is one.

    A subclass has the setting `image_prefix`, and raises ImageGone where a start fails for want of `image`.
    """

    image_prefix: str

    @property
    def variant(self) -> str:
        """The accelerator that the image is made for: machines that are lent run what any other does."""
        return NONE if self.chosen.accelerator == COMMUNITY else self.chosen.accelerator

    @property
    def current_image(self) -> str:
        """The name that the environment's image has today."""
        return self.chosen_spec.image(self.variant, self.image_prefix)

    def wanted_image(self) -> str:
        """The image that the lab is pinned to, where it is one of this environment's, else the current one.

        The tag is the recipe's digest; whether a node has it or gets it is known only there.
        """
        current = self.current_image
        pattern = re.sub(r":[0-9a-f]{12}", ":[0-9a-f]{12}", re.escape(current))
        wanted = self.pinned and re.fullmatch(pattern, self.pinned)
        return str(self.pinned) if wanted else current

    async def in_an_image(self, start: Callable[[], Awaitable[Any]]) -> Any:
        """Start in the wanted image, or else, once, in the current one."""
        self.image = self.wanted_image()
        try:
            return await start()
        except ImageGone:
            if self.image == self.current_image:
                raise
        self.report(GONE, 15)
        self.image = self.current_image
        return await start()

    def how_to_provide(self) -> str:
        """What an administrator does about the current image, in commands."""
        accelerator, name = self.variant, self.chosen_spec.image(self.variant)
        variant = "" if accelerator == "none" else f" --accelerator {accelerator}"
        spec = self.chosen_spec.name
        build = f"Its administrator can build and provide it:\nmlabs images build {spec}{variant}\n"
        if name == self.current_image:
            return (
                f"{build}docker save {name} | ssh NODE docker load\n"
                f"or push it to a registry, named in c.{type(self).__name__}.image_prefix."
            )
        return f"{build}docker tag {name} {self.current_image}\ndocker push {self.current_image}"


def is_gone(said: str, *more: str) -> bool:
    """Whether these words of a node mean that there is no such image."""
    return any(sign in said.lower() for sign in (*SIGNS, *more))
