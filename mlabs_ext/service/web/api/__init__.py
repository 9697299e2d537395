"""The REST API's route table; `openapi.py` describes every call in it."""

from types import ModuleType

from mlabs_ext.service.web.api import (
    assets,
    audit,
    comments,
    community,
    comparing,
    curated,
    datasets,
    description,
    events,
    hub,
    imports,
    lab_data,
    labs,
    metrics,
    model_shares,
    models,
    moderation,
    notifications,
    people,
    plans,
    profiles,
    proposals,
    runs,
    schedules,
    servers,
    shares,
    stars,
    uploads,
    upstream,
    versions,
    workers,
)

NOUNS: tuple[ModuleType, ...] = (people, plans, labs, versions, runs, schedules, events, metrics)
NOUNS += (comparing, assets, servers, hub, notifications, shares, imports, stars, comments, moderation)
NOUNS += (profiles, curated, datasets, uploads, lab_data, models, model_shares, upstream, proposals)
NOUNS += (workers, community, audit, description)
CALLS = [call for noun in NOUNS for call in noun.CALLS]
ROUTES = [(f"api/v1{call.pattern()}", call.handler) for call in CALLS]
