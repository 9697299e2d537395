"""MLabs in The Littlest JupyterHub: /opt/tljh/config/jupyterhub_config.d/mlabs.py

Sign-in, administrators and the public port stay TLJH's; labs are containers. The hub of TLJH is root, so
servers as processes of this machine, which would be root's too, are out of the question.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub provides it

os.environ.setdefault("MLABS_DATA", "/opt/tljh/state/mlabs")
# Where TLJH's traefik listens: labs come in by it, as browsers do.
os.environ.setdefault("MLABS_PORT", "80")
os.environ["MLABS_SPAWNER"] = "docker"
wiring = os.environ.get("MLABS_WIRING") or Path(sys.prefix, "share", "mlabs", "jupyterhub_config.py")
load_subconfig(str(wiring))  # noqa: F821 - JupyterHub provides it

# What is not said here stays as TLJH said it.
for name in ("authenticator_class", "bind_url", "db_url", "cookie_secret_file", "proxy_class"):
    c.JupyterHub.pop(name)
c.pop("ConfigurableHTTPProxy")
