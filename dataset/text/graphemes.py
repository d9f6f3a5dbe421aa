"""Graphemes: what people see as one character, which no token may cut. 👨‍👩‍👧 is five code points, ❤️ two."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

# Two characters make one grapheme only if at least one of them is an extending or prepended one, a letter of
# Hangul that is not a whole syllable, or a flag's half (UAX 29, GB6 to GB13). None of these is in here.
_SINGLE = (
    "!-~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2070-\u2094"
    "\u20a0-\u20bf\u2100-\u2bff\u3000-\u3029\u3030-\u3096\u309b-\u312f\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\uff01-\uff9d\uffe0-\uffe6"
)
NOT_SINGLE = f"[^ \n{_SINGLE}]"
"""A character that may share a grapheme with its neighbours, as a pattern. Most captions have none."""
NEEDS_CARE = f"[^{_SINGLE}]"
"""The same, or a blank or line break."""


def graphemes(text: str) -> list[str]:
    """Return the graphemes of a text: the extended grapheme clusters of UAX 29."""
    import regex  # takes as long to load as all else that a tokenising process needs

    found: list[str] = regex.findall(r"\X", text)
    return found


def whole(tokens: Iterable[str], text: str) -> Iterator[str]:
    """Yield the tokens of a text; those that share a grapheme as one."""
    ends = frozenset(accumulate(map(len, graphemes(text))))
    joined, end = "", 0
    for token in tokens:
        joined, end = joined + token, end + len(token)
        if end in ends:
            yield joined
            joined = ""
