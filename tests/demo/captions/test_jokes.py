"""The demo's jokes: what they say follows from the photo, and has a known probability."""

from collections import Counter
from math import exp, inf
from random import Random

import MeCab
import pytest
import unidic_lite
from hypothesis import given
from hypothesis import strategies as st

from demo.captions import jokes, templates
from demo.captions.phrases import PHRASES
from demo.scenes import Scene, scene
from demo.things import KINDS, PLACES, TIMES, TRAITS, WEATHERS

SCENES = st.builds(scene, st.integers(0, 3), st.integers(0, 10_000))


def test_every_thing_has_phrases_that_begin_with_its_label() -> None:
    assert PHRASES.keys() == KINDS.keys()
    assert all(phrases.names[0] == KINDS[key].label for key, phrases in PHRASES.items())
    assert templates.PLACES.keys() == PLACES.keys()
    assert templates.TRAITS.keys() == TRAITS.keys()
    assert templates.TIMES.keys() <= TIMES.keys()
    assert templates.WEATHERS.keys() <= WEATHERS.keys()


@given(SCENES, st.integers(0, 10))
def test_every_caption_has_a_probability(scene: Scene, seed: int) -> None:
    text = jokes.caption(scene, Random(seed)).text
    assert -40 < jokes.log_probability(text, scene) < 0


@given(SCENES, st.text())
def test_no_text_at_all_makes_it_raise(scene: Scene, text: str) -> None:
    assert jokes.log_probability(text, scene) <= 0


def test_white_space_and_width_do_not_count() -> None:
    shown = Scene(1, 1, "cat", (), (), "room", "day", "clear")
    plain = jokes.log_probability("猫「にゃあ」", shown)
    assert plain > -inf
    assert jokes.log_probability(" 猫\n「にゃあ」 ", shown) == plain
    wide = jokes.log_probability("猫「にゃあ」、100円", shown)
    assert wide > -inf
    assert jokes.log_probability("猫「にゃあ」、１００円", shown) == wide


def test_probabilities_agree_with_how_often_captions_are_drawn() -> None:
    shown, random = scene(1, 4), Random(2)
    drawn = Counter(jokes.normalised(jokes.caption(shown, random).text) for _ in range(10_000))
    often = [text for text, count in drawn.most_common(60) if count > 10]
    expected = sum(exp(jokes.log_probability(text, shown)) for text in often)
    assert len(often) > 5
    assert sum(drawn[text] for text in often) / 10_000 == pytest.approx(expected, rel=0.2)


def test_captions_are_distinct_and_the_same_each_time() -> None:
    shown = scene(7, 3)
    captions = list(jokes.captions(shown, 200))
    assert len(set(captions)) == 200
    assert list(jokes.captions(shown, 5)) == captions[:5]


def test_most_captions_name_what_the_photo_shows_and_few_name_another_photos() -> None:
    shown = [scene(1, photo) for photo in range(200)]
    texts = [jokes.captions(one, 3) for one in shown]
    named = sum(shown[i].labels[0][0] in text for i in range(200) for text in texts[i])
    elsewhere = sum(shown[i].labels[0][0] in text for i in range(200) for text in texts[(i + 61) % 200])
    assert named / 600 > 0.5
    assert elsewhere / 600 < 0.1


def test_the_vocabulary_grows_with_the_captions() -> None:
    tagger = MeCab.Tagger(f"-Owakati -d {unidic_lite.DICDIR}")

    def words(photos: int) -> int:
        captions = (caption for photo in range(photos) for caption in jokes.captions(scene(1, photo), 5))
        return len({word for caption in captions for word in tagger.parse(caption).split()})

    assert words(600) > 900
    assert words(600) > 1.3 * words(150)
