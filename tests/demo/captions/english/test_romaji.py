"""Katakana in Latin letters, by Hepburn's tables."""

import pytest

from demo.captions import inventions
from demo.captions.english.romaji import romaji


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("マルコビッチ", "marukobitchi"), ("シャチョウ", "shachou"), ("キャット", "kyatto"),
        ("ジョナ", "jona"),
        ("フェル", "feru"), ("ヴァ", "va"), ("ヴィク", "viku"), ("ウィル", "wiru"), ("ディ", "di"),
        ("ッティ", "tti"), ("リーニョ", "rinyo"), ("チェンコ", "chenko"), ("ン", "n"), ("ヅ", "zu"),
        ("100", "100"),
    ],
)  # fmt: skip
def test_as_hepburn_writes_it(kana: str, latin: str) -> None:
    assert romaji(kana) == latin


@pytest.mark.parametrize(
    "words", [words for name, words in vars(inventions).items() if name.isupper()], ids=lambda words: words[0]
)
def test_every_invention_is_written_in_latin_letters(words: tuple[str, ...]) -> None:
    assert all(romaji(word).isascii() and romaji(word).isalpha() for word in words)
