"""Caption text: cleaned, normalised, segmented into tokens, and joined again."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from dataset.text.graphemes import NEEDS_CARE, NOT_SINGLE, whole
from dataset.text.marks import has_marks, nfkc
from dataset.text.subwords import cutter
from store.errors import UsageError
from store.text.visible import INVISIBLE, is_visible

VERSION = 2
"""Counts up when the same text would get other tokens or another normal form; part of the fingerprint."""

TOKENIZERS = ("unidic-lite", "ipadic", "characters", "sentencepiece")

TOKEN_SEPARATOR = "\x1f"
"""Joins the tokens of a text into one string; no cleaned text has this control character."""
TEXT_SEPARATOR = "\x1e"
"""Joins many texts into one string; no cleaned text has this one either."""

# Literal characters rather than \u escapes: Python's `re` and DuckDB's RE2 both read these patterns.
LINE_BREAKS = "\r\n|[\r\x0b\x0c\x85\u2028\u2029]"
TABS = "\t"
CONTROLS = "[\\x00-\\x08\\x0e-\\x1f\\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
EDGES = "^[ \n\u3000]+|[ \n\u3000]+$"

NEEDS_CLEANING = f"{LINE_BREAKS}|{TABS}|{CONTROLS}|[ \n\u3000]"
"""What `clean` may have to change. Most captions have none of it, as one search tells."""
_needs_cleaning = re.compile(NEEDS_CLEANING).search


def clean(text: str) -> str:
    r"""Return `text` with \n for a line break, a blank for a tab, no control characters, no blank edges."""
    text = re.sub(CONTROLS, "", re.sub(LINE_BREAKS, "\n", text).replace(TABS, " "))
    return re.sub(EDGES, "", text)


def normalise(text: str) -> str:
    """Return the form that is counted, compared and learned: NFKC, with runs of blanks as one.

    Marks that stand for themselves stay (see `dataset.text.marks`). A text of which nothing is seen is empty.
    """
    [form] = normalise_joined(clean(text) if _needs_cleaning(text) else text)
    return form


def normalise_joined(joined: str) -> list[str]:
    """Return the result of `normalise` for each text in `joined`, faster than one by one.

    Args:
        joined: texts that `clean` returned, joined with TEXT_SEPARATOR.
    """
    for character, form in _PUNCTUATION.items():
        joined = joined.replace(character, form)
    normal = unicodedata.normalize  # gives a text back itself that is in normal form
    forms = [
        form if (form := normal("NFKC", text)) is text or not has_marks(text) else nfkc(text)
        for text in joined.split(TEXT_SEPARATOR)
    ]
    forms = [_collapse_blanks(form) if " " in form or "\n" in form else form for form in forms]
    return [form if form[:1] not in _STARTS_UNSEEN or is_visible(form) else "" for form in forms]


_STARTS_UNSEEN = INVISIBLE | {"\u1680"}
"""How a text may start of which nothing is seen: U+1680 is the one white space that NFKC leaves."""

# Replacing a character by its own normal form first does not change the result; and a text that is in normal
# form already, as most are after that, takes a tenth of the time.
_PUNCTUATION = {character: unicodedata.normalize("NFKC", character) for character in "！？…（）～：％＆＝"}


def _collapse_blanks(text: str) -> str:
    return re.sub(" *\n[ \n]*", "\n", re.sub(" {2,}", " ", text)).strip(" \n")


def join(tokens: Iterable[str]) -> str:
    """Return the text of `tokens`: nothing goes between them, as spaces and line breaks are tokens."""
    return "".join(tokens)


class Tokenizer:
    """Segments captions into tokens; `join` gives the normalised caption back. No token cuts a grapheme.

    Args:
        name: `unidic-lite` or `ipadic` (MeCab with that dictionary), `characters`, or `sentencepiece`.
        model: what `sentencepiece` has learned; None where that is nothing: it then cuts into graphemes.

    Raises:
        UsageError: the name is unknown, or the dictionary is not installed.
        DamagedFile: the model is none.
    """

    def __init__(self, name: str = "unidic-lite", model: Path | None = None) -> None:
        if name not in TOKENIZERS:
            raise UsageError(f"There is no tokenizer {name!r}. There are: {', '.join(TOKENIZERS)}")
        self.name = name
        self._cut = _cutter(name, model)

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of `text`, which need not be normalised."""
        text = normalise(text.encode(errors="replace").decode())  # lone surrogates, which MeCab cannot take
        return text.split(TOKEN_SEPARATOR) if (text := self.segment(text)) else []

    def segment_all(self, texts: Iterable[str]) -> list[str]:
        """Return the result of `segment` for each text, faster than one by one."""
        cut, segment = self._cut, self.segment
        return [segment(text) if _needs_care(text) else cut(text) for text in texts]

    def segment(self, text: str) -> str:
        """Return the tokens of a text that `normalise` returned, joined with TOKEN_SEPARATOR."""
        # Most dictionaries drop blanks, but they are part of a joke: models learn to write them as tokens.
        parts = [part for part in re.split("([ \n])", text) if part]
        joined = TOKEN_SEPARATOR.join(part if part in " \n" else self._cut(part) for part in parts)
        if _has_several(text):
            return TOKEN_SEPARATOR.join(whole(joined.split(TOKEN_SEPARATOR), text))
        return joined


_has_several = re.compile(NOT_SINGLE).search
_needs_care = re.compile(NEEDS_CARE).search


def _cutter(name: str, model: Path | None) -> Callable[[str], str]:
    """Return the function that cuts a text without blanks and line breaks."""
    if name == "characters":
        return TOKEN_SEPARATOR.join
    return cutter(model, TOKEN_SEPARATOR) if name == "sentencepiece" else _mecab(name)


def _mecab(dictionary: str) -> Callable[[str], str]:
    import MeCab

    try:
        package = __import__(dictionary.replace("-", "_"))
    except ImportError:
        raise UsageError(
            f"The MeCab dictionary {dictionary!r} is not installed: pip install {dictionary}, "
            "or use --set dataset.tokenizer=unidic-lite"
        ) from None
    # -r /dev/null: a mecabrc of this machine must not change what tokens are.
    parse: Callable[[str], str] = MeCab.Tagger(f'-r /dev/null -d "{package.DICDIR}" -O wakati').parse
    # It adds a blank and a line break.
    return lambda text: parse(text)[:-2].replace(" ", TOKEN_SEPARATOR)
