"""The files of deploy/ for one machine: where each belongs, with the names of this one in it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlabs_ext.errors import BadInput
from mlabs_ext.installed import shared

USER = "mlabs"
DATA = "/var/lib/mlabs"
# The digests of what was written last, by place: what people changed there is theirs.
WRITTEN = "etc/mlabs/.written.json"
# What the files call these; `mlabs setup` writes the real ones.
SITE, CONTENT, PREFIX = "labs.example.org", "labs-content.example.net", "/opt/mlabs/bin"
CERTIFICATE = f"/etc/letsencrypt/live/{SITE}/fullchain.pem"
KEY = f"/etc/letsencrypt/live/{SITE}/privkey.pem"
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


@dataclass(frozen=True)
class File:
    """A file of `deploy/`, its place, its mode, and whether only root and MLabs may read it."""

    source: str
    place: str
    mode: int = 0o644
    private: bool = False


FILES = (
    File("one-machine/mlabs_config.py", "etc/mlabs/mlabs_config.py", 0o640, private=True),
    File("one-machine/environment", "etc/mlabs/environment", 0o640, private=True),
    File("one-machine/mlabs.service", "etc/systemd/system/mlabs.service"),
    File("one-machine/mlabs-backup.service", "etc/systemd/system/mlabs-backup.service"),
    File("one-machine/mlabs-backup.timer", "etc/systemd/system/mlabs-backup.timer"),
    File("one-machine/logrotate", "etc/logrotate.d/mlabs"),
    File("one-machine/command", "usr/local/bin/mlabs", 0o755),
    File("nginx/mlabs.conf", "etc/nginx/conf.d/mlabs.conf"),
)


@dataclass(frozen=True)
class Names:
    """What this machine is called, and where its certificate is; raise BadInput for what is no host name."""

    site: str
    content: str
    certificate: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        for name in (self.site, self.content):
            if not HOST.fullmatch(name):
                raise BadInput(f"{name!r:.100} is no host name such as labs.example.org.", "host_invalid")
        if self.site == self.content:
            raise BadInput(
                "Rendered notebooks need a host name of their own, one that shares no cookies: add a second "
                "name that leads to this machine.",
                "host_taken",
            )
        if bool(self.certificate) != bool(self.key):
            raise BadInput("--certificate and --key belong together.", "certificate_incomplete")

    @property
    def certificate_file(self) -> str:
        """Where the certificate is, or certbot will put it."""
        return self.certificate or CERTIFICATE.replace(SITE, self.site)

    def fill(self, text: str) -> str:
        """The text of a file, with the names of this machine."""
        if self.certificate:
            text = text.replace(CERTIFICATE, self.certificate).replace(KEY, self.key)
        text = text.replace(SITE, self.site).replace(CONTENT, self.content)
        return text.replace(PREFIX, str(Path(sys.executable).parent))


def write(names: Names, root: Path) -> Iterator[str]:
    """Put each file at its place below `root`, and say what became of it; one that differs stays as it is.

    Its new form is put beside it once for each release that has another.
    """
    record = root / WRITTEN
    known: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    for file in FILES:
        text = names.fill(shared(f"deploy/{file.source}").read_text(encoding="utf-8"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        yield _write(file, text, root, fresh=known.get(file.place) != digest)
        known[file.place] = digest
    draft = record.with_name(f"{record.name}.part")
    draft.write_text(json.dumps(known, indent=1))
    draft.replace(record)


def _write(file: File, text: str, root: Path, fresh: bool) -> str:
    """The same for one; `fresh` says whether it had another form when this was done last."""
    place = root / file.place
    if not place.exists():
        _put(file, place, text, root)
        return f"written    {place}"
    if place.read_text(encoding="utf-8") == text:
        return f"unchanged  {place}"
    if not fresh:
        return f"kept       {place}, changed here; this release has nothing new for it"
    beside = place.with_name(f"{place.name}.new")
    _put(file, beside, text, root)
    return f"kept       {place}, changed here; this release has {beside.name}"


def _put(file: File, target: Path, text: str, root: Path) -> None:
    """Write it, never readable by more people than it is to be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, file.mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    target.chmod(file.mode)
    if file.private and root == Path("/"):
        shutil.chown(target, "root", USER)
