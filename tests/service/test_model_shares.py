"""Secret links to models: whoever opens one loads the model, until it is revoked or has expired."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from service.model_bench import bench as bench
from support.models import SHARD

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable

MODEL = "ada", "m"


@pytest.fixture
async def private(bench, tmp_path):
    """With ada's private model m."""
    bench.create(name="m", visibility="private")
    await bench.convert(tmp_path)
    return bench


def sees(bench, viewer):
    try:
        return bool(bench.models.get(viewer, *MODEL)) and bool(bench.models.file(viewer, *MODEL, 1, SHARD))
    except NotFound:
        return False


async def test_who_opens_it_loads_it_and_may_keep_it_by_name(private):
    shares, bob = private.shares, private.bob
    link = shares.make(private.ada, *MODEL, wire.LinkCreate(name="For the class"))
    assert shares.open(link.secret) == (link.id, *MODEL)
    assert shares.open("wrong") is None
    holder = replace(bob, links=(link.id,))
    assert sees(private, holder) and sees(private, replace(private.nobody, links=(link.id,)))
    assert not sees(private, bob)
    assert private.models.find(holder)[0] == private.models.find(holder, owner="ada")[0] == []
    assert shares.with_me(holder) == []
    assert (shares.offered(holder, *MODEL), shares.offered(private.ada, *MODEL)) == ("view", None)
    assert shares.accept(holder, *MODEL).access == "view"
    assert sees(private, bob) and shares.offered(holder, *MODEL) is None
    assert [model.name for model in shares.with_me(bob)] == ["m"]
    with pytest.raises(NotFound):
        private.models.change(bob, *MODEL, wire.ModelChange(title="T"))
    shares.revoke(private.ada, *MODEL, link.id)
    assert not sees(private, holder) and not sees(private, bob)
    assert shares.open(link.secret) is None
    assert shares.list(private.ada, *MODEL) == []


async def test_it_ends_when_its_time_is_over(private):
    now, shares = datetime.now(UTC), private.shares
    link = shares.make(private.ada, *MODEL, wire.LinkCreate(expires=now + timedelta(hours=1)))
    shares.accept_secret(private.bob, wire.LinkAccept(link.secret))
    assert [share.via for share in shares.list(private.ada, *MODEL)] == [None, link.id]
    shares.now = lambda: now + timedelta(hours=2)
    assert shares.open(link.secret) is None
    assert shares.with_me(private.bob) == []


async def test_others_make_none_and_none_changes_it(private):
    with pytest.raises(NotFound):
        private.shares.make(private.bob, *MODEL, wire.LinkCreate())
    with pytest.raises(Unusable, match="by a link"):
        private.shares.make(private.ada, *MODEL, wire.LinkCreate("edit"))
