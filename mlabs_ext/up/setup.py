"""`mlabs setup`: makes a Debian or Ubuntu machine ready for MLabs, as docs/deployment.md says, in one go."""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from mlabs_ext.errors import MLabsError, Unusable
from mlabs_ext.up import recipe
from mlabs_ext.up.settings import Settings
from mlabs_ext.up.telling import tell

DESCRIPTION = """Make this machine (Debian or Ubuntu) ready to serve MLabs to others: the system user mlabs,
its PostgreSQL databases, the settings in /etc/mlabs, the systemd unit, nginx' site, log rotation, and the
command `mlabs` for root. It can be run again: what is there stays, and files that you changed are not
touched."""
# By the program that shows that a package is there.
NEEDED = {
    "docker": "docker.io",
    "psql": "postgresql",
    "nginx": "nginx",
    "useradd": "passwd",
    "runuser": "util-linux",
}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DATABASES = ("mlabs", "mlabs_hub")
NEXT = """
Next:{certificate}
  mlabs images build python          # and other environments; `mlabs images list` shows which there are
  systemctl daemon-reload && systemctl enable --now mlabs mlabs-backup.timer && systemctl reload nginx
Then https://{site} answers, and {people}"""
ONE_PASSWORD = f"""you sign in as admin with the password in {recipe.DATA}/secrets/password.
Other ways to sign in, plans and mail are in /etc/mlabs/mlabs_config.py."""
AS_SET = "people sign in as /etc/mlabs/mlabs_config.py says."
CERTBOT = """
  certbot certonly --webroot -w /var/www/html -d {site} -d {content} \\
    --deploy-hook "systemctl reload nginx\""""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add = parser.add_argument
    add("site", metavar="SITE", help="the host name that people use: labs.example.org")
    add("content", metavar="CONTENT", help="a second one, for rendered notebooks: labs-content.example.net")
    add("--certificate", default="", metavar="FILE", help="the TLS certificate of both (default: certbot's)")
    add("--key", default="", metavar="FILE", help="its key")
    add("--root", default="/", metavar="DIR", help="only write the files, below this directory")


def run(options: argparse.Namespace) -> int:
    """Make the machine ready; the exit status."""
    try:
        names = recipe.Names(options.site, options.content, options.certificate, options.key)
    except MLabsError as error:
        return tell(error.message, 2)
    root = Path(options.root).absolute()
    here = root == Path("/")
    if here:
        if reason := unfit():
            return tell(reason)
        make_user()
        make_databases()
    for said in recipe.write(names, root):
        print(said)
    if here:
        there = Path(names.certificate_file).exists()
        certificate = "" if there else CERTBOT.format(site=names.site, content=names.content)
        print(NEXT.format(certificate=certificate, site=names.site, people=people(root)))
    return 0


def people(root: Path) -> str:
    """How people sign in with the settings that are there, in words."""
    try:
        settings = Settings(str(root / "etc/mlabs/mlabs_config.py"))
    except MLabsError:
        return AS_SET
    return ONE_PASSWORD if settings.one_password else AS_SET


def unfit() -> str:
    """Why this machine cannot be made ready, in words; empty where it can."""
    if os.geteuid() != 0:
        return "Only root can do this. To see the files: mlabs setup --root DIR …"
    missing = [package for program, package in NEEDED.items() if not shutil.which(program, path=PATH)]
    return f"First: apt-get install -y {' '.join(missing)}" if missing else ""


def make_user() -> None:
    """The system user, who may ask Docker for containers, and its directory, which nobody else may see."""
    try:
        pwd.getpwnam(recipe.USER)
        print(f"unchanged  user {recipe.USER}")
    except KeyError:
        command("useradd", "--system", "--user-group", "--home-dir", recipe.DATA, recipe.USER)
        print(f"made       user {recipe.USER}")
    command("usermod", "--append", "--groups", "docker", recipe.USER)
    data = Path(recipe.DATA)
    data.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(data, recipe.USER, recipe.USER)


def make_databases() -> None:
    """The service's database and the hub's, for the role of the system user's name."""
    if recipe.USER not in as_postgres("select rolname from pg_roles"):
        as_postgres(f"create role {recipe.USER} login")
    there = as_postgres("select datname from pg_database")
    for name in DATABASES:
        if name in there:
            print(f"unchanged  database {name}")
            continue
        as_postgres(f"create database {name} owner {recipe.USER} encoding 'UTF8' template template0")
        print(f"made       database {name}")


def as_postgres(sql: str) -> list[str]:
    """The lines that PostgreSQL answers to its own user; raise MLabsError where it does not answer so."""
    psql = ["runuser", "-u", "postgres", "--", "psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]
    done = subprocess.run(psql, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise Unusable(f"PostgreSQL: {done.stderr.strip()}", "postgresql_failed")
    return done.stdout.splitlines()


def command(*arguments: str) -> None:
    """Run a program of the system; what it says is shown where it fails."""
    subprocess.run(arguments, check=True, env={**os.environ, "PATH": PATH})
