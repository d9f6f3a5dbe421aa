"""How pairs are drawn, on captions made by hand."""

from collections import Counter

import pytest

from judging.contest import Caption
from judging.drawing import pairs
from judging.drawing.systems import Written
from store.errors import UserError

PHOTOS = [f"{number:064x}" for number in range(40)]


def written(system: str, sha256: str, text: str) -> Written:
    return Written(Caption(system, sha256, text), tuple(text))


def by(*systems: str) -> dict[str, dict[str, Written]]:
    return {
        system: {sha256: written(system, sha256, f"{system}が{sha256[-4:]}") for sha256 in PHOTOS}
        for system in systems
    }


def people(text: str = "いろはにほへと") -> dict[str, list[Written]]:
    return {sha256: [written("people", sha256, f"{text}{sha256[-2:]}ち")] for sha256 in PHOTOS}


def test_each_match_has_as_many_pairs() -> None:
    drawn, equal = pairs.draw(by("a", "b", "c"), PHOTOS, 31, 0)
    matches = Counter(tuple(caption.system for caption in pair.captions) for pair in drawn)
    assert sorted(matches.values()) == [10, 10, 11]
    assert len({pair.sha256 for pair in drawn}) == 31
    assert equal == 0


def test_equal_captions_are_no_pair() -> None:
    both = by("a", "b")
    both["b"][PHOTOS[3]] = both["a"][PHOTOS[3]]
    drawn, equal = pairs.draw(both, PHOTOS, 100, 0)
    assert (len(drawn), equal) == (39, 1)


def test_who_has_no_caption_is_not_compared_there() -> None:
    both = by("a", "b")
    del both["a"][PHOTOS[0]]
    drawn, _ = pairs.draw(both, PHOTOS, 100, 0)
    assert PHOTOS[0] not in {pair.sha256 for pair in drawn}


def test_a_catch_pair_is_a_caption_and_a_disorder() -> None:
    caught = pairs.catch(people(), PHOTOS, 20, 0)
    assert len(caught) == 4  # a tenth would be 2
    for pair in caught:
        right, broken = pair.captions
        assert (pair.known, pair.catch, right.system, broken.system) == (0, True, "people", "")
        assert right.sha256 == pair.sha256 != broken.sha256
        (source,) = people()[broken.sha256]
        assert sorted(broken.text) == sorted(source.caption.text)
        assert all(one != other for one, other in zip(broken.text, source.caption.text, strict=True))


def test_there_is_a_catch_pair_for_every_ten() -> None:
    assert len(pairs.catch(people(), PHOTOS, 100, 0)) == 10


def test_short_captions_make_no_catch_pair() -> None:
    short = {sha256: [written("people", sha256, "ねこ")] for sha256 in PHOTOS}
    assert pairs.catch(short, PHOTOS, 20, 0) == []


def test_a_five_has_its_own_caption_and_four_others() -> None:
    drawn = pairs.fives(people(), PHOTOS, 12, 0)
    assert len(drawn) == 12
    for pair in drawn:
        assert pair.known == 0
        assert pair.captions[0].sha256 == pair.sha256
        assert len({caption.text for caption in pair.captions}) == 5
        assert len({caption.sha256 for caption in pair.captions}) == 5


def test_fewer_than_five_captions_are_too_few() -> None:
    few = {sha256: [written("people", sha256, "同じ")] for sha256 in PHOTOS}
    with pytest.raises(UserError, match="5 that differ are needed"):
        pairs.fives(few, PHOTOS, 12, 0)


def test_the_order_of_photos_follows_from_the_seed_alone() -> None:
    assert pairs.shuffled(PHOTOS, 1) == pairs.shuffled(PHOTOS[::-1], 1)
    assert pairs.shuffled(PHOTOS, 1) != pairs.shuffled(PHOTOS, 2)
    # A photo more changes no other's place among the rest.
    more = pairs.shuffled([*PHOTOS, "f" * 64], 1)
    assert [sha256 for sha256 in more if sha256 != "f" * 64] == pairs.shuffled(PHOTOS, 1)
