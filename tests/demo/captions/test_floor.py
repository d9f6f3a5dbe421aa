"""The grammar's floor: the least loss that any model can reach on the demo's captions."""

from math import exp, inf, log
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
    [text] = jokes.captions(shown, 1)
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
        -jokes.log_probability(jokes.caption(scene(1, p), random).text, scene(1, p))
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


@pytest.mark.parametrize("dependence", [1.0, 0.5])
def test_the_surprisals_of_a_captions_tokens_add_up_to_its_own(dependence: float) -> None:
    """Whatever it is cut into: −log p(text) = −log p(begins with text) − log p(ends there)."""
    [written] = jokes.captions(scene(1, 0), 1)
    text = jokes.normalised(written)
    odai = odai_id(1, 0)
    for size in (1, 2, 3):
        tokens = [text[start : start + size] for start in range(0, len(text), size)]
        all_but_the_end, count = floor.unknown_surprisal([(odai, tokens)], (), 1, dependence)
        some, _ = floor.unknown_surprisal([(odai, tokens)], tokens[1:], 1, dependence)
        assert count == len(tokens)
        assert some <= all_but_the_end <= floor.total_surprisal([(odai, text)], 1, dependence) + 1e-9
        assert all_but_the_end == pytest.approx(
            floor.unknown_surprisal([(odai, [text])], (), 1, dependence)[0]
        )


def test_a_tokens_surprisal_is_that_of_the_captions_that_are_drawn() -> None:
    """Of 4,000 captions of a photo that begin in a way, the share that goes on in one way is as told."""
    shown, random = scene(1, 0), Random(4)
    drawn = [jokes.normalised(jokes.caption(shown, random).text) for _ in range(4000)]
    first = max({text[:1] for text in drawn}, key=lambda one: sum(text.startswith(one) for text in drawn))
    begun = [text for text in drawn if text.startswith(first)]
    second = max({text[1:2] for text in begun}, key=lambda one: sum(text[1:2] == one for text in begun))
    share = sum(text[1:2] == second for text in begun) / len(begun)
    found, _ = floor.unknown_surprisal([(odai_id(1, 0), [first, second])], [first], 1)
    assert exp(-found) == pytest.approx(share, abs=4 * (share * (1 - share) / len(begun)) ** 0.5)


def test_the_floor_of_known_tokens_leaves_the_others_surprisal_out() -> None:
    texts = [jokes.normalised(text) for text in jokes.captions(scene(1, 0), 30)]
    text = next(text for text in texts if len({text[:2], text[2:4], text[4:]}) == 3)
    odai, tokens = odai_id(1, 0), [text[:2], text[2:4], text[4:]]
    total = floor.total_surprisal([(odai, text)], 1)
    begins = [jokes.prefix_probability(text[:end], scene(1, 0)) for end in (2, 4)]
    whole, known = floor.floors([(odai, text, tokens)], {tokens[0], tokens[2]}, 1)
    assert whole == pytest.approx(total / 4)  # three tokens and <EOS>
    assert known == pytest.approx((total - log(begins[0] / begins[1])) / 3)
    assert floor.floors([(odai, text, tokens)], tokens, 1) == (whole, whole)
    assert floor.floors([], tokens, 1) == (None, None)


def test_nothing_unknown_surprises_nobody() -> None:
    assert floor.unknown_surprisal([(odai_id(1, 0), ["猫"])], ["猫"], 1) == (0, 0)
    with pytest.raises(ValueError, match="odai 1 is on no embedded site"):
        floor.unknown_surprisal([(1, ["猫"])], (), 1)
