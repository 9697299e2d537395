"""Keeps answers that are the same for all who are signed out, and forgets each with what it was made of.

What a transaction changes is noted as it is written (`changes.py`), and told here once it is on disk: by the
thread that wrote it, before its request is answered, and by PostgreSQL for what other services have written.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, NamedTuple

from traitlets import Integer
from traitlets.config import LoggingConfigurable

# Seconds. What is kept is right for as long as nothing is told; this bounds what nobody has thought of.
LONGEST = 60.0
# Seconds after that in which all but the first who asks still get it, so that not all of them make it anew.
GRACE = 5.0
# Of how many labs is known when they changed last; an answer's share of the room beside its body, in bytes.
MOST_LABS, HEAD = 10_000, 2048


class Answer(NamedTuple):
    """A whole answer. `source` names the handler that made it; `for_all` says that no cookie changes it.

    `headers` are as the web sends them, with the body and without it.
    """

    headers: Any
    unchanged: Any
    body: bytes
    etag: str
    source: str
    for_all: bool
    born: float


class Answers(LoggingConfigurable):
    """Answers by what was asked. Any thread may call.

    `hears` says whether news of other services arrive; while they do not, nothing is given out.
    """

    size = Integer(
        32 << 20,
        help="""Bytes of finished pages, embeds and rendered documents that a service process keeps in memory
        for those who are signed out, so that a lab which many read costs next to nothing. 0 keeps none.

        Default: 32 MiB. Example:

            c.Answers.size = 256 * 1024**2
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.hears: Callable[[], bool] = lambda: True
        # How often something was told; what was begun before is not kept after.
        self.count = 0
        self._all_gone = 0
        self._gone: OrderedDict[str, int] = OrderedDict()
        self._kept: OrderedDict[Hashable, tuple[str, Answer]] = OrderedDict()
        self._of: dict[str, set[Hashable]] = {}
        # What somebody makes anew now, since its time is up.
        self._renewed: set[Hashable] = set()
        self._size = 0
        self._turn = threading.Lock()

    def find(self, asked: Hashable) -> Answer | None:
        """The answer, if there is one that is right."""
        with self._turn:
            found = self._kept.get(asked)
            if found is None or not self.hears():
                return None
            answer = found[1]
            if self._is_due(asked, monotonic() - answer.born):
                return None
            self._kept.move_to_end(asked)
            return answer

    def _is_due(self, asked: Hashable, age: float) -> bool:
        """Whether who asks has to make it anew; once its time is up one does, and after the grace all do."""
        if age > LONGEST + GRACE:
            self._drop(asked)
            return True
        if age <= LONGEST or asked in self._renewed:
            return False
        self._renewed.add(asked)
        return True

    def keep(self, asked: Hashable, answer: Answer, lab: str, since: int) -> None:
        """Keep the answer about a lab, unless what it says was changed after `since`, a `count`.

        Without a lab it depends on nothing but on who sees labs.
        """
        with self._turn:
            late = since < max(self._all_gone, self._gone.get(lab, 0))
            if late or len(answer.body) + HEAD > self.size // 4 or not self.hears():
                return
            if asked in self._kept:
                self._drop(asked)
            self._kept[asked] = lab, answer
            self._of.setdefault(lab, set()).add(asked)
            self._size += len(answer.body) + HEAD
            while self._size > self.size:
                self._drop(next(iter(self._kept)))

    def changed(self, changes: set[str] | None) -> None:
        """Forget what these changes concern, see `changes.note`; None is that anything may have changed."""
        told = changes or ()
        labs = {change.removeprefix("page:") for change in told if change.startswith("page:")}
        access = any(change.startswith("lab:") for change in told)
        everything = changes is None or "pages" in changes or access
        if not (everything or labs):
            return
        with self._turn:
            self.count += 1
            if everything or len(self._gone) > MOST_LABS:
                self._all_gone = self.count
                for state in (self._kept, self._of, self._gone, self._renewed):
                    state.clear()
                self._size = 0
            for lab in labs:
                self._gone[lab] = self.count
                for asked in tuple(self._of.get(lab, ())):
                    self._drop(asked)

    def _drop(self, asked: Hashable) -> None:
        lab, answer = self._kept.pop(asked)
        self._renewed.discard(asked)
        self._size -= len(answer.body) + HEAD
        known = self._of[lab]
        known.discard(asked)
        if not known:
            del self._of[lab]
