"""Variants of models: made once, from what is served, for who may edit; later versions have them too."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from service.model_bench import SHARED
from service.model_bench import bench as bench
from sqlalchemy import update
from support.models import SHARD, RememberingConverter, doubling, keras

from mlabs_ext.errors import Full, NotFound, Unusable
from mlabs_ext.service.model_loop import ModelLoop
from mlabs_ext.service.model_variants import ModelVariants
from mlabs_ext.service.orm_models import ModelVersion
from mlabs_ext.service.plans import Plans


@pytest.fixture
def varied(bench):
    with ThreadPoolExecutor(4) as pool:
        shared = {name: getattr(bench, name) for name in SHARED}
        bench.variants = ModelVariants(RememberingConverter(), pool, **shared)
        bench.loop = ModelLoop(bench.queue, None, RememberingConverter(), pool)
        yield bench


async def ready(bench, name="m", files=None):
    """A version by the very steps of the background."""
    made = bench.add(name, files) if files else bench.create(name=name)
    (job,) = bench.queue.claim(5)
    await bench.loop._until_done(job)
    return made


def described(bench, number, path):
    return json.loads(bench.blobs.get(bench.models.file(bench.nobody, "ada", "m", number, path).digest))


async def test_one_has_fewer_bytes_and_addresses_of_its_own(varied):
    await ready(varied, files=None)
    before = varied.people.me(varied.ada).usage.storage_bytes
    made = await varied.variants.make(varied.ada, "ada", "m", "latest", "float16")
    (variant,) = made.variants
    assert (variant.compared.rows, variant.compared.difference, variant.compared.reason) == (32, 0, None)
    assert (variant.storage, variant.url.rpartition("/m/")[2]) == ("float16", "1/float16/model.json")
    assert variant.latest_url.endswith("/m/latest/float16/model.json")
    assert varied.models.file(varied.nobody, "ada", "m", 1, f"float16/{SHARD}").size == 3 * 2
    (group,) = described(varied, "latest", "float16/model.json")["weightsManifest"]
    assert group["paths"] == [f"../../1/float16/{SHARD}"]
    assert {entry["quantization"]["dtype"] for entry in group["weights"]} == {"float16"}
    # The model itself is as it was.
    assert described(varied, 1, "model.json")["weightsManifest"][0]["paths"] == [SHARD]
    after = varied.people.me(varied.ada).usage.storage_bytes
    assert before < after
    assert await varied.variants.make(varied.ada, "ada", "m", 1, "float16") == made
    assert varied.people.me(varied.ada).usage.storage_bytes == after


async def test_later_versions_have_what_the_one_before_has(varied):
    await ready(varied)
    await varied.variants.make(varied.ada, "ada", "m", 1, "uint8")
    await ready(varied, files=doubling(3.0))
    later = varied.models.get(varied.ada, "ada", "m", 2)
    assert [(variant.storage, variant.compared.rows) for variant in later.variants] == [("uint8", 32)]
    (group,) = described(varied, "latest", "uint8/model.json")["weightsManifest"]
    assert group["paths"] == [f"../../2/uint8/{SHARD}"]


async def test_of_one_that_was_made_before_it_is_said_that_nothing_was_measured(varied):
    await ready(varied)
    await varied.variants.make(varied.ada, "ada", "m", 1, "uint8")
    with varied.store.write() as session:
        session.execute(update(ModelVersion).values(compared=None))
    (variant,) = varied.models.get(varied.ada, "ada", "m").variants
    assert variant.compared.difference is None
    assert variant.compared.reason == "it was made before this was measured"


async def test_only_who_may_edit_makes_one_and_only_of_what_is_ready(varied):
    await ready(varied)
    with pytest.raises(NotFound):
        await varied.variants.make(varied.bob, "ada", "m", 1, "uint8")
    varied.add("m", doubling(4.0))
    with pytest.raises(Unusable, match="not ready"):
        await varied.variants.make(varied.ada, "ada", "m", 2, "uint8")
    with pytest.raises(NotFound):
        varied.models.file(varied.ada, "ada", "m", 1, "uint8/model.json")


async def test_there_must_be_room_for_it(varied):
    await ready(varied)
    await ready(varied, files=keras())
    used = -(-varied.people.me(varied.ada).usage.storage_bytes // 1024)
    plans = {"free": {"storage": f"{used}K"}}
    varied.variants.plans = Plans(store=varied.store, catalogue=varied.catalogue, plans=plans)
    with pytest.raises(Full):
        await varied.variants.make(varied.ada, "ada", "m", 2, "float16")
    assert varied.models.get(varied.ada, "ada", "m").variants == []


async def test_what_came_under_the_name_of_a_variant_does_not_hide_it(varied):
    """A model of TensorFlow.js may have its weights in a folder of any name."""
    files = doubling(path=f"float16/{SHARD}")
    varied.create(name="m", files=files)
    (job,) = varied.queue.claim(5)
    await varied.loop._until_done(job)
    await varied.variants.make(varied.ada, "ada", "m", 1, "float16")
    assert varied.models.file(varied.nobody, "ada", "m", 1, f"float16/{SHARD}").size == 3 * 2
