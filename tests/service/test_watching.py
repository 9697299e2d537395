"""What waits, and what room is left, in both databases."""

from __future__ import annotations

from datetime import timedelta

from mlabs_ext.last_backup import LastBackup, note
from mlabs_ext.service import orm
from mlabs_ext.service.watching import NUMBERS, Watching


def test_numbers(rules, tmp_path):
    shared = {"store": rules.store, "blobs": rules.blobs, "catalogue": rules.catalogue}
    watching = Watching(**shared)
    watching.directory = str(tmp_path)
    note(tmp_path, LastBackup(1_700_000_000.5, 60, whole=False))
    rules.publish(rules.ada, name="digits")
    before = watching.measure()
    assert set(before) == set(NUMBERS)
    assert (before["labs"], before["runs_waiting"], before["runs_waiting_seconds"]) == (1, 0, 0)
    assert before["database_bytes"] > 100_000
    assert before["data_free_bytes"] > 0
    assert (before["backup_timestamp_seconds"], before["backup_whole"]) == (1_700_000_000.5, 0)
    with rules.store.write() as session:
        lab = session.query(orm.Lab).one()
        for number, status in enumerate(("queued", "running", "running", "succeeded")):
            at = watching.now() - timedelta(seconds=90)
            known = {
                "id": f"01JABCDEFGHJKMNPQRSTVWXYZ{number}",
                "lab_id": lab.id,
                "user": "ada",
                "status": status,
            }
            kinds = {"kind": "batch", "run_all": True, "environment": "python", "accelerator": "none"}
            session.add(orm.Run(**known, **kinds, parameters={}, started=at, seen=at, last_seq=0))
    now = watching.measure()
    assert (now["runs_waiting"], now["runs_running"]) == (1, 2)
    assert 80 < now["runs_waiting_seconds"] < 300
