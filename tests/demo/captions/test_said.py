"""What captions say: by how they were made, and by how they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.captions import jokes, reading
from demo.captions.said import Said, fits, said
from demo.scenes import scene


def of(text: str) -> Said:
    tree = reading.read(text)
    assert tree
    return said(tree)


@pytest.mark.parametrize(
    ("text", "named", "has_turn"),
    [
        ("猫「にゃあ」", {("thing", "cat")}, False),
        ("にゃんこ対ゴルザウルス", {("thing", "cat")}, True),
        ("青春と限界のあいだ", set(), False),
        ("田中「わん」。監督、マルソン", set(), True),
        ("夜の猫は部長", {("thing", "cat"), ("time", "night")}, False),
        ("犬は見ていた", {("thing", "dog")}, False),
        ("横で犬「わん」。ナオナイン新発売", {("thing", "dog")}, True),
        ("街で爪を研ぐ猫", {("thing", "cat"), ("place", "town")}, False),
        ("帽子の中に餅", {("trait", "hat")}, False),
        ("雨と青春", {("weather", "rain")}, False),
    ],
)
def test_what_captions_say(text: str, named: set[tuple[str, str]], has_turn: bool) -> None:
    assert of(text) == Said(frozenset(named), has_turn, len(text))


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("猫「にゃあ」", 1), ("犬「わん」", 1), ("象「ぱおーん」", -1), ("青春と限界のあいだ", 0),
        ("夜の猫は部長", 1), ("夕方の青春", -1), ("雨と青春", 1), ("雪と青春", -1), ("街で爪を研ぐ猫", 1),
        ("山で爪を研ぐ猫", -1), ("街で鼻が詰まる象", -1), ("帽子の中に餅", -1),
    ],
)  # fmt: skip
def test_whether_a_photo_shows_what_they_name(text: str, fit: int) -> None:
    """A cat and a dog in town, at night, in the rain."""
    assert fits(of(text).named, ("cat", (), ("dog",), "town", "night", "rain")) == fit


@given(st.integers(0, 10**6))
def test_what_is_read_is_what_was_written(photo: int) -> None:
    for text, tree in jokes.captions(scene(4, photo), 5).items():
        assert jokes.normalised(tree.text) == jokes.normalised(text)
        assert of(text) == said(tree)


def test_a_photo_shows_what_its_own_captions_name() -> None:
    for photo in range(300):
        shown = scene(6, photo)
        found = [fits(said(tree).named, shown.contents) for tree in jokes.captions(shown, 5).values()]
        assert min(found) >= 0


def test_what_is_no_caption_is_not_read() -> None:
    assert reading.read("猫がワンと鳴く") is None
    assert reading.read("") is None
