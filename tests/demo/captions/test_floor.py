"""The grammar's floor: the least loss that any model can reach on the demo's captions."""

from math import exp, inf
from random import Random

import pytest

from demo.captions import anywhere, floor, jokes
from demo.content import EmbeddedSite, odai_id
from demo.scenes import Scene, scene


def pairs(photos: int, captions: int, seed: int) -> list[tuple[int, str]]:
    site = EmbeddedSite(photos, captions, seed)
    return [(boke.odai_id, boke.text) for boke in site.listed("recent", 0, site.bokes)]


def test_the_floor_is_the_sum_of_surprisals() -> None:
    shown = scene(1, 0)
    text = jokes.captions(shown, 1)[0]
    assert floor.total_surprisal([(odai_id(1, 0), text)], 1) == pytest.approx(
        -jokes.log_probability(text, shown)
    )


def test_order_does_not_count_and_nothing_is_zero() -> None:
    some = pairs(20, 5, 1)
    assert floor.total_surprisal(some, 1) == pytest.approx(floor.total_surprisal(reversed(some), 1))
    assert floor.total_surprisal([], 1) == 0


def test_knowing_the_photo_is_worth_more_than_knowing_another() -> None:
    shown, other = scene(1, 1), scene(1, 2)
    assert shown.subject != other.subject
    texts = jokes.captions(shown, 30)
    assert sum(exp(jokes.log_probability(t, other)) for t in texts) < 0.1 * sum(
        exp(jokes.log_probability(t, shown)) for t in texts
    )


def test_a_caption_of_the_photos_surprisal_is_the_grammars_entropy() -> None:
    """Drawn with repeats, and distinct as on the site: the floor moves by less than 2%."""
    random, photos = Random(1), range(150)
    free = sum(
        -jokes.log_probability(jokes.caption(scene(1, p), random), scene(1, p))
        for p in photos
        for _ in range(5)
    )
    assert floor.total_surprisal(pairs(150, 5, 1), 1) / free == pytest.approx(1, abs=0.04)


def test_what_no_site_has_is_refused() -> None:
    with pytest.raises(ValueError, match="odai 1 is on no embedded site"):
        floor.total_surprisal([(1, "猫")], 1)
    with pytest.raises(ValueError, match="odai without a number is on no embedded site"):
        floor.total_surprisal([(None, "猫")], 1)
    with pytest.raises(ValueError, match="cannot have the caption 'zzz'"):
        floor.total_surprisal([(odai_id(1, 0), "zzz")], 1)


def test_captions_leave_much_to_chance_but_not_everything() -> None:
    some = pairs(100, 3, 1)
    assert 12 < floor.total_surprisal(some, 1) / len(some) < 30


def test_where_a_caption_may_be_for_another_photo_it_has_a_part_of_both_probabilities() -> None:
    """What no caption for this photo says, with half of them for any, is half as probable as anywhere."""
    shown = Scene(1, 1, "cat", (), (), "room", "day", "clear")
    elsewhere = "宇宙の夢"
    assert exp(floor.log_probability(elsewhere, shown, 0.5)) == pytest.approx(
        0.5 * anywhere.probability(elsewhere)
    )
    own = "猫「にゃあ」"
    mixed = 0.7 * exp(jokes.log_probability(own, shown)) + 0.3 * anywhere.probability(own)
    assert exp(floor.log_probability(own, shown, 0.7)) == pytest.approx(mixed)
    assert floor.log_probability("zzz", shown, 0.5) == -inf


@pytest.mark.parametrize("dependence", [0.0, 0.5])
def test_the_floor_rises_as_captions_tell_less_of_their_photo(dependence: float) -> None:
    site = EmbeddedSite(60, 5, 1, dependence)
    some = [(boke.odai_id, boke.text) for boke in site.listed("recent", 0, site.bokes)]
    assert floor.total_surprisal(some, 1, dependence) > floor.total_surprisal(pairs(60, 5, 1), 1)
    with pytest.raises(ValueError, match="cannot have the caption"):
        floor.total_surprisal(some, 1)
