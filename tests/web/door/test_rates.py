"""How often a visitor may do something: worked out by hand."""

from web.door.rates import REMEMBERED, Rate


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_a_steady_rate() -> None:
    clock = Clock()
    rate = Rate(per_minute=30, burst=3, clock=clock)  # one every two seconds
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 2]
    assert rate.take("b") == 0, "others have their own"
    clock.now = 1.5
    assert rate.take("a") == 0.5
    clock.now = 2.0
    assert rate.take("a") == 0
    assert rate.take("a") == 2
    clock.now = 1000.0
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 2], "no more than a burst is saved up"


def test_so_many_visitors_are_remembered_and_no_more() -> None:
    rate = Rate(per_minute=1, burst=1, clock=Clock())
    for number in range(REMEMBERED + 1):
        assert rate.take(str(number)) == 0
    assert rate.take(str(REMEMBERED)) == 60
    assert rate.take("0") == 0, "the one that came longest ago is forgotten"
