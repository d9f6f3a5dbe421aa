"""Caption text: cleaned, normalised, segmented into tokens, and joined again."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dataset.text.graphemes import NEEDS_CARE, NOT_SINGLE, whole
from dataset.text.marks import has_marks, nfkc
from dataset.text.subwords import cutter
from store.errors import UsageError
from store.text.visible import INVISIBLE, is_visible

VERSION = 2
"""Counts up when the same text would get other tokens or another normal form; part of the fingerprint."""

_NO_DICTIONARY = ("characters", "sentencepiece")
TOKENIZERS = ("unidic-lite", "ipadic", *_NO_DICTIONARY)

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


Cut = Callable[[str], str]
"""Takes a text without blanks and line breaks; returns its tokens, joined with TOKEN_SEPARATOR."""
CutAll = Callable[[Sequence[str]], str]
"""Takes many of them; returns the result for each, joined with TEXT_SEPARATOR."""


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
        self._cut, self._cut_all = _cutters(name, model)

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of `text`, which need not be normalised."""
        text = normalise(text.encode(errors="replace").decode())  # lone surrogates, which MeCab cannot take
        return text.split(TOKEN_SEPARATOR) if (text := self.segment(text)) else []

    def segment_all(self, texts: Sequence[str]) -> str:
        """Return the results of `segment` joined with TEXT_SEPARATOR, faster than one by one."""
        careful = {place: self.segment(text) for place, text in enumerate(texts) if _needs_care(text)}
        if not careful:
            return self._cut_all(texts)
        simple = self._cut_all(["" if place in careful else text for place, text in enumerate(texts)])
        parts = enumerate(simple.split(TEXT_SEPARATOR))
        return TEXT_SEPARATOR.join([careful.get(place, part) for place, part in parts])

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


def _cutters(name: str, model: Path | None) -> tuple[Cut, CutAll]:
    """Return what cuts one text, and what cuts many."""
    if name not in _NO_DICTIONARY:
        return _mecab(name)
    cut: Cut = TOKEN_SEPARATOR.join if name == "characters" else cutter(model, TOKEN_SEPARATOR)
    return cut, lambda texts: TEXT_SEPARATOR.join(map(cut, texts))


def _mecab(dictionary: str) -> tuple[Cut, CutAll]:
    import MeCab

    try:
        package = __import__(dictionary.replace("-", "_"))
    except ImportError:
        raise UsageError(
            f"The MeCab dictionary {dictionary!r} is not installed: pip install {dictionary}, "
            "or use --set dataset.tokenizer=unidic-lite"
        ) from None
    # -r /dev/null: a mecabrc of this machine must not change what tokens are.
    parse: Cut = MeCab.Tagger(f'-r /dev/null -d "{package.DICDIR}" -O wakati').parse

    def cut_all(texts: Sequence[str]) -> str:
        # A blank follows each token, a line break each text: all of them are replaced at once.
        parsed = "".join(map(parse, texts)).replace(" \n", "\n")[:-1]
        return parsed.replace("\n", TEXT_SEPARATOR).replace(" ", TOKEN_SEPARATOR)

    return lambda text: cut_all([text]), cut_all
