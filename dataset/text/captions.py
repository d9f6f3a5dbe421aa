"""Caption text: cleaned, normalised, cut into tokens, and put together again as Japanese is written."""

import re
import unicodedata
from collections.abc import Callable, Iterable

from store.errors import UsageError

VERSION = 1
"""Counts up when the same text would be normalised or cut otherwise."""

TOKENIZERS = ("unidic-lite", "ipadic", "characters")

SEPARATOR = "\x1f"
"""Stands between tokens where they are one string; no cleaned text holds it."""
END = "\x1e"
"""Stands between captions where many are one string; nor this."""

# Literal characters rather than \u escapes: Python's `re` and DuckDB's RE2 both read these patterns.
LINE_BREAKS = "\r\n|[\r\x0b\x0c\x85\u2028\u2029]"
CONTROLS = "[\\x00-\\x09\\x0e-\\x1f\\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
EDGES = "^[ \n\u3000]+|[ \n\u3000]+$"

CARE = f"{LINE_BREAKS}|{CONTROLS}|[ \n\u3000]"
"""What `clean` may have to change: most captions have none of it."""
_care = re.compile(CARE).search


def clean(text: str) -> str:
    r"""Return `text` as people meant it: line breaks as \n, no control or direction marks, no blank edges."""
    text = re.sub(CONTROLS, "", re.sub(LINE_BREAKS, "\n", text))
    return re.sub(EDGES, "", text)


def normalise(text: str) -> str:
    """Return the form that is counted, compared and learned: NFKC, one space for many, one break for many."""
    [form] = normal_forms(clean(text) if _care(text) else text)
    return form


def normal_forms(joined: str) -> list[str]:
    """Return what `normalise` returns of each of the texts in `joined`, which END stands between.

    Args:
        joined: texts that `clean` returned.
    """
    for mark, form in _MARKS.items():
        joined = joined.replace(mark, form)
    nfkc = unicodedata.normalize
    forms = [nfkc("NFKC", text) for text in joined.split(END)]
    return [_one_blank(form) if " " in form or "\n" in form else form for form in forms]


# What a text becomes does not change when one of its characters becomes its own normal form first; and a
# text that is normal already, as most are after that, takes a tenth of the time.
_MARKS = {mark: unicodedata.normalize("NFKC", mark) for mark in "！？…（）～：％＆＝"}


def _one_blank(text: str) -> str:
    return re.sub(" *\n[ \n]*", "\n", re.sub(" {2,}", " ", text)).strip(" \n")


def join(tokens: Iterable[str]) -> str:
    """Return the text of `tokens`: nothing between them, as spaces and line breaks are tokens themselves."""
    return "".join(tokens)


class Tokenizer:
    """Cut captions into tokens such that `join` gives the normalised caption back.

    Args:
        name: `unidic-lite` or `ipadic` (MeCab with that dictionary), or `characters`.

    Raises:
        UsageError: another name, or the dictionary is not installed.
    """

    def __init__(self, name: str = "unidic-lite") -> None:
        if name not in TOKENIZERS:
            raise UsageError(f"There is no tokenizer {name!r}. There are: {', '.join(TOKENIZERS)}")
        self.name = name
        self._parse = None if name == "characters" else _mecab(name)

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of `text`, which need not be normalised."""
        text = normalise(text.encode(errors="replace").decode())
        return text.split(SEPARATOR) if (text := self.cut(text)) else []

    def cut_all(self, texts: Iterable[str]) -> list[str]:
        """Return what `cut` returns of each of many texts, in less time."""
        if self._parse is None:
            return [SEPARATOR.join(text) for text in texts]
        parse, cut = self._parse, self.cut
        return [
            cut(text) if " " in text or "\n" in text else parse(text)[:-2].replace(" ", SEPARATOR)
            for text in texts
        ]

    def cut(self, text: str) -> str:
        """Return the tokens of a text that `normalise` returned, with SEPARATOR between them."""
        if self._parse is None:
            return SEPARATOR.join(text)
        if " " not in text and "\n" not in text:
            return self._parse(text)[:-2].replace(" ", SEPARATOR)  # MeCab ends with a blank and a line break
        parts = (
            part for part in re.split("([ \n])", text) if part
        )  # MeCab drops blanks; models shall write them
        return SEPARATOR.join(part if part in " \n" else self.cut(part) for part in parts)


def _mecab(dictionary: str) -> Callable[[str], str]:
    import MeCab

    try:
        package = __import__(dictionary.replace("-", "_"))
    except ImportError:
        raise UsageError(
            f"The MeCab dictionary {dictionary!r} is not installed: pip install {dictionary}, "
            "or use --set dataset.tokenizer=unidic-lite"
        ) from None
    parse: Callable[[str], str] = MeCab.Tagger(f'-r /dev/null -d "{package.DICDIR}" -O wakati').parse
    return parse
