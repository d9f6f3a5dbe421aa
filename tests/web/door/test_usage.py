"""How much of the model visitors had lately: worked out by hand, a half-life being sixty seconds."""

from tests.web.door.test_rates import Clock
from web.door.usage import REMEMBERED, Usage


def test_what_was_long_ago_counts_less() -> None:
    clock = Clock()
    usage = Usage(clock)
    usage.add("a", 8)
    clock.now = 60.0
    assert usage.of("a") == 4
    usage.add("a", 2)
    assert usage.of("a") == 6
    clock.now = 180.0
    assert usage.of("a") == 1.5
    assert usage.of("b") == 0


def test_those_who_had_least_are_forgotten() -> None:
    usage = Usage(Clock())
    for number in range(REMEMBERED + 1):
        usage.add(str(number), 1 + number)
    assert usage.of(str(REMEMBERED)) == REMEMBERED + 1
    assert usage.of("0") == 0
