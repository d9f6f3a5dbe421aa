"""Which characters are seen: Unicode's property Default_Ignorable_Code_Point, and what has no shape."""

import pytest
import regex

from store.text.visible import INVISIBLE, is_visible


@pytest.mark.parametrize(
    "text",
    ["\u3164", "\u2800", "\u200c", "\ufe0f", "\U000e0041", "\u3000 \n\t\u200b", "\x00", "\ufff9\ufffb", ""],
    ids=ascii,
)
def test_nothing_is_seen(text: str) -> None:
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["犬", "\u3164あ\u3164", "゛", "👨\u200d👩", ".", "\u0600"], ids=ascii)
def test_something_is_seen(text: str) -> None:
    assert is_visible(text)


def test_what_unicode_says_to_ignore_is_not_seen() -> None:
    every = set(regex.findall(r"\p{Default_Ignorable_Code_Point}", "".join(map(chr, range(0x110000)))))
    assert INVISIBLE - every == {"\u2800", "\ufff9", "\ufffa", "\ufffb"}
    assert every <= INVISIBLE
