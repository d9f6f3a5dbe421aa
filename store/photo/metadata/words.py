"""Text in metadata: in which encoding it is, and what of it a table keeps."""

import re
from urllib.parse import urlsplit

LONGEST = 1_000
"""Characters that are kept of a text: a notice of copyright is shorter, and none is a novel."""
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_DOUBLE_BYTE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def text_of(content: bytes) -> str:
    """Return a text of which nobody says the encoding: EXIF's ASCII, or IPTC without a character set.

    UTF-8 is hardly ever anything else. Japanese cameras and programs wrote Shift_JIS, which is believed if it
    has kana or kanji; else © in latin-1 would become a half-width ｩ.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        japanese = content.decode("cp932")
    except UnicodeDecodeError:
        japanese = ""
    return japanese if _DOUBLE_BYTE.search(japanese) else content.decode("latin-1")


def plain(text: str | None) -> str | None:
    """Return a text on one line, without what cannot be seen, and not too long; None if nothing is left."""
    if not text:
        return None
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _INVISIBLE.sub(" ", text[: 4 * LONGEST]))
    return " ".join(text.split())[:LONGEST].rstrip() or None


def address(text: str | None) -> str | None:
    """Return a text that is an address of the web; None for any other: pages make links of it."""
    text = plain(text)
    try:
        parts = urlsplit(text or "")
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return text if is_web and " " not in str(text) else None
