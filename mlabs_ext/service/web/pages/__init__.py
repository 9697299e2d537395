"""The pages that people see, one file per noun, one template per page."""

from __future__ import annotations

from mlabs_ext.service.web.pages import community, guides, trainer_offline
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
from mlabs_ext.service.web.pages.comments import CommentAction, CommentsPage, ThreadPage
from mlabs_ext.service.web.pages.compare import ComparePage, CompareTwo, RestoreVersion
from mlabs_ext.service.web.pages.curated import (
    CollectionEditPage,
    CollectionPage,
    CollectPage,
    NewCollectionAction,
)
from mlabs_ext.service.web.pages.dataset_forms import (
    DatasetAttachAction,
    DatasetDeleteAction,
    DatasetRestoreAction,
    DatasetSettingsPage,
    DatasetVersionAction,
    NewDatasetPage,
)
from mlabs_ext.service.web.pages.dataset_sharing import DatasetAcceptAction, DatasetShareAction
from mlabs_ext.service.web.pages.datasets import DatasetPage, DatasetsPage, OwnersDatasetsPage
from mlabs_ext.service.web.pages.downloads import Citation, HtmlFile, ScriptFile
from mlabs_ext.service.web.pages.embed import AbsentEmbed, LabEmbed
from mlabs_ext.service.web.pages.embed_builder import EmbedBuilder
from mlabs_ext.service.web.pages.embed_script import EmbedScript, LayersScript, TensorFlowScript
from mlabs_ext.service.web.pages.explore import ExplorePage
from mlabs_ext.service.web.pages.feeds import ExploreFeed, OwnerFeed, RunsFeed, VersionsFeed
from mlabs_ext.service.web.pages.imports import ImportAction, ImportPage
from mlabs_ext.service.web.pages.lab import ForksPage, LabPage, ToOriginalAction
from mlabs_ext.service.web.pages.link import LinkPage
from mlabs_ext.service.web.pages.me import MePage
from mlabs_ext.service.web.pages.model_forms import (
    DeleteModelAction,
    ModelSettingsPage,
    ModelVersionAction,
    NewModelPage,
    RestoreModelAction,
    TakeModelAction,
)
from mlabs_ext.service.web.pages.model_sharing import ModelAcceptAction, ModelShareAction
from mlabs_ext.service.web.pages.model_variants import MakeVariantAction
from mlabs_ext.service.web.pages.models import ModelPage, ModelsPage
from mlabs_ext.service.web.pages.moderation import DecideAction, ReportPage, ReportsPage
from mlabs_ext.service.web.pages.new import NewPage
from mlabs_ext.service.web.pages.notifications import NotificationsPage, ReadAction
from mlabs_ext.service.web.pages.oembed import OEmbed
from mlabs_ext.service.web.pages.profile import MyProfilePage, ProfilePage
from mlabs_ext.service.web.pages.proposals import ProposalPage, ProposalsPage
from mlabs_ext.service.web.pages.reference import ReferencePage
from mlabs_ext.service.web.pages.reproduced import ReproducedBadge
from mlabs_ext.service.web.pages.runs import RunPage, RunsPage
from mlabs_ext.service.web.pages.schedule import SchedulePage
from mlabs_ext.service.web.pages.servers import StopAction
from mlabs_ext.service.web.pages.settings import DeleteAction, EmptyTrashAction, RestoreAction, SettingsPage
from mlabs_ext.service.web.pages.sharing import AcceptAction, SharingPage
from mlabs_ext.service.web.pages.stars import StarAction
from mlabs_ext.service.web.pages.start import ForkPage, OpenPage, WaitPage
from mlabs_ext.service.web.pages.trainer import TrainerPage
from mlabs_ext.service.web.pages.upstream import ProposePage, UpstreamComparePage, UpstreamPage
from mlabs_ext.service.web.pages.versions import VersionsPage

LAB = r"@([^/]+)/([a-z0-9-]{1,60})"
COLLECTION = r"@([^/]+)/collections/([a-z0-9-]{1,60})"
MODEL = r"@([^/]+)/models/([a-z0-9-]{1,60})"
DATASET = r"@([^/]+)/datasets/([a-z0-9-]{1,60})"

ROUTES = [
    (r"", ExplorePage),
    (r"feed\.atom", ExploreFeed),
    (r"new", NewPage),
    (r"trainer", TrainerPage),
    *trainer_offline.ROUTES,
    *community.ROUTES,
    (r"import", ImportPage),
    (r"import/lab", ImportAction),
    (rf"open/{LAB}", OpenPage),
    (rf"open/{LAB}/wait", WaitPage),
    (rf"fork/{LAB}", ForkPage),
    (rf"run/{LAB}", BackgroundPage),
    (r"me(?:/(shared|runs|stars|collections|trash))?", MePage),
    (r"me/collections/new", NewCollectionAction),
    (r"me/trash/empty", EmptyTrashAction),
    (r"me/notifications", NotificationsPage),
    (r"me/notifications/read", ReadAction),
    (r"me/settings", MySettingsPage),
    (r"me/settings/profile", MyProfilePage),
    (r"me/settings/confirm", ConfirmPage),
    (r"me/settings/confirmation", AskAgainAction),
    (r"me/settings/secret", RenewAction),
    (r"me/settings/test", TryAction),
    (r"unsubscribe", UnsubscribePage),
    (r"s/(.*)", LinkPage),
    (r"servers/([0-9A-Za-z]{1,40})/stop", StopAction),
    (r"admin", AdminPage),
    (r"admin/plan", PlanAction),
    (r"admin/reports", ReportsPage),
    (r"admin/decide", DecideAction),
    (r"report", ReportPage),
    (rf"embed/{LAB}", LabEmbed),
    (r"embed(?:/.*)?", AbsentEmbed),
    (r"embed\.js", EmbedScript),
    (r"layers\.js", LayersScript),
    (r"tf\.js", TensorFlowScript),
    (r"oembed", OEmbed),
    (r"badge\.svg", BadgeImage),
    (r"docs/api", ReferencePage),
    *guides.ROUTES,
    (r"models", ModelsPage),
    (r"models/new", NewModelPage),
    (r"models/from-run", TakeModelAction),
    (r"@([^/]+)/models", ModelsPage),
    (MODEL, ModelPage),
    (rf"{MODEL}/v/([1-9][0-9]{{0,8}})", ModelPage),
    (rf"{MODEL}/v/([1-9][0-9]{{0,8}})/variants", MakeVariantAction),
    (rf"{MODEL}/settings", ModelSettingsPage),
    (rf"{MODEL}/version", ModelVersionAction),
    (rf"{MODEL}/sharing", ModelShareAction),
    (rf"{MODEL}/accept", ModelAcceptAction),
    (rf"{MODEL}/delete", DeleteModelAction),
    (rf"{MODEL}/restore", RestoreModelAction),
    (r"datasets", DatasetsPage),
    (r"@([^/]+)/datasets", OwnersDatasetsPage),
    (r"datasets/new", NewDatasetPage),
    (DATASET, DatasetPage),
    (rf"{DATASET}/settings", DatasetSettingsPage),
    (rf"{DATASET}/version", DatasetVersionAction),
    (rf"{DATASET}/share", DatasetShareAction),
    (rf"{DATASET}/accept", DatasetAcceptAction),
    (rf"{DATASET}/attach", DatasetAttachAction),
    (rf"{DATASET}/delete", DatasetDeleteAction),
    (rf"{DATASET}/restore", DatasetRestoreAction),
    (r"@([^/]+)", ProfilePage),
    (COLLECTION, CollectionPage),
    (rf"{COLLECTION}/edit", CollectionEditPage),
    (rf"collect/{LAB}", CollectPage),
    (r"@([^/]+)/feed\.atom", OwnerFeed),
    (LAB, LabPage),
    (rf"{LAB}/v/([1-9][0-9]{{0,8}})", LabPage),
    (rf"{LAB}/versions\.atom", VersionsFeed),
    (rf"{LAB}/runs\.atom", RunsFeed),
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
    (rf"{LAB}/star", StarAction),
    (rf"{LAB}/comments", CommentsPage),
    (rf"{LAB}/comments/([0-9A-Z]{{26}})", ThreadPage),
    (r"comments/([0-9A-Z]{26})/(edit|delete|hide|show)", CommentAction),
    (rf"{LAB}/board", BoardPage),
    (rf"{LAB}/embed", EmbedBuilder),
    (rf"{LAB}/compare", CompareTwo),
    (rf"{LAB}/compare/([0-9A-Za-z]{{1,26}})\.\.\.([0-9A-Za-z]{{1,26}})", ComparePage),
    (rf"{LAB}/v/([1-9][0-9]{{0,8}})/restore", RestoreVersion),
    (rf"{LAB}/upstream", UpstreamPage),
    (rf"{LAB}/upstream/compare", UpstreamComparePage),
    (rf"{LAB}/propose", ProposePage),
    (rf"{LAB}/proposals", ProposalsPage),
    (rf"{LAB}/proposals/([1-9][0-9]{{0,8}})", ProposalPage),
    (rf"{LAB}/settings", SettingsPage),
    (rf"{LAB}/sharing", SharingPage),
    (rf"{LAB}/sharing/accept", AcceptAction),
    (rf"{LAB}/to-original", ToOriginalAction),
    (rf"{LAB}/delete", DeleteAction),
    (rf"{LAB}/restore", RestoreAction),
]
