"""Makes a repeated request do its work once, also when its twenty copies arrive together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy.orm import Session

from mlabs_ext.errors import BadInput, Unusable
from mlabs_ext.service import orm, statements

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """A request's Idempotency-Key, and a digest of what the request says."""

    value: str
    said: str

    @classmethod
    def checked(cls, value: str, said: str) -> Key:
        """Make a key of a header's value, which comes from outside."""
        if not (1 <= len(value) <= 255 and value.isascii() and value.isprintable()):
            raise BadInput(
                "An Idempotency-Key is 1 to 255 printable ASCII characters.", "idempotency_key_invalid"
            )
        return cls(value, said)


def once(session: Session, user: str, key: Key | None, shape: Any, make: Callable[[], T]) -> T:
    """Call `make`, or give again what it gave to the same key; the key lives and dies with the transaction.

    `shape` is the msgspec type of the result. A second transaction with the key waits for the first.
    """
    if key is None:
        return make()
    row = {"user": user, "key": key.value}
    if _claimed(session, row | {"said": key.said, "answer": b"", "created": datetime.now(UTC)}):
        result = make()
        session.get_one(orm.Answered, (user, key.value)).answer = msgspec.json.encode(result)
        return result
    return _given(session.get_one(orm.Answered, (user, key.value)), key, shape)


def _given(kept: orm.Answered, key: Key, shape: Any) -> Any:
    if kept.said != key.said:
        raise Unusable(
            "This Idempotency-Key was used for a different request; take a new one.", "idempotency_key_reused"
        )
    return msgspec.json.decode(kept.answer, type=shape)


def again(session: Session, user: str, key: Key | None, shape: type[T]) -> T | None:
    """What the key was answered already, for work that cannot be begun again; None where it was not."""
    kept = session.get(orm.Answered, (user, key.value)) if key else None
    if kept is None or key is None or not kept.answer:
        return None
    return _given(kept, key, shape)


def _claimed(session: Session, row: dict[str, Any]) -> bool:
    claim = statements.insert(session, orm.Answered).values(**row).on_conflict_do_nothing()
    return session.scalar(claim.returning(orm.Answered.key)) is not None
