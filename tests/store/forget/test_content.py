"""What belongs to a photo, an odai or a boke, by what stages state."""

import pytest

from store.errors import UsageError
from store.forget.content import Content, Facts, Request
from store.sql import literal

PHOTO = "a" * 64
ANOTHER = "b" * 64


def found(request: Request, *facts: str) -> Content:
    with Facts.load(f"VALUES {fact}" for fact in facts) as loaded:
        return loaded.content(request)


def test_a_photo_leads_by_its_address_to_its_odai_and_their_boke() -> None:
    content = found(
        Request(sha256=PHOTO),
        f"('x', '{PHOTO}', NULL, NULL, NULL, NULL)",
        "('x', NULL, 7, NULL, NULL, NULL)",
        "('x', NULL, 7, 70, '犬', NULL)",
        "('y', NULL, 8, 80, '猫', NULL)",
    )
    assert content == Content({PHOTO}, {"x"}, {7}, {70}, {"犬"})


def test_an_odai_takes_its_photo_along_unless_another_shows_it() -> None:
    facts = [f"('x', '{PHOTO}', NULL, NULL, NULL, NULL)", "('x', NULL, 7, 70, '犬', NULL)"]
    assert found(Request(odai=7), *facts) == Content({PHOTO}, {"x"}, {7}, {70}, {"犬"})
    facts.append("('x', NULL, 8, 80, '猫', NULL)")
    assert found(Request(odai=7), *facts) == Content(set(), set(), {7}, {70}, {"犬"})


def test_a_boke_is_its_text_in_every_spelling_that_no_other_has() -> None:
    facts = ["(NULL, NULL, 7, 70, 'ﾎﾞｹ', 'ボケ')", "(NULL, NULL, 8, 80, 'ボケ', NULL)"]
    assert found(Request(boke=70), *facts) == Content(boke_ids={70}, texts={"ﾎﾞｹ"})


def test_what_nobody_states_is_the_request_alone() -> None:
    assert found(Request(sha256=PHOTO)) == Content({PHOTO})
    assert found(Request(odai=7)) == Content(odai_ids={7})
    assert found(Request(boke=70)) == Content(boke_ids={70})


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (f"(NULL, '{PHOTO}', NULL, NULL, NULL, NULL)", True),
        ("(NULL, NULL, 7, 70, '犬', NULL)", True),
        ("(NULL, NULL, 7, 70, '別の', NULL)", False),
        ("(NULL, NULL, 8, 80, '犬', NULL)", False),
        (f"(NULL, '{ANOTHER}', 7, NULL, NULL, NULL)", False),
    ],
)
def test_another_pipeline_holds_it_by_photo_or_by_number_and_text(fact: str, expected: bool) -> None:
    with Facts.load([f"VALUES {fact}"]) as facts:
        assert facts.holds(Content({PHOTO}, {"x"}, {7}, {70}, {"犬"})) is expected


def test_a_text_with_quotes_is_a_text() -> None:
    text = "it's'); DROP TABLE fact; --"
    with Facts.load([f"VALUES (NULL, NULL, 7, 70, {literal(text)}, NULL)"]) as facts:
        assert facts.holds(Content(boke_ids={70}, texts={text}))


@pytest.mark.parametrize(
    ("request_", "content", "expected"),
    [
        (Request(odai=7), Content({PHOTO}), ("--sha256", PHOTO)),
        (Request(odai=7), Content({PHOTO, ANOTHER}), ("--odai", "7")),
        (Request(boke=0), Content(), ("--boke", "0")),
    ],
)
def test_another_pipeline_is_asked_by_the_photo_if_it_is_one(
    request_: Request, content: Content, expected: tuple[str, str]
) -> None:
    assert request_.options(content) == expected


@pytest.mark.parametrize("sha256", ["abc", "Z" * 64, "a" * 64 + "\n"])
def test_a_sha256_is_64_digits(sha256: str) -> None:
    with pytest.raises(UsageError, match="no sha256"):
        Request(sha256=sha256)
