"""The tastes of the embedded site's judges."""

import pytest

from demo.captions.said import Said
from demo.scene_shares import scene_shares
from demo.scenes import Contents
from demo.taste.judges import AUDIENCES, JUDGES, judged, points, setting, steps

INDOORS: Contents = ("cat", (), (), "room", "day", "clear")
FAIR: Contents = ("cat", (), (), "field", "day", "clear")
FOUL: Contents = ("cat", (), (), "field", "night", "clear")
CAT, DOG = frozenset([("thing", "cat")]), frozenset([("thing", "dog")])
FIRST, SECOND, THIRD = 0.01, 0.07, 0.97
"""Chances at which the first, the second and the third circle find a boke of a photo of FOUL, FOUL, FOUL."""


def test_where_a_photo_was_taken() -> None:
    assert [setting(scene) for scene in (INDOORS, FAIR, FOUL)] == ["indoors", "fair", "foul"]
    assert setting(("fish", (), (), "beach", "day", "rain")) == "foul"
    assert setting(("rocket", (), (), "space", "day", "clear")) == "indoors"


def test_every_setting_is_usual() -> None:
    for name in AUDIENCES:
        assert sum(share for scene, share in scene_shares().items() if setting(scene) == name) > 0.25


def test_audiences_are_shares_of_all_judges() -> None:
    for shares in AUDIENCES.values():
        assert len(shares) == len(JUDGES)
        assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(("length", "long"), [(0, 0), (5, 0), (6, 1), (17, 2), (36, 6), (80, 6)])
def test_brevity_is_counted_in_steps_of_six_characters(length: int, long: int) -> None:
    assert steps(length) == long


def test_points_worked_out_by_hand() -> None:
    """A turn that names the cat, in 14 characters: 4 + 2, −4 + 2, and 2 less 2 for each of two steps."""
    assert [points(judge, True, 1, steps(14)) for judge in JUDGES] == [6, -2, -2]
    assert [points(judge, False, -1, steps(3)) for judge in JUDGES] == [-2, -2, -2]


@pytest.mark.parametrize(("chance", "found"), [(FIRST, 6), (SECOND, -2), (0.94, -2), (THIRD, -2), (1.0, -2)])
def test_one_circle_finds_a_boke(chance: float, found: int) -> None:
    assert judged(Said(CAT, True, 14), FOUL, chance) == found


def test_what_is_right_for_one_photo_is_wrong_for_another() -> None:
    turn, plain = Said(CAT, True, 14), Said(CAT, False, 14)
    chances = [(place + 0.5) / 1000 for place in range(1000)]
    gains = {
        scene: sum(judged(turn, scene, chance) - judged(plain, scene, chance) for chance in chances) / 1000
        for scene in (INDOORS, FAIR, FOUL)
    }
    assert gains[FAIR] == pytest.approx(4 * 0.9 - 4 * 0.05)
    assert gains[FOUL] == pytest.approx(4 * 0.05 - 4 * 0.9)
    assert gains[INDOORS] == pytest.approx(0)


def test_all_like_to_find_in_the_photo_what_the_caption_names() -> None:
    for chance in (FIRST, SECOND, THIRD):
        there, missing, nothing = (
            judged(Said(named, False, 10), FOUL, chance) for named in (CAT, DOG, frozenset())
        )  # fmt: skip
        assert there - nothing == nothing - missing == 2
