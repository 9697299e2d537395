"""The REST API's route table; `openapi.py` describes every call in it."""

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

NOUNS = (people, plans, labs, versions, runs, schedules, events, metrics, comparing, assets, servers, hub)
NOUNS += (notifications, shares, imports, stars, comments, moderation, profiles, curated)
NOUNS += (datasets, uploads, lab_data, models, model_shares, upstream, proposals, workers, community)
NOUNS += (audit, description)
CALLS = [call for noun in NOUNS for call in noun.CALLS]
ROUTES = [(f"api/v1{call.pattern()}", call.handler) for call in CALLS]
