# A hub without a proxy process: the tests talk to hub and servers directly, and routes go to a file.
import json
import os
import sys
from pathlib import Path

from jupyterhub.proxy import Proxy

from mlabs_ext.up.spawners import kept
from mlabs_spawner.beginning import begin_with_hub

c = get_config()  # noqa: F821
data = Path(os.environ["TEST_DATA"])
hub = f"http://127.0.0.1:{os.environ['TEST_HUB_PORT']}"


class RoutesInAFile(Proxy):
    file = data / "routes.json"
    should_start = False

    async def get_all_routes(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    async def add_route(self, routespec, target, data):
        route = {"routespec": routespec, "target": target, "data": data}
        self.save({**await self.get_all_routes(), routespec: route})

    async def delete_route(self, routespec):
        routes = await self.get_all_routes()
        self.save({key: value for key, value in routes.items() if key != routespec})

    def save(self, routes):
        self.file.write_text(json.dumps(routes))


c.JupyterHub.proxy_class = RoutesInAFile
c.JupyterHub.hub_bind_url = c.JupyterHub.bind_url = hub
c.JupyterHub.db_url = f"sqlite:///{data / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(data / "cookie_secret")
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.allow_named_servers = True
c.JupyterHub.cleanup_servers = False
c.JupyterHub.services = [{"name": "tests", "api_token": os.environ["TEST_TOKEN"]}]
scopes = ["admin:users", "admin:servers", "admin:groups", "tokens", "access:servers"]
c.JupyterHub.load_roles = [{"name": "tests", "scopes": scopes, "services": ["tests"]}]
# So that a start which fails at once is answered, and one that installs is followed.
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 2}

c.JupyterHub.spawner_class = "mlabs_spawner.local.LocalSpawner"
c.LocalSpawner.homes = str(data / "users")
c.Ledger.directory = str(data / "ledger")
c.Gpus.record = str(data / "gpu-times.json")
c.Virtualenvs.directory = os.environ["TEST_ENVIRONMENTS"]
c.Catalogue.extra = os.environ["TEST_EXTRA"]
begin_with_hub()
c.EnvironmentMixin.service_url = os.environ["TEST_SERVICE"]
c.EnvironmentMixin.service_token = os.environ["TEST_SERVICE_TOKEN"]

if "TEST_SERVICE_PORT" in os.environ:
    # The real service, as jupyterhub_config.py has it.
    person = {"access:services!service=mlabs", "custom:mlabs:read", "custom:mlabs:write"}
    scopes = ("read", "write", "admin", "hub")
    c.JupyterHub.custom_scopes = {f"custom:mlabs:{scope}": {"description": scope} for scope in scopes}
    c.JupyterHub.extra_user_scopes = person | {"custom:mlabs:admin"}
    c.JupyterHub.services += [
        {
            "name": "mlabs",
            "url": f"http://127.0.0.1:{os.environ['TEST_SERVICE_PORT']}",
            "command": kept(sys.executable, "-m", "mlabs_ext.quick", "mlabs_ext.service"),
            "environment": {"MLABS_DATA": str(data), "MLABS_CONFIG": str(data / "service.py")},
            "api_token": "test-token-of-the-service",
            "oauth_no_confirm": True,
        },
        {"name": "mlabs-spawner", "api_token": os.environ["TEST_SERVICE_TOKEN"]},
    ]
    servers = ["start:servers", "delete:servers", "read:servers"]
    hub_scopes = ["access:services!service=mlabs", "custom:mlabs:hub"]
    c.JupyterHub.load_roles += [
        {"name": "mlabs-spawner", "services": ["mlabs-spawner"], "scopes": hub_scopes},
        {"name": "mlabs-service", "services": ["mlabs"], "scopes": servers},
    ]
    c.Spawner.poll_interval = 2
    # Whoever is refused is told so in the answer itself, also when fifty ask a busy machine at once.
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 60}
