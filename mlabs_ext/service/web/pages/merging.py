"""The form in which somebody chooses what becomes of cells that both sides changed."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.pages.base import Page, shaped

CHOICE, SOURCE = "choice-", "source-"


def choices_of(page: Page) -> dict[str, wire.MergeChoice]:
    """What the form says of each conflict; of those that it says nothing of there is none."""
    names = [name for name in page.request.body_arguments if name.startswith(CHOICE)]
    return {name.removeprefix(CHOICE): choice_of(page, name) for name in names}


def choice_of(page: Page, name: str) -> wire.MergeChoice:
    """One of them. Browsers send other line ends."""
    source = page.get_body_argument(SOURCE + name.removeprefix(CHOICE), "", strip=False)
    given = {"take": page.field(name), "source": source.replace("\r\n", "\n")}
    return shaped(wire.MergeChoice, given)


def numbers_of(page: Page, *names: str) -> dict[str, int]:
    """The versions that the form was about."""
    given = page.given(*names).items()
    return {name: int(text) for name, text in given if text.isdecimal() and len(text) < 10}
