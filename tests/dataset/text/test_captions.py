"""Cleaning and tokenising captions: no character of a joke is lost."""

import unicodedata
from itertools import accumulate

import duckdb
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from dataset.text.captions import (
    CONTROLS,
    EDGES,
    LINE_BREAKS,
    TABS,
    TOKENIZERS,
    Tokenizer,
    clean,
    join,
    normalise,
)
from store.errors import UsageError

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(
    alphabet="あ漢カA1１Ａ　 \n\r\u2028\x00\u200b\ufeff😀´が", max_size=20
)


ODD = st.text(
    alphabet="犬が a\n👨👩\u200d\ufe0f\u20e3❤🇯🇵🏽゛ﾟﾞ´\u0301\u3099\u1100\u1161\u11a8각क\u094dष\U000e0100",
    max_size=15,
)


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return Tokenizer(request.param)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("２０２０年の①㈱", "2020年の1(株)"),
        ("ｶﾞﾝﾊﾞﾚ！", "ガンバレ!"),
        ("一行\r\n二行\r三行\u2028四行", "一行\n二行\n三行\n四行"),
        ("　前後　", "前後"),
        ("えっ　　なに", "えっ なに"),
        ("上 \n\n 下", "上\n下"),
        ("見え\x00ない\u200b字\ufeff\u202e", "見えない字"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        (" \n\u3000\x00", ""),
        # Spacing marks stay; half-width ones make a letter behind kana (JIS X 0201), and stay elsewhere.
        ("あ゛あ゛", "あ゛あ゛"),
        ("か゛は゜ｶ゛ハﾟ㋕゛㌀゛う゛ゝ゛", "がぱガパガアパードゔゞ"),
        ("か\u3099あ\u3099", "があ\u3099"),
        ("ｳﾞｧｱﾞ汗ﾞ", "ヴァアﾞ汗ﾞ"),
        ("（´・ω・｀）", "(´・ω・`)"),
        ("(￣▽￣)", "(￣▽￣)"),
        ("(ﾟДﾟ)", "(ﾟДﾟ)"),
        ("が゛か゛゛\u3099", "が゛が゛\u3099"),
        ("¨\u0301\u0323΅", "¨\u0323\u0301΅"),
        ("犬\t猫\t", "犬 猫"),
        ("犬 \t\n猫", "犬\n猫"),
        ("\u3164", ""),
        ("\u2800\u2800", ""),
        ("\u200c", ""),
        ("\ufe0f", ""),
        ("\U000e0041", ""),
        (" \u3164\n\u2800 ", ""),
        ("\u1680\u200a\u3164", ""),
        ("\u3164犬", "\u1160犬"),
    ],
)
def test_normal_forms(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_clean_keeps_what_people_wrote() -> None:
    assert clean(" ２０２０年①\r\n　次\x07 ") == "２０２０年①\n　次"


def test_spacing_marks_stay() -> None:
    forms = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0x10000)}
    blank = {c: form for c, form in forms.items() if form[0] == " " and len(form) > 1}
    marks = [c for c, form in blank.items() if unicodedata.combining(form[1])]
    assert len(marks) >= 50  # as many as Unicode 14 has
    assert [c for c in marks if normalise(f"犬{c}が") != f"犬{c}が"] == []


@given(st.text(alphabet="！？…（）～：％＆＝=か\u3099\u0338\u0301a①", max_size=20))
def test_replacing_common_marks_first_changes_nothing(text: str) -> None:
    assert normalise(text) == unicodedata.normalize("NFKC", text)


@given(TEXTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(TEXTS)
def test_normal_forms_have_no_controls_and_no_blank_edges(text: str) -> None:
    normal = normalise(text)
    assert normal == normal.strip(" \n")
    assert "  " not in normal
    assert not [c for c in normal if unicodedata.category(c) == "Cc" and c != "\n"]


@given(text=TEXTS | ODD)
def test_joined_tokens_are_the_normalised_text(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.tokenize(text)
    assert join(tokens) == normalise(text)
    assert all(tokens)
    assert cuts(tokens) <= cuts(regex.findall(r"\X", normalise(text)))


def cuts(parts: list[str]) -> set[int]:
    """Return where parts of a text end."""
    return set(accumulate(map(len, parts)))


@pytest.mark.parametrize(
    "grapheme",
    [
        *(
            "👨\u200d👩\u200d👧\u200d👦",
            "🏳\ufe0f\u200d🌈",
            "❤\ufe0f",
            "1\ufe0f\u20e3",
            "葛\U000e0100",
            "🇯🇵",
            "👍🏽",
        ),
        *("あ\u3099", "ﾟ", "\u1100\u1100\u1161", "क\u094dषि", "e\u0301\u0323"),
    ],
    ids=ascii,
)
def test_no_token_is_part_of_a_grapheme(tokenizer: Tokenizer, grapheme: str) -> None:
    text = normalise(f"犬{grapheme}{grapheme}が {grapheme}")
    assert cuts(tokenizer.tokenize(text)) <= cuts(regex.findall(r"\X", text))


def test_a_character_is_what_people_see_as_one() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    tokens = Tokenizer("characters").tokenize(f"犬{family}(ﾟДﾟ) \u0301")
    assert tokens == ["犬", family, "(ﾟ", "Дﾟ", ")", " \u0301"]


def test_words_and_blanks_are_tokens() -> None:
    tokens = Tokenizer("unidic-lite").tokenize("犬が hot dog を\n食べた")
    assert tokens == ["犬", "が", " ", "hot", " ", "dog", " ", "を", "\n", "食べ", "た"]


def test_characters_are_single() -> None:
    assert Tokenizer("characters").tokenize("犬だ！") == ["犬", "だ", "!"]


def test_lone_surrogates_are_read_as_broken(tokenizer: Tokenizer) -> None:
    assert "\ud83d" not in join(tokenizer.tokenize("犬\ud83d"))


def test_a_very_long_caption_can_be_cut() -> None:
    text = "犬が走る。" * 20_000
    assert join(Tokenizer().tokenize(text)) == text


def test_another_name_is_refused() -> None:
    with pytest.raises(UsageError, match="no tokenizer 'juman'"):
        Tokenizer("juman")


def test_a_missing_dictionary_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ipadic", None)
    with pytest.raises(UsageError, match="pip install ipadic"):
        Tokenizer("ipadic")


@given(TEXTS)
def test_duckdb_cleans_as_python_does(text: str) -> None:
    lines = "replace(regexp_replace(?, ?, '\n', 'g'), ?, ' ')"
    query = f"SELECT regexp_replace(regexp_replace({lines}, ?, '', 'g'), ?, '', 'g')"
    [(found,)] = duckdb.execute(query, [text, LINE_BREAKS, TABS, CONTROLS, EDGES]).fetchall()
    assert found == clean(text)
