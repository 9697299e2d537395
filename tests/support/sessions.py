"""Sessions as the hub writes them into its ledger."""

import time
from datetime import datetime

from ulid import ULID

from mlabs_spawner.book import Entry


def entry(user="ada", server="mnist"):
    about = {"lab": f"{user}/{server}", "environment": "python", "accelerator": "none"}
    return Entry(str(ULID()), user, server, requested=time.time(), **about)


def seconds(text):
    return datetime.fromisoformat(text).timestamp()
