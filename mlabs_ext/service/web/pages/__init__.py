"""The pages that people see, one file per noun, one template per page."""

from __future__ import annotations

from mlabs_ext.service.web.pages.badge import BadgeImage
from mlabs_ext.service.web.pages.embed import LabEmbed
from mlabs_ext.service.web.pages.explore import ExplorePage, ProfilePage
from mlabs_ext.service.web.pages.lab import ForksPage, LabPage
from mlabs_ext.service.web.pages.me import MePage
from mlabs_ext.service.web.pages.reference import ReferencePage
from mlabs_ext.service.web.pages.runs import RunPage, RunsPage
from mlabs_ext.service.web.pages.settings import DeleteAction, RestoreAction, SettingsPage
from mlabs_ext.service.web.pages.start import ForkPage, NewPage, OpenPage

LAB = r"@([^/]+)/([a-z0-9-]{1,60})"

ROUTES = [
    (r"", ExplorePage),
    (r"new", NewPage),
    (rf"open/{LAB}", OpenPage),
    (rf"fork/{LAB}", ForkPage),
    (r"me(?:/(runs|trash))?", MePage),
    (rf"embed/{LAB}", LabEmbed),
    (r"badge\.svg", BadgeImage),
    (r"docs/api", ReferencePage),
    (r"@([^/]+)", ProfilePage),
    (LAB, LabPage),
    (rf"{LAB}/v/([1-9][0-9]{{0,8}})", LabPage),
    (rf"{LAB}/runs", RunsPage),
    (rf"{LAB}/runs/([^/]+)", RunPage),
    (rf"{LAB}/forks", ForksPage),
    (rf"{LAB}/settings", SettingsPage),
    (rf"{LAB}/delete", DeleteAction),
    (rf"{LAB}/restore", RestoreAction),
]
