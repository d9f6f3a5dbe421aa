"""English glosses: of every word and template, and never of another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.captions import jokes
from demo.captions.gloss import gloss, glosses
from demo.captions.grammar import Slot, parts_of
from demo.captions.reading import reading_rules
from demo.scenes import scene

NUMBERS = {"number", "month", "price"}
MADE_UP = {"foreigner", "monster", "medicine"}


@pytest.mark.parametrize("rule", sorted(reading_rules().keys() - NUMBERS - MADE_UP))
def test_every_word_and_template_has_one_and_nothing_else_has(rule: str) -> None:
    assert glosses()[rule].keys() == reading_rules()[rule].shares.keys()


def test_a_template_and_its_gloss_have_the_same_slots() -> None:
    for found in glosses().values():
        for template, english in found.items():
            texts = map(parts_of, (template, english))
            slots = [sorted(part.rule for part in parts if isinstance(part, Slot)) for parts in texts]
            assert slots[0] == slots[1], template


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("猫「にゃあ」", "The cat: “Meow”"),
        (
            "朗報、祖母と伸びる横浜のラーメン",
            "Good news: the ramen of Yokohama that goes soggy with grandmother",
        ),
        ("青春と限界のあいだ、ただし挫折はない", "Between youth and the limit, but without a setback"),
        ("息子「にゃあ」。次回、ヌルザウルス現る", "Son: “Meow”. Next time: Nuruzaurusu appears"),
        ("ネクタイだけ部長", "Only the tie is a department head"),
        ("猫がワンと鳴く", None),
        ("", None),
    ],
)
def test_captions_in_english(text: str, english: str | None) -> None:
    assert gloss(text) == english


def test_white_space_and_width_do_not_count() -> None:
    assert gloss(" 猫\n「にゃあ」、１００円 ") == "The cat: “Meow”, 100 yen"


def test_what_no_photo_brings_together_is_read_too() -> None:
    """A model may let a cat do what only dogs do in the site's captions."""
    assert gloss("猫、骨を埋める") == "The cat buries a bone"


@given(st.integers(0, 10**6))
def test_every_caption_of_the_site_has_one(photo: int) -> None:
    for text in jokes.captions(scene(3, photo), 3):
        english = gloss(text)
        assert english
        assert english.isprintable()
        assert not any("\u3040" <= letter <= "\u9fff" for letter in english)


@given(st.text())
def test_no_text_at_all_makes_it_raise(text: str) -> None:
    gloss(text)
