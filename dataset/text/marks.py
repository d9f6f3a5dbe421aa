"""NFKC for captions: marks that stand for themselves, as in あ゛, (´・ω・`) and (￣▽￣), stay as they are.

For NFKC itself 50 characters, such as ´ and ゛, are a blank with a combining mark: the blank parts letters,
and the mark goes onto the blank. The half-width ﾞ and ﾟ become combining marks on whatever stands before
them. Here all of these stay, but where ゛, ゜, ﾞ or ﾟ follows a kana that has a letter with it: か゛ is が.
"""

import re
import unicodedata

SPACING = (
    "\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u037a\u0384\u0385\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf"
    "\u1fed\u1fee\u1ffd\u1ffe\u2017\u203e\u309b\u309c\ufc5e-\ufc63\ufe49-\ufe4c"
    "\ufe70\ufe72\ufe74\ufe76\ufe78\ufe7a\ufe7c\ufe7e\uffe3"
)
"""The 50, by the tables of Unicode 14 (UnicodeData.txt, fields 3 and 5), as a regular expression's class."""
_MARKS = re.compile(f"([{SPACING}\uff9e\uff9f]+)")
has_marks = _MARKS.search
"""Finds the first of the marks in a text."""

_COMBINING = {"゛": "\u3099", "ﾞ": "\u3099", "゜": "\u309a", "ﾟ": "\u309a"}
_VOICED = {
    kana + mark: letter
    for kana in map(chr, range(0x3041, 0x30FF))
    for mark, combining in _COMBINING.items()
    if len(letter := unicodedata.normalize("NFC", kana + combining)) == 1
}
"""Letters of kana by the kana and the mark that make them."""
_VOICEABLE = re.compile("|".join(_VOICED))


def nfkc(text: str) -> str:
    """Return a text in NFKC, but for its marks: they stay, or make a letter with the kana before them."""
    parts = _MARKS.split(text)
    # Every other part is a run of marks. None of them composes with what stands before it.
    parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
    # Afterwards: only now is a half-width or circled kana the letter that a mark goes with.
    return _VOICEABLE.sub(lambda pair: _VOICED[pair[0]], "".join(parts))
