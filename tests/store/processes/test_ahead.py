"""A generator of which a thread makes the next item while the last is used."""

import threading
import time
from collections.abc import Generator

import pytest

from store.processes.ahead import ahead


def test_the_items_come_in_their_order() -> None:
    assert list(ahead(number for number in range(5))) == [0, 1, 2, 3, 4]
    assert list(ahead(number for number in range(0))) == []


def test_the_next_is_made_while_the_last_is_used() -> None:
    made = threading.Event()

    def items() -> Generator[int]:
        yield 1
        made.set()
        yield 2

    for item in ahead(items()):
        assert made.wait(5), item


def test_what_it_raises_comes_in_its_turn() -> None:
    def items() -> Generator[int]:
        yield 1
        raise ValueError("broken")

    got = ahead(items())
    assert next(got) == 1
    time.sleep(0.01)
    with pytest.raises(ValueError, match="broken"):
        next(got)


def test_it_is_closed_where_the_loop_ends_early() -> None:
    closed = []

    def items() -> Generator[int]:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    got = ahead(items())
    assert next(iter(got)) == 0
    got.close()  # type: ignore[attr-defined]
    assert closed == [True]
