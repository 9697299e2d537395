"""deploy/tljh: MLabs' wiring, loaded by The Littlest JupyterHub's settings, leaves TLJH what is TLJH's."""

from __future__ import annotations

import pytest
from support import needs
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from mlabs_ext.up.hub import config_file

# As TLJH's jupyterhub_config.py says it, before it loads what is in jupyterhub_config.d.
TLJH = """
c = get_config()
c.JupyterHub.spawner_class = "tljh.user_creating_spawner.UserCreatingSpawner"
c.JupyterHub.cleanup_servers = False
c.JupyterHub.hub_port = 15001
c.JupyterHub.proxy_class = "traefik_file"
c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.JupyterHub.services = [{{"name": "cull-idle", "admin": True, "command": ["jupyterhub_idle_culler"]}}]
c.Authenticator.admin_users = {{"grace"}}
c.TraefikProxy.should_start = False
load_subconfig({file!r})
"""


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Config:
    monkeypatch.setenv("MLABS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MLABS_WIRING", str(config_file()))
    # It is set where the file is loaded.
    monkeypatch.setenv("MLABS_SPAWNER", "")
    monkeypatch.setenv("MLABS_PORT", "80")
    file = tmp_path / "jupyterhub_config.py"
    file.write_text(TLJH.format(file=str(needs.CHECKOUT / "deploy" / "tljh" / "mlabs.py")))
    return PyFileConfigLoader(str(file)).load_config()


def test_sign_in_names_and_proxy_stay_tljhs(settings):
    hub = settings.JupyterHub
    assert hub.authenticator_class == "firstuseauthenticator.FirstUseAuthenticator"
    assert settings.Authenticator.admin_users == {"grace"}
    assert hub.proxy_class == "traefik_file"
    assert settings.TraefikProxy.should_start is False
    assert "ConfigurableHTTPProxy" not in settings
    assert not {"db_url", "cookie_secret_file", "bind_url"} & hub.keys()


def test_labs_are_mlabs_containers(settings):
    hub = settings.JupyterHub
    assert hub.spawner_class == "mlabs_spawner.docker.DockerLabSpawner"
    assert hub.cleanup_servers is False
    assert [service["name"] for service in hub.services] == ["mlabs", "mlabs-spawner", "mlabs-door"]
    [door] = [service for service in hub.services if service["name"] == "mlabs-door"]
    assert "--to=127.0.0.1:80" in " ".join(door["command"])
    assert {"mlabs-spawner", "mlabs-service"} == {role["name"] for role in hub.load_roles}
