"""Settings of MLabs in stack.yml, read by hub, spawner and service."""

import json
import os
from pathlib import Path

c = get_config()  # noqa: F821 - its reader provides it


def secret(name):
    """A secret of the Swarm."""
    return Path("/run/secrets", name).read_text().strip()


database = f"postgresql+psycopg://mlabs:{secret('mlabs_database_password')}@database/"
c.JupyterHub.db_url = f"{database}hub"
c.Store.url = f"{database}mlabs"
c.OnePassword.password = secret("mlabs_password")

# Where stack.yml gives this secret, blobs are in the S3-compatible store that it describes.
store = Path("/run/secrets/mlabs_blobs")
if store.exists():
    c.Blobs.update(json.loads(store.read_text()))

# The service reads this file too, and has none of these variables.
if "MLABS_ADDRESS" in os.environ:
    c.SwarmLabSpawner.url = f"http://{os.environ['MLABS_ADDRESS']}:8000"
    c.SwarmLabSpawner.image_prefix = os.environ["MLABS_IMAGES"]
    c.SwarmLabSpawner.homes = os.environ["MLABS_HOMES"]
# Labs without a GPU stay off the nodes that have one.
c.SwarmLabSpawner.placement = {
    "none": ["node.labels.mlabs.accelerator!=gpu"],
    "gpu": ["node.labels.mlabs.accelerator==gpu"],
}
