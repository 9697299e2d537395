"""The pages that people see, one file per noun, one template per page."""

from __future__ import annotations

from mlabs_ext.service.web.pages.admin import AdminPage, PlanAction
from mlabs_ext.service.web.pages.background import BackgroundPage, StopRunAction
from mlabs_ext.service.web.pages.badge import BadgeImage
from mlabs_ext.service.web.pages.board import BoardPage
from mlabs_ext.service.web.pages.channels import (
    AskAgainAction,
    ConfirmPage,
    MySettingsPage,
    RenewAction,
    TryAction,
    UnsubscribePage,
)
from mlabs_ext.service.web.pages.compare import ComparePage, CompareTwo, RestoreVersion
from mlabs_ext.service.web.pages.downloads import Citation, HtmlFile, ScriptFile
from mlabs_ext.service.web.pages.embed import LabEmbed
from mlabs_ext.service.web.pages.explore import ExplorePage, ProfilePage
from mlabs_ext.service.web.pages.lab import ForksPage, LabPage
from mlabs_ext.service.web.pages.me import MePage
from mlabs_ext.service.web.pages.new import NewPage
from mlabs_ext.service.web.pages.notifications import NotificationsPage, ReadAction
from mlabs_ext.service.web.pages.reference import ReferencePage
from mlabs_ext.service.web.pages.reproduced import ReproducedBadge
from mlabs_ext.service.web.pages.runs import RunPage, RunsPage
from mlabs_ext.service.web.pages.schedule import SchedulePage
from mlabs_ext.service.web.pages.servers import StopAction
from mlabs_ext.service.web.pages.settings import DeleteAction, EmptyTrashAction, RestoreAction, SettingsPage
from mlabs_ext.service.web.pages.start import ForkPage, OpenPage, WaitPage
from mlabs_ext.service.web.pages.versions import VersionsPage

LAB = r"@([^/]+)/([a-z0-9-]{1,60})"

ROUTES = [
    (r"", ExplorePage),
    (r"new", NewPage),
    (rf"open/{LAB}", OpenPage),
    (rf"open/{LAB}/wait", WaitPage),
    (rf"fork/{LAB}", ForkPage),
    (rf"run/{LAB}", BackgroundPage),
    (r"me(?:/(runs|trash))?", MePage),
    (r"me/trash/empty", EmptyTrashAction),
    (r"me/notifications", NotificationsPage),
    (r"me/notifications/read", ReadAction),
    (r"me/settings", MySettingsPage),
    (r"me/settings/confirm", ConfirmPage),
    (r"me/settings/confirmation", AskAgainAction),
    (r"me/settings/secret", RenewAction),
    (r"me/settings/test", TryAction),
    (r"unsubscribe", UnsubscribePage),
    (r"servers/([0-9A-Za-z]{1,40})/stop", StopAction),
    (r"admin", AdminPage),
    (r"admin/plan", PlanAction),
    (rf"embed/{LAB}", LabEmbed),
    (r"badge\.svg", BadgeImage),
    (r"docs/api", ReferencePage),
    (r"@([^/]+)", ProfilePage),
    (LAB, LabPage),
    (rf"{LAB}/v/([1-9][0-9]{{0,8}})", LabPage),
    (rf"{LAB}/versions", VersionsPage),
    (rf"{LAB}/v/([1-9][0-9]{{0,8}})/script", ScriptFile),
    (rf"{LAB}/v/([1-9][0-9]{{0,8}})/html", HtmlFile),
    (rf"{LAB}/(?:v/([1-9][0-9]{{0,8}})/)?(cite\.bib|CITATION\.cff)", Citation),
    (rf"{LAB}/runs", RunsPage),
    (rf"{LAB}/runs/([^/]+)", RunPage),
    (rf"{LAB}/runs/([^/]+)/stop", StopRunAction),
    (rf"{LAB}/schedule", SchedulePage),
    (rf"{LAB}/reproduced\.svg", ReproducedBadge),
    (rf"{LAB}/forks", ForksPage),
    (rf"{LAB}/board", BoardPage),
    (rf"{LAB}/compare", CompareTwo),
    (rf"{LAB}/compare/([0-9A-Za-z]{{1,26}})\.\.\.([0-9A-Za-z]{{1,26}})", ComparePage),
    (rf"{LAB}/v/([1-9][0-9]{{0,8}})/restore", RestoreVersion),
    (rf"{LAB}/settings", SettingsPage),
    (rf"{LAB}/delete", DeleteAction),
    (rf"{LAB}/restore", RestoreAction),
]
