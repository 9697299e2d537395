"""Turns: of two transactions that count and then add, one waits, so that both do not count alike."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session


def take(session: Session, what: str) -> None:
    """Wait for who has the turn at this; it is held until the transaction ends.

    Where it only reads, each statement is a transaction of its own, and nothing is held. SQLite has one
    writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:turn, 0))"), {"turn": what})
