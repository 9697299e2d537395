"""What choosing an accelerator would cost in time, in sentences."""

from __future__ import annotations

from mlabs_ext.errors import MLabsError
from mlabs_ext.lab.client import Client
from mlabs_ext.waiting import outlook
from mlabs_ext.wire import Queue


class Waits:
    """The queues as the service knows them now; `running` is the accelerator of this very server."""

    def __init__(self, client: Client, running: str):
        self._client = client
        self._running = running

    async def words(self) -> dict[str, str]:
        """A sentence for each kind of accelerator; nothing while the service does not answer."""
        try:
            queues = await self._client.get("queue", list[Queue])
        except MLabsError:
            return {}
        return {queue.accelerator: sentence(queue, queue.accelerator == self._running) for queue in queues}


def sentence(queue: Queue, held: bool = False) -> str:
    """How long one would wait, to whoever asks; `held`: their own server gives one back as it restarts."""
    if queue.free is None:
        return "Whether one is free is not known now. Where none is, you wait for one."
    if queue.free or (held and not queue.people):
        return "No waiting now."
    words = outlook(queue.seconds, queue.people)
    return f"{words[0].upper()}{words[1:]}."
