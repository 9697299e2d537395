"""MLabs on one machine, with the very files of deploy/: only places, ports and databases are the tests'."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Error, Page, expect

from mlabs_ext.up import containers
from mlabs_ext.up.data import DataDir
from support.nginx import NAMES, Front, in_front
from support.oidc import Provider, provider
from support.postgresql import Server
from support.screenshots import keep
from support.up import COMMAND, Up
from support.volumes import forget
from support.waiting import free_port

SITE, CONTENT = NAMES
CALLBACK = f"https://{SITE}/hub/oauth_callback"
PEOPLE = ("ada", "mallory")
# Milliseconds until a container is there, on a busy machine.
LONG = 180_000
SETTINGS = "etc/mlabs/mlabs_config.py"
SOCKET = "postgresql+psycopg:///"
# The lines of a sign-in by OpenID Connect, and of who may come in.
WANTED = re.compile(r"^# (c\.(.*generic-oauth|GenericOAuthenticator|Authenticator\.).*)$", re.MULTILINE)


class Machine:
    """The files as `mlabs setup` writes them below `root`, and what runs by them."""

    def __init__(self, folder: Path, database: Server, identity: Provider):
        self.root, self.data = folder / "root", folder / "data"
        self.started: list[Up] = []
        subprocess.run([COMMAND, "setup", "--root", self.root, SITE, CONTENT], check=True, cwd=folder)
        self.hub, self.service = free_port(), free_port()
        self.edit("etc/mlabs/environment", {"=10101": f"={self.service}", "=/var/lib/mlabs": f"={self.data}"})
        self.use(database)
        self.sign_in_by(identity)

    def file(self, path: str) -> Path:
        """A file of the machine."""
        return self.root / path

    def edit(self, path: str, changes: dict[str, str]) -> None:
        """Replace what is in a file of the machine exactly once."""
        text = self.file(path).read_text()
        for old, new in changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.file(path).write_text(text)

    def use(self, database: Server) -> None:
        """Both databases, in the tests' server."""
        where = f"postgresql+psycopg://postgres@127.0.0.1:{database.port}/"
        own = {name: database.new_database().rpartition("/")[2] for name in ("mlabs", "mlabs_hub")}
        changes = {f"{SOCKET}{name}?host=/run/postgresql": f"{where}{new}" for name, new in own.items()}
        self.edit(SETTINGS, changes)

    def sign_in_by(self, identity: Provider) -> None:
        """As docs/deployment.md says: take the `# ` from the provider's lines, and say who may come in."""
        file = self.file(SETTINGS)
        file.write_text(WANTED.sub(r"\1", file.read_text()))
        client, secret = identity.register(CALLBACK)
        described = identity.described()
        own = "c.GenericOAuthenticator.client_"
        self.edit(
            SETTINGS,
            {
                f'{own}id = "…"': f'{own}id = "{client}"',
                f'{own}secret = "…"': f'{own}secret = "{secret}"',
                "https://login.example.org/authorize": described["authorization_endpoint"],
                "https://login.example.org/token": described["token_endpoint"],
                "https://login.example.org/userinfo": described["userinfo_endpoint"],
            },
        )

    def environment(self) -> dict[str, str]:
        """The variables of the unit, where they are the tests'."""
        lines = self.file("etc/mlabs/environment").read_text().splitlines()
        given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        return given | {"MLABS_CONFIG": str(self.file(SETTINGS))}

    def arguments(self) -> list[str]:
        """The options by which the unit starts `mlabs up`."""
        unit = self.file("etc/systemd/system/mlabs.service").read_text()
        [line] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
        program, verb, *options = shlex.split(line)
        assert (program, verb) == (str(COMMAND), "up")
        return [*options, "--port", str(self.hub)]

    def start(self, **more: str) -> Up:
        """What the unit starts; return once it told its manager that people can sign in."""
        manager = self.root / "notify"
        manager.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
            listening.bind(str(manager))
            listening.settimeout(150)
            given = {**self.environment(), "NOTIFY_SOCKET": str(manager), **more}
            up = Up(self.data, *self.arguments(), **given)
            self.started.append(up)
            try:
                assert listening.recv(1000).startswith(b"READY=1\n"), up.said()
            except TimeoutError:
                raise AssertionError(up.said()) from None
        return up

    def clear(self) -> None:
        """End what runs; remove the labs that outlived MLabs, and the volumes."""
        for up in self.started:
            up.stop()
        if self.data.exists():
            containers.clear(DataDir(self.data).prefix())
            forget(self.data)


@contextmanager
def served(folder: Path, database: Server) -> Iterator[tuple[Machine, Front]]:
    """The machine, its sign-in and nginx; MLabs itself is for the test to start."""
    with provider(*PEOPLE) as identity:
        machine = Machine(folder, database, identity)
        place = folder / "nginx"
        place.mkdir()
        recipe = machine.file("etc/nginx/conf.d/mlabs.conf")
        with in_front(place, machine.hub, machine.service, recipe=recipe) as front:
            try:
                yield machine, front
            finally:
                machine.clear()


def flags(front: Front) -> list[str]:
    """By which Chromium finds both names here, and takes their certificate and no other."""
    leaf = x509.load_pem_x509_certificate(front.certificate.cert_chain_pems[0].bytes())
    key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode()
    to = f"127.0.0.1:{front.port}"
    return [
        f"--host-resolver-rules={','.join(f'MAP {name}:443 {to}' for name in NAMES)}",
        f"--ignore-certificate-errors-spki-list={digest}",
    ]


def asked(front: Front, name: str, path: str, **headers: str) -> httpx.Response:
    """The answer to a request of that name, whose certificate has to be the authority's, and for it."""
    trust = ssl.create_default_context()
    front.authority.configure_trust(trust)
    with closing(httpx.Client(verify=trust, timeout=30)) as client:
        return client.get(
            f"{front.url}{path}", headers={"Host": name, **headers}, extensions={"sni_hostname": name}
        )


def visit(page: Page, url: str) -> None:
    """Go there, and again where this machine's interfaces changed meanwhile, as those of containers do."""
    for _ in range(5):
        try:
            page.goto(url)
            return
        except Error as error:
            if "ERR_NETWORK_CHANGED" not in error.message:
                raise
    raise AssertionError(f"{url}: the network did not settle")


def sign_in(page: Page, name: str) -> None:
    """From Explore, by the provider, where `name` is signed in already."""
    visit(page, f"https://{SITE}/")
    page.get_by_role("link", name="Sign in").first.click()
    keep(page, "one-machine-sign-in")
    page.get_by_role("link", name="Sign in with our university").click()
    page.get_by_role("button", name=name, exact=True).click()


def new_lab(page: Page, title: str) -> None:
    """A lab of that title, open; return once its kernel waits."""
    page.get_by_role("link", name="New lab").first.click()
    page.get_by_label(re.compile("title", re.I)).fill(title)
    page.get_by_role("button", name=re.compile("create|open|start", re.I)).first.click()
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=LONG)
    page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).first.wait_for(timeout=LONG)


def run_cell(page: Page, code: str, output: str) -> None:
    """Run code in the last cell, below which a new one appears; return once it has said so much."""
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    cell = cells.nth(cells.count() - 1)
    cell.locator(".cm-content").click()
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    expect(cell.locator(".jp-OutputArea-output").first).to_contain_text(output, timeout=LONG)
