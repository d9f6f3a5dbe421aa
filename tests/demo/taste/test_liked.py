"""Any text is judged by the taste of the site; values are worked out from the table of judges."""

import pytest

from demo.scenes import Contents
from demo.taste.liked import preferred, said_by

FAIR: Contents = ("cat", (), (), "beach", "day", "clear")
INDOORS: Contents = ("cat", (), (), "room", "day", "clear")


def test_what_a_text_says() -> None:
    assert said_by("猫と青春").named == frozenset({("thing", "cat")})
    assert said_by("これは文法にない").named == frozenset()
    assert (said_by("これは文法にない").has_turn, said_by("これは 文法にない").length) == (False, 8)


def test_all_circles_like_what_the_photo_shows() -> None:
    assert preferred("猫と青春", "犬と青春", FAIR) == 1
    assert preferred("犬と青春", "猫と青春", FAIR) == 0
    assert preferred("猫と青春", "猫と青春", FAIR) == 0.5


def test_length_counts_for_the_circle_that_likes_it_short() -> None:
    """Of 4 and of 8 characters, both name nothing: only the third circle, 0.9 indoors, tells them apart."""
    short, long = "文法なし", "文法にはないもの"
    assert preferred(short, long, INDOORS) == pytest.approx(0.9 + 0.1 / 2)
    assert preferred(short, long, FAIR) == pytest.approx(0.05 + 0.95 / 2)
