"""What a report says of votes that were counted by hand."""

import math

import pytest

from judging.report import of
from judging.told import percent, picture, told
from tests.judging.made import MODEL, by_key, catch, contest, five, pair, votes


def shares(wins: int, losses: int, neither: int, judges: int = 10) -> list[tuple[str, str, int | None]]:
    """Return a vote on a photo each."""
    choices = [0] * wins + [1] * losses + [None] * neither
    return [(f"p{number}", f"j{number % judges}", choice) for number, choice in enumerate(choices)]


def test_a_share_is_of_the_votes_that_chose() -> None:
    """120 of 200 that chose: 60%, ln 1.5 ± 1.96 √(1/120 + 1/80), so 53 to 67%; by judge it may be wider."""
    pairs = by_key(*(pair(number) for number in range(260)))
    found = of(contest(), pairs, votes(shares(120, 80, 60)))
    (only,) = found.compared
    assert (only.one, only.other, only.votes, only.pairs) == ("people", MODEL, 260, 260)
    assert (only.wins, only.losses, only.neither) == (120, 80, 60)
    assert only.preferred.share == pytest.approx(0.6, abs=1e-3)
    assert only.preferred.low == pytest.approx(0.53, abs=0.03)
    assert only.told_apart
    assert only.sentence.startswith("people preferred people to run-1 sample in 60% (")
    assert found.interval_of == "such photos and such judges"


def test_what_is_equal_is_not_told_apart() -> None:
    pairs = by_key(*(pair(number) for number in range(60)))
    (only,) = of(contest(), pairs, votes(shares(22, 20, 18))).compared
    assert not only.told_apart
    assert "not told apart" in only.sentence


def test_who_is_preferred_stands_first() -> None:
    pairs = by_key(*(pair(number) for number in range(200)))
    (only,) = of(contest(), pairs, votes(shares(40, 140, 20))).compared
    assert only.sentence.startswith(f"people preferred {MODEL} to people in 78% (")


def test_three_systems_have_three_comparisons() -> None:
    names = ("a", "b", "c")
    matches = [("a", "b"), ("a", "c"), ("b", "c")]
    pairs = by_key(*(pair(number, *matches[number % 3]) for number in range(90)))
    found = of(contest(*names), pairs, votes((f"p{n}", f"j{n % 9}", 0 if n % 5 else 1) for n in range(90)))
    assert [(each.one, each.other, each.pairs) for each in found.compared] == [(*two, 30) for two in matches]


def test_length_explains_what_it_explains() -> None:
    """As in `test_davidson`: people write longer in 80 of 100, and the longer gets 3 of 4 votes."""
    long, short = ("あああああああ", "い"), ("い", "あああああああ")
    kinds = [(long, 0)] * 60 + [(long, 1)] * 20 + [(short, 0)] * 5 + [(short, 1)] * 15
    pairs = by_key(*(pair(number, texts=texts) for number, (texts, _) in enumerate(kinds)))
    found = of(contest(), pairs, votes((f"p{n}", f"j{n % 7}", choice) for n, (_, choice) in enumerate(kinds)))
    (only,) = found.compared
    assert only.preferred.share == pytest.approx(0.65, abs=0.01)
    assert only.adjusted.share == pytest.approx(0.5, abs=0.01)
    # (7 - 1) / (7 + 1) = 0.75 adds ln 3, so twice the length, 1/3, adds ln 3 / 2.25.
    assert found.longer.share == pytest.approx(math.exp(math.log(3) / 2.25), abs=0.02)


def test_careless_judges_do_not_count() -> None:
    """j0 misses 3 of 4 catch pairs, one of them by "neither"; j1 misses one."""
    pairs = by_key(*(pair(number) for number in range(6)), *(catch(number) for number in range(10, 14)))
    cast: list[tuple[str, str, int | None]] = [("c10", "j0", 1), ("c11", "j0", None), ("c12", "j0", 1)]
    cast += [("c13", "j0", 0), ("c10", "j1", 1), ("c11", "j1", 0), ("c12", "j1", 0), ("c13", "j1", 0)]
    cast += [(f"p{number}", judge, 0) for number in range(6) for judge in ("j0", "j1")]
    found = of(contest(), pairs, votes(cast))
    assert (found.careless, found.judges, found.votes) == (1, 1, 6)
    assert found.missed.share == pytest.approx(4 / 8)


def test_votes_that_call_a_pair_unfit_are_counted_apart() -> None:
    pairs = by_key(pair(0), pair(1))
    found = of(contest(), pairs, votes([("p0", "j0", -1), ("p0", "j1", 0), ("p1", "j1", 0)]))
    assert (found.unfit, found.votes) == (1, 2)


def test_votes_on_pairs_that_are_gone_do_not_count() -> None:
    assert of(contest(), by_key(pair(0)), votes([("p0", "j0", 0), ("p9", "j0", 1)])).votes == 1


def test_a_side_that_is_preferred_is_named() -> None:
    pairs = by_key(*(pair(number) for number in range(40)))
    left = of(contest(), pairs, votes((f"p{number}", "j0", 0) for number in range(40)))
    assert (left.left.share, left.side) == (1.0, True)
    half = of(contest(), pairs, votes((f"p{number}", "j0", number % 2) for number in range(40)))
    assert (half.left.share, half.side) == (0.5, False)


def test_a_match_shows_people_beside_the_model_on_the_same_fives() -> None:
    """People: 3 of 4. The model: right on 0 and 1 of the three that people saw."""
    pairs = by_key(five(0, 0), five(10, 0), five(20, 3), five(30, 0))
    cast: list[tuple[str, str, int | None]] = [("p0", "a", 0), ("p0", "b", 0), ("p10", "a", 0)]
    found = of(contest("people", "run-1", task="match"), pairs, votes([*cast, ("p20", "a", 4)]))
    people, model = found.matched
    assert (people.answers, people.right.share, people.chance) == (4, 0.75, 0.2)
    assert model.answers == 3
    assert model.right.share == pytest.approx(2 / 3)
    assert not found.compared


def test_nothing_is_said_of_nothing() -> None:
    found = of(contest(), by_key(pair(0)), [])
    assert found.compared == ()
    assert "nobody has voted yet" in told(found)


def test_few_judges_are_named_so() -> None:
    pairs = by_key(*(pair(number) for number in range(60)))
    found = of(contest(), pairs, votes(shares(40, 15, 5, judges=2)))
    assert found.interval_of == "these judges alone"
    assert "intervals are about these judges alone" in told(found)


def test_a_picture_is_as_wide_as_its_interval() -> None:
    from judging.figures.preferences import Proportion

    share = Proportion(0.5, 0.25, 0.75)
    assert picture(share, 0.5) == "·" * 10 + "[" + "=" * 9 + "o" + "=" * 9 + "]" + "·" * 10
    assert percent(share) == "50% (25–75)"
    assert percent(Proportion(0.5, None, None)) == "50% (?)"
    assert percent(Proportion(None, None, None)) == "–"
