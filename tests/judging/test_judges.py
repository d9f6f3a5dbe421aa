"""Judges: signed numbers, their own order and sides."""

from collections import Counter

from judging import judges
from tests.judging.made import catch, contest, five, pair

PAIRS = [*(pair(number) for number in range(40)), *(catch(number) for number in range(100, 104))]


def test_a_number_counts_if_the_server_signed_it() -> None:
    made = contest()
    cookie = judges.new_judge(made)
    number = cookie.partition(".")[0]
    assert judges.judge_of(made, cookie) == number
    for forged in (None, "", number, f"{number}.", f"0{cookie[1:]}x", f"{number}.{'0' * 32}", "あ.い"):
        assert judges.judge_of(made, forged) is None


def test_another_contest_knows_no_judge_of_this() -> None:
    made = contest()
    other = made.model_copy(update={"secret": "cd" * 32})
    assert judges.judge_of(other, judges.new_judge(made)) is None


def test_a_key_belongs_to_a_judge_and_a_pair() -> None:
    made = contest()
    key = judges.voting_key(made, "j0", "p0")
    assert judges.is_voting_key(made, "j0", "p0", key)
    assert not judges.is_voting_key(made, "j1", "p0", key)
    assert not judges.is_voting_key(made, "j0", "p1", key)
    assert not judges.is_voting_key(made, "j0", "p0", "")


def test_sides_are_even_and_stay() -> None:
    """400 fair coins lie within 160 and 240 in all but 1 of 20,000 cases; these always fall alike."""
    made = contest()
    sides = [judges.order(made, f"j{judge}", each) for judge in range(10) for each in PAIRS[:40]]
    assert 160 < Counter(map(tuple, sides))[0, 1] < 240
    assert judges.order(made, "j0", PAIRS[0]) == judges.order(made, "j0", PAIRS[0])


def test_five_captions_stand_in_any_order() -> None:
    orders = {tuple(judges.order(contest(), f"j{judge}", five(0))) for judge in range(200)}
    assert len(orders) > 90  # of 120


def test_each_fifth_pair_is_a_catch_pair_until_there_are_none() -> None:
    asked = judges.asked(contest(), "j0", PAIRS)
    assert [number for number, each in enumerate(asked, 1) if each.catch] == [5, 10, 15, 20]
    assert sorted(each.key for each in asked) == sorted(each.key for each in PAIRS)
    assert asked != judges.asked(contest(), "j1", PAIRS)


def test_what_was_judged_or_is_unfit_is_not_asked() -> None:
    made = contest()
    first, second, third = judges.asked(made, "j0", PAIRS)[:3]
    assert judges.next_pair(made, "j0", PAIRS, (), ()) == first
    assert judges.next_pair(made, "j0", PAIRS, [first.key], [second.key]) == third
    assert judges.next_pair(made, "j0", PAIRS, [each.key for each in PAIRS], ()) is None
