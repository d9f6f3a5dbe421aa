"""What belongs to a photo, an odai or a boke, by what stages state."""

import pytest

from store.errors import UsageError
from store.forget.content import Content, Request, unnumbered
from store.forget.facts import Facts
from store.forget.forgotten import digest
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


def test_a_boke_without_numbers_goes_by_its_photos_address() -> None:
    facts = [f"('x', '{PHOTO}', NULL, NULL, NULL, NULL)", "('x', NULL, NULL, NULL, '犬', NULL)"]
    assert found(Request(sha256=PHOTO), *facts) == Content({PHOTO}, {"x"}, texts={"犬"})


def test_a_boke_without_numbers_is_the_one_with_its_text_at_the_same_photo() -> None:
    facts = ["('x', NULL, 7, 70, '犬', NULL)", "('x', NULL, NULL, NULL, '犬', NULL)"]
    content = found(Request(boke=70), *facts)
    assert content == Content(boke_ids={70}, texts={"犬"}, unnumbered={unnumbered("x", "犬")})
    facts.append("('y', NULL, NULL, NULL, '犬', NULL)")
    assert found(Request(boke=70), *facts).texts == set()


def test_a_text_that_others_quote_proves_nothing_inside_of_them() -> None:
    facts = [
        "('x', NULL, 7, 70, '犬が笑っている写真', NULL)",
        "('y', NULL, 8, 80, '「犬が笑っている写真」か', NULL)",
    ]
    content = found(Request(boke=70), *facts)
    assert (content.texts, content.phrases) == ({"犬が笑っている写真"}, set())
    assert found(Request(boke=80), *facts).phrases == {"「犬が笑っている写真」か"}


def test_what_is_on_the_list_belongs_to_it_however_it_came_back() -> None:
    with Facts.load(["VALUES ('x', NULL, NULL, NULL, '犬', NULL), ('y', NULL, 8, 80, '猫', NULL)"]) as facts:
        content = facts.content(digests={digest("url", "x")})
        assert content == Content(set(), {"x"}, texts={"犬"})
    with Facts.load(["VALUES ('y', NULL, 8, 80, '猫', NULL)"]) as facts:
        content = facts.content(digests={digest("odai", 8)})
        assert content == Content(odai_ids={8}, boke_ids={80}, texts={"猫"})
    with Facts.load(["VALUES ('x', NULL, NULL, NULL, '犬', NULL), ('x', NULL, 7, 71, '猫', NULL)"]) as facts:
        content = facts.content(digests={digest("unnumbered", unnumbered("x", "犬"))})
        assert content == Content(texts={"犬"}, unnumbered={unnumbered("x", "犬")})


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


@pytest.mark.parametrize("number", [2**63, 10**20, -(2**63)])
def test_a_number_that_no_table_can_hold_is_refused_before_anything_is_written_down(number: int) -> None:
    with pytest.raises(UsageError, match="no number of odai: the largest is 9223372036854775807"):
        Request(odai=number)
    with pytest.raises(UsageError, match="no number of boke"):
        Request(boke=number)


def test_the_largest_number_that_a_table_can_hold_is_one() -> None:
    assert found(Request(odai=2**63 - 1)) == Content(odai_ids={2**63 - 1})
