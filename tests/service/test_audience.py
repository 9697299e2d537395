"""How services tell each other who watches."""

from __future__ import annotations

import msgspec

from mlabs_ext.service import audience
from mlabs_ext.service.audience import Audience


def share(teller: Audience, *others: Audience) -> int:
    """Have the others hear what is new; the number of messages."""
    news = teller.news()
    for text in news:
        for other in others:
            other.hear(text)
    return len(news)


def test_counts_add_up_over_services():
    one, two, three = Audience(), Audience(), Audience()
    one.set("a", 2)
    two.set("a", 3)
    two.set("b", 1)
    share(one, one, two, three)
    share(two, one, two, three)
    assert [service.of("a") for service in (one, two, three)] == [5, 5, 5]
    assert (one.of("b"), three.of("c"), one.total(), three.total()) == (1, 0, 2, 0)
    two.set("a", 0)
    share(two, one, three)
    assert (one.of("a"), three.of("a")) == (2, 2)


def test_only_what_is_new_is_said_until_all_is_said_again(monkeypatch):
    one, two = Audience(), Audience()
    assert one.news() == []
    one.set("a", 1)
    assert share(one) == 1
    assert share(one, two) == 0
    monkeypatch.setattr(audience, "AGAIN", 0)
    assert share(one, two) == 1
    assert two.of("a") == 1


def test_messages_fit_into_those_of_the_database():
    one, two = Audience(), Audience()
    for n in range(1000):
        one.set(f"{n:026}", 9999)
    news = one.news()
    assert max(map(len, news)) < 8000
    for text in news:
        two.hear(text)
    assert all(two.of(f"{n:026}") == 9999 for n in range(1000))


def test_who_is_gone_or_silent_counts_no_more(monkeypatch):
    one, two, three = Audience(), Audience(), Audience()
    for service in (one, two):
        service.set("a", 1)
        share(service, three)
    three.hear(one.farewell())
    assert three.of("a") == 1
    three.forget()
    assert three.of("a") == 1
    monkeypatch.setattr(audience, "BELIEVED", -1)
    three.forget()
    assert three.of("a") == 0
    assert msgspec.json.decode(one.farewell())["gone"] is True
