"""Scenes and their photos: what goes together, and every photo another one."""

from hashlib import sha256
from io import BytesIO

import imagehash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from demo.scenes import Scene, draw, jpeg, scene
from demo.things import KINDS, PLACES, TIMES, TRAITS, WEATHERS


@given(st.integers(), st.integers(0, 10**6))
def test_a_scene_holds_only_what_goes_together(seed: int, photo: int) -> None:
    shown = scene(seed, photo)
    kind = KINDS[shown.subject]
    assert shown == scene(seed, photo)
    assert shown.place in kind.places
    assert set(shown.traits) <= kind.traits.keys()
    assert PLACES[shown.place].outdoors or (shown.time, shown.weather) == ("day", "clear")


@given(st.integers(0, 5), st.integers(0, 1000))
def test_labels_are_distinct_words_with_falling_confidence(seed: int, photo: int) -> None:
    words, confidences = zip(*scene(seed, photo).labels, strict=True)
    assert words[0] == KINDS[scene(seed, photo).subject].label
    assert len(set(words)) == len(words)
    assert list(confidences) == sorted(confidences, reverse=True)
    assert all(50 < confidence < 100 for confidence in confidences)


@pytest.mark.parametrize("subject", KINDS)
def test_everything_can_be_drawn_with_all_it_may_wear(subject: str) -> None:
    kind = KINDS[subject]
    shown = Scene(
        1, 1, subject, tuple(kind.traits), tuple(kind.companions), next(iter(kind.places)), "day", "clear"
    )
    bare = Scene(1, 1, subject, (), (), next(iter(kind.places)), "day", "clear")
    assert draw(shown).size == draw(bare).size
    assert (draw(shown) != draw(bare)) == bool(kind.traits or kind.companions)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_place_can_be_drawn_at_any_time_in_any_weather(place: str, time: str, weather: str) -> None:
    assert draw(Scene(2, 2, "cat", (), (), place, time, weather)).width == 600


def test_photos_are_distinct_to_the_eye_and_to_the_byte() -> None:
    photos = [jpeg(scene(1, photo)) for photo in range(150)]
    assert len({sha256(photo).digest() for photo in photos}) == 150
    hashes = {str(imagehash.phash(Image.open(BytesIO(photo)))) for photo in photos}
    assert len(hashes) >= 148


def test_a_photo_is_the_same_each_time_and_in_every_width() -> None:
    shown = scene(3, 14)
    assert jpeg(shown) == jpeg(shown)
    full, small = (Image.open(BytesIO(jpeg(shown, width))) for width in (600, 240))
    assert (full.format, full.mode, full.width, small.width) == ("JPEG", "RGB", 600, 240)
    assert abs(full.height / full.width - small.height / small.width) < 0.01


def test_every_trait_is_worn_by_someone() -> None:
    assert {trait for kind in KINDS.values() for trait in kind.traits} == TRAITS.keys()
