"""The probability of every scene, against what is drawn."""

from collections import Counter

import pytest

from demo.scene_shares import scene_shares
from demo.scenes import scene
from demo.things import PLACES


def test_shares_sum_to_one() -> None:
    assert sum(scene_shares().values()) == pytest.approx(1)
    assert all(share > 0 for share in scene_shares().values())


def test_scenes_are_drawn_as_often_as_their_shares_say() -> None:
    drawn = Counter(scene(1, photo).contents for photo in range(20_000))
    assert drawn.keys() <= scene_shares().keys()
    for contents, share in sorted(scene_shares().items(), key=lambda item: -item[1])[:40]:
        deviation = (20_000 * share * (1 - share)) ** 0.5
        assert abs(drawn[contents] - 20_000 * share) < 4.5 * deviation


def test_a_share_worked_out_by_hand() -> None:
    """Of all weights, 41.7, a panda has 1.2; it is in a field 4 times in 5, without another 9 times in 10."""
    total = 3 + 2.4 + 1.5 + 2.4 + 2.2 + 1.2 + 1.2 + 1 + 1.2 + 1 + 1 + 1  # people and animals
    total += 1.4 + 1.4 + 1 + 1.1 + 1 + 1 + 0.9 + 0.7  # food
    total += 1.6 + 1.4 + 1 + 0.9 + 1.2 + 1 + 0.9 + 1.2 + 1 + 1.1 + 1  # vehicles and landscapes
    share = 1.2 / total * 4 / 5 * 0.9 * 0.18 * 0.16
    assert scene_shares()["panda", (), (), "field", "night", "rain"] == pytest.approx(share)


def test_a_hat_hides_a_bald_head() -> None:
    """Men: 0.2 have a hat, so their baldness cannot be seen."""
    men = {contents: share for contents, share in scene_shares().items() if contents[0] == "man"}
    bald = sum(share for contents, share in men.items() if "bald" in contents[1])
    assert bald / sum(men.values()) == pytest.approx(0.8 * 0.35)
    assert not any({"bald", "hat"} <= set(contents[1]) for contents in men)


def test_indoors_it_is_day_and_clear() -> None:
    for _, _, _, place, time, weather in scene_shares():
        assert PLACES[place].outdoors or (time, weather) == ("day", "clear")
