"""Names are asked for again after some minutes, and each answer is checked: no second one leads elsewhere."""

from typing import Any

import pytest
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError

from crawler.network.resolver import SECONDS, PublicResolver

PUBLIC, OTHER, PRIVATE = "93.184.215.14", "93.184.216.34", "10.0.0.1"


class Names:
    """Stands in for the system's resolver and for the clock."""

    def __init__(self) -> None:
        self.address, self.asked, self.now = PUBLIC, 0, 1000.0

    def resolve(self, *_: object) -> Deferred[str]:
        self.asked += 1
        return succeed(self.address)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(CachingThreadedResolver, "getHostByName", names.resolve)
    monkeypatch.setattr("crawler.network.resolver.time.monotonic", lambda: names.now)
    monkeypatch.setattr(PublicResolver, "is_crawling", True)
    monkeypatch.setattr(PublicResolver, "trusted", set())
    return names


def asker() -> Any:
    public = PublicResolver(reactor=None, cache_size=10_000, timeout=1)  # type: ignore[arg-type]

    def ask(name: str = "bokete.jp") -> Any:
        results: list[Any] = []
        public.getHostByName(name).addCallbacks(results.append, lambda failure: results.append(failure.value))
        return results[0]

    return ask


def test_an_answer_holds_for_some_minutes_and_no_longer(names: Names) -> None:
    ask = asker()
    assert [ask(), ask()] == [PUBLIC, PUBLIC]
    assert names.asked == 1
    names.address = OTHER
    names.now += SECONDS - 1
    assert ask() == PUBLIC
    names.now += 2
    assert ask() == OTHER
    assert names.asked == 2
    assert 60 <= SECONDS <= 900


def test_a_second_answer_of_a_private_network_is_refused_and_not_kept(names: Names) -> None:
    ask = asker()
    assert ask() == PUBLIC
    names.address, names.now = PRIVATE, names.now + SECONDS + 1
    assert isinstance(ask(), DNSLookupError)
    assert "10.0.0.1, which is not public" in str(ask())
    names.address = OTHER
    assert ask() == OTHER


def test_an_answer_that_was_kept_for_a_trusted_name_is_checked_again(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, names.address = asker(), PRIVATE
    monkeypatch.setattr(PublicResolver, "trusted", {"bokete.jp"})
    assert ask() == PRIVATE
    monkeypatch.setattr(PublicResolver, "trusted", set())
    assert isinstance(ask(), DNSLookupError)
    assert names.asked == 1


def test_every_name_has_its_own_answer(names: Names) -> None:
    ask = asker()
    assert ask("a.example") == PUBLIC
    names.address = OTHER
    assert (ask("b.example"), ask("a.example")) == (OTHER, PUBLIC)
