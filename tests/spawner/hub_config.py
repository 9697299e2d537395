# A hub without a proxy process: the tests talk to hub and servers directly, and routes go to a file.
import json
import os
from pathlib import Path

from jupyterhub.proxy import Proxy

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
scopes = ["admin:users", "admin:servers", "tokens", "access:servers"]
c.JupyterHub.load_roles = [{"name": "tests", "scopes": scopes, "services": ["tests"]}]
# So that a start which fails at once is answered, and one that installs is followed.
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 2}

c.JupyterHub.spawner_class = "mlabs_spawner.local.LocalSpawner"
c.LocalSpawner.homes = str(data / "users")
c.Ledger.directory = str(data / "ledger")
c.Virtualenvs.directory = os.environ["TEST_ENVIRONMENTS"]
c.Catalogue.extra = os.environ["TEST_EXTRA"]
c.EnvironmentMixin.service_url = os.environ["TEST_SERVICE"]
c.EnvironmentMixin.service_token = os.environ["TEST_SERVICE_TOKEN"]
