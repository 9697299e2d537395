"""What a server holds is given back whatever ends it, and survives a restart of the hub."""

from __future__ import annotations

import time

import pytest
from support.bare_spawner import Upstream, start

from mlabs_spawner.ledger import BY_ITSELF
from mlabs_spawner.options import Choice


async def run(one, options):
    """What JupyterHub does for a start that goes well."""
    one.clear_state()
    await start(one, options)
    await one.start()


async def test_whatever_ends_a_server_gives_back_what_it_held(spawner, service):
    one = spawner(gpus=1)
    for _ in range(2):
        await run(one, {"lab": "ada/mnist", "accelerator": "gpu"})
        assert one.device_ids == list(one.gpus.inventory)
        session = one.session
        assert session.started and not session.ended
        one.clear_state()
        assert (one.device_ids, one.session, one.grant, one.gpus.queue.holders) == ([], None, None, {})
        assert session.ended
    assert len(service.servers) == 2


async def test_a_start_that_fails_gives_back_its_accelerator_and_place(spawner, monkeypatch):
    one = spawner(gpus=1)

    async def fail(self):
        raise OSError("no")

    monkeypatch.setattr(Upstream, "start", fail)
    with pytest.raises(OSError, match="no"):
        await run(one, {"lab": "ada/mnist", "accelerator": "gpu"})
    session = one.session
    one.clear_state()
    assert (session.started, one.gpus.queue.holders) == (None, {})
    assert session.ended


@pytest.mark.parametrize(
    ("known", "ended"), [pytest.param(2000.0, 2000.0, id="known"), pytest.param(None, None, id="not known")]
)
async def test_a_server_that_is_found_ended(spawner, monkeypatch, known, ended):
    one = spawner()
    await run(one, {"lab": "ada/mnist"})
    one.session.started = 1000.0

    async def ended_at():
        return known

    monkeypatch.setattr(one, "ended_at", ended_at)
    before, session = time.time(), one.session
    assert await one.poll() == 0
    assert session.reason == BY_ITSELF
    assert session.ended == ended if ended else session.ended >= before


async def test_a_server_that_is_stopped_has_no_reason_of_its_own(spawner):
    one = spawner()
    await run(one, {"lab": "ada/mnist"})
    session, one._stop_pending = one.session, True
    await one.stop()
    assert session.ended and session.reason is None


async def test_what_it_holds_survives_a_restart_of_the_hub(spawner):
    one = spawner(gpus=2)
    await run(one, {"lab": "ada/mnist", "accelerator": "gpu"})
    again = spawner(gpus=2, ledger=one.ledger)
    again.load_state(one.get_state())
    assert (again.session, again.device_ids) == (one.session, one.device_ids)
    [holder] = again.gpus.queue.holders.values()
    assert (holder.gpu, holder.who.lab, holder.since) == (one.device_ids[0], "ada/mnist", one.session.started)
    again.clear_state()
    assert not again.gpus.queue.holders


async def test_what_it_was_started_for_survives_a_restart_of_the_hub(spawner):
    one, later = spawner(), spawner()
    assert one.get_state() == {}
    await start(one, {"lab": "ada/mnist", "environment": "jax"})
    later.load_state(one.get_state())
    assert later.choice == Choice("ada/mnist", "jax", "none")
    assert later.user_options["environment"] == "jax"
    assert later.get_state() == one.get_state()
    later.clear_state()
    assert later.get_state() == {}
