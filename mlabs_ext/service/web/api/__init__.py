"""The REST API's route table; `openapi.py` describes every call in it."""

from mlabs_ext.service.web.api import description, hub, labs, people, runs, versions

CALLS = [*people.CALLS, *labs.CALLS, *versions.CALLS, *runs.CALLS, *hub.CALLS, *description.CALLS]
ROUTES = [(f"api/v1{call.pattern()}", call.handler) for call in CALLS]
