"""Odd text of many kinds through every tokenizer: the benchmark's checks on lines made here."""

import random
from pathlib import Path

import pytest

from benchmarks.odd_text import measure, texts

KAOMOJI = (
    "（´・ω・｀）",
    "(￣▽￣)",
    "(ﾟДﾟ)",
    "ヽ(´ー｀)ノ",
    "¯\\_(ツ)_/¯",
    "ಠ_ಠ",
    "(╯°□°）╯︵ ┻━┻",
    "ﾟ･✿ヾ╲(｡◕‿◕｡)╱✿･ﾟ",
    "щ（゜ロ゜щ）",
)
"""Public faces, as in everybody's lists."""


def odd_lines(count: int) -> list[str]:
    """Return texts of assigned code points, many that join their neighbours, among faces and kana."""
    source = random.Random(27)
    joining = "\u200d\ufe0f\u20e3\u3099\u309a゛゜ﾞﾟ´￣\u0301\u0323\u1100\u1161\u11a8\u094d\u0e33"
    joining += "\U0001f3fd\U0001f1ef\U000e0100"
    kinds = (
        lambda: chr(source.choice((source.randrange(0x20, 0xD800), source.randrange(0xE000, 0x30000)))),
        lambda: source.choice(joining),
        lambda: source.choice("かはウカ犬走❤👨👩 \n\t\u3000"),
        lambda: source.choice(KAOMOJI),
    )
    return ["".join(source.choice(kinds)() for _ in range(source.randrange(1, 9))) for _ in range(count)]


@pytest.mark.parametrize("count", [1_000, pytest.param(60_000, marks=pytest.mark.long)])
def test_every_tokenizer_keeps_odd_text_and_its_graphemes(tmp_path: Path, count: int) -> None:
    figures = measure([*KAOMOJI, *odd_lines(count)], tmp_path)
    assert (figures["wrong"], figures["first"]) == (0, [])
    assert figures["texts"] == count + len(KAOMOJI)


def test_code_points_are_read_of_unicodes_files_and_lines_of_others(tmp_path: Path) -> None:
    (tmp_path / "NormalizationTest.txt").write_text("@Part0 # x\n1E0A;0044 0307;1E0A; # (Ḋ)\n")
    (tmp_path / "emoji-test.txt").write_text("1F468 200D 1F469 ; fully-qualified # E4.0\n\n")
    (tmp_path / "kaomoji.txt").write_text("(´・ω・`)\n0041;\n")
    read = {path.name: list(texts(path)) for path in tmp_path.iterdir()}
    assert read == {
        "NormalizationTest.txt": ["\u1e0a", "D\u0307", "\u1e0a"],
        "emoji-test.txt": ["👨\u200d👩"],
        "kaomoji.txt": ["(´・ω・`)", "0041;"],
    }
