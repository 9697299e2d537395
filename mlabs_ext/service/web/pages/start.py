"""Where a lab starts to run: open and fork each ask first, since a GET must start nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from mlabs_ext.errors import Unusable
from mlabs_ext.names import server_name
from mlabs_ext.service.plans import Runtime
from mlabs_ext.service.starts import Outlook
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.servers import stopping
from mlabs_ext.waiting import outlook as wait_words
from mlabs_ext.wire import ForkCreate, Lab, LabChange, RuntimeChoice, Version

FORKS_LOOKED_AT = 100
# The value of a form's `open` that leaves the lab closed.
LATER = "later"
# A restart that was asked for goes on by itself for so long; the cookie says of which lab.
RESTARTING, RESTART_DAYS = "mlabs-restarting", 15 / (24 * 60)
# Seconds that one request waits for a server to be gone, and until a browser asks again.
PATIENCE, AGAIN = 3, 1


def spawn_url(hub_base: str, lab: Lab) -> str:
    """Where JupyterHub starts the owner's server for `lab` and goes on to its notebook."""
    chosen = {"opt-lab": f"{lab.owner}/{lab.name}", "next": opened_url(hub_base, lab)}
    return f"{hub_base}hub/spawn/{_server(lab)}?{urlencode(chosen)}"


def opened_url(hub_base: str, lab: Lab) -> str:
    """Where the running server of `lab` goes on to its notebook; starts nothing."""
    return f"{hub_base}user/{_server(lab)}/mlabs/api/open?{urlencode({'lab': f'{lab.owner}/{lab.name}'})}"


def _server(lab: Lab) -> str:
    return f"{quote(lab.owner, safe='@~')}/{server_name(lab.name)}"


class StartPage(Page):
    """What the pages share that lead to a running lab."""

    def chosen(self, whole: Runtime) -> RuntimeChoice:
        """What the form asks for: all of it, or the same without its accelerator."""
        given = self.field("accelerator") or whole.accelerator
        if given not in ("none", whole.accelerator):
            raise Unusable(f"This lab has no accelerator {given!r:.60}.", "accelerator_unknown")
        return RuntimeChoice(whole.environment, given)

    def ask(
        self, lab: Lab, action: str, wanted: Runtime, outlook: Outlook, status: int = 200, **context: Any
    ) -> None:
        """Say what will happen, and all that is in the way of it."""
        shown = {"lab": lab, "wanted": wanted, "outlook": outlook, "key": form_key(), "later": LATER}
        if outlook.wait:
            shown["wait"] = wait_words(outlook.wait.seconds, outlook.wait.people)
        stops = stopping(self, outlook.others)
        self.page("start.html", status, action=action, stopping=stops, **shown, **context)

    async def own(self, owner: str, name: str) -> Lab | None:
        """The lab where it is the asker's; anybody else is led to fork it."""
        self.require_user()
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        if self.viewer.name == lab.owner:
            return lab
        self.go(f"{self.app.base_url}fork/@{quote(owner, safe='')}/{name}")
        return None

    async def restart(self, lab: Lab) -> None:
        """Stop the lab's server and go on to its start; where that takes long, by a page that waits."""
        here = f"{self.app.base_url}open/{lab_path(lab)}"
        gone = await self.app.stops.stop(lab.owner, server_name(lab.name), PATIENCE)
        if gone:
            await self.run(self.app.overview.gone, lab.owner, server_name(lab.name))
            self.clear_cookie(RESTARTING, path=here)
            self.go(spawn_url(self.app.hub_base, lab))
        elif self.request.method == "POST":
            self.set_signed_cookie(RESTARTING, lab.id, expires_days=None, path=here, httponly=True)
            self.go(f"{here}/wait")
        else:
            self.set_header("Refresh", str(AGAIN))
            self.page("wait.html", lab=lab)


class OpenPage(StartPage):
    """`BASE/open/@{owner}/{lab}`: for the owner; others fork. `?restart=1` starts a running server anew."""

    async def get(self, owner: str, name: str) -> None:
        """Go to the lab where it is open already; say what opening does otherwise."""
        lab = await self.own(owner, name)
        if lab is None:
            return
        again = self.get_query_argument("restart", "") == "1"
        outlook = await self.run(self.app.starts.look, self.viewer, lab, lab, again)
        if outlook.running and not outlook.restart:
            self.go(opened_url(self.app.hub_base, lab))
        else:
            self.ask(lab, "open", lab, outlook, own_forks=[])

    async def post(self, owner: str, name: str) -> None:
        """Open it; a server of it that runs on something else is stopped first."""
        lab = await self.own(owner, name)
        if lab is None:
            return
        again = self.field("restart") == "1"
        wanted = self.chosen(lab)
        outlook = await self.run(self.app.starts.look, self.viewer, wanted, lab, again)
        if not outlook.ok:
            self.ask(lab, "open", wanted, outlook, 409, own_forks=[])
            return
        if wanted.accelerator != lab.accelerator:
            change = LabChange(accelerator=wanted.accelerator)
            lab = await self.run(self.app.labs.change, self.viewer, owner, name, change)
        if outlook.restart or again:
            await self.restart(lab)
        else:
            self.go(spawn_url(self.app.hub_base, lab))


class WaitPage(StartPage):
    """`BASE/open/@{owner}/{lab}/wait`: goes on by itself, for who sent the form of the page before."""

    async def get(self, owner: str, name: str) -> None:
        """Wait on, then go on."""
        lab = await self.own(owner, name)
        if lab is None:
            return
        asked = self.get_signed_cookie(RESTARTING, max_age_days=RESTART_DAYS)
        if asked == lab.id.encode():
            await self.restart(lab)
        else:
            self.go(f"{self.app.base_url}open/{lab_path(lab)}")


class ForkPage(StartPage):
    """`BASE/fork/@{owner}/{lab}`: a copy of the latest version; `?outputs=` a run whose files go along."""

    outputs = ""

    async def get(self, owner: str, name: str) -> None:
        """Say what forking does."""
        self.require_user()
        lab, version = await self.original(owner, name)
        self.outputs = self.get_query_argument("outputs", "")
        await self.offer(lab, version, await self.run(self.app.starts.look, self.viewer, version))

    async def original(self, owner: str, name: str) -> tuple[Lab, Version]:
        """What is to be forked."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        return lab, await self.run(self.app.versions.get, self.viewer, owner, name, lab.version)

    async def offer(self, lab: Lab, wanted: Runtime, outlook: Outlook, status: int = 200) -> None:
        """Ask, with the forks that the asker has already."""
        mine, _ = await self.run(
            self.app.labs.find, self.viewer, owner=self.viewer.name, limit=FORKS_LOOKED_AT
        )
        reference = f"{lab.owner}/{lab.name}"
        forks = [item for item in mine if item.forked_from and item.forked_from.lab == reference]
        self.ask(lab, "fork", wanted, outlook, status, own_forks=forks, outputs=self.outputs)

    async def post(self, owner: str, name: str) -> None:
        """Fork it, and open the fork where nothing is in the way of that."""
        self.require_user()
        lab, version = await self.original(owner, name)
        self.outputs = self.field("outputs")
        wanted, later = self.chosen(version), self.field("open") == LATER
        outlook = await self.run(self.app.starts.look, self.viewer, wanted)
        if not (later or outlook.ok):
            await self.offer(lab, wanted, outlook, 409)
            return
        key = sent_once(self, "fork", lab.id, wanted.accelerator, self.outputs)
        outputs = self.outputs or None
        fields = ForkCreate(version=version.number, accelerator=wanted.accelerator, outputs=outputs)
        fork = await self.run(self.app.labs.fork, self.viewer, owner, name, fields, key=key)
        self.go(f"{self.app.base_url}{lab_path(fork)}" if later else spawn_url(self.app.hub_base, fork))
