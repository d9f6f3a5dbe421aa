"""Decodes Japanese text by the web's tables, where Python's codecs have other ones or refuse characters.

The table is the Encoding Standard's JIS X 0208 with NEC's and IBM's extensions, 7,336 pairs: what cp932 has
at the place of the same row and cell. Python's `euc_jp` lacks 457 of them, such as ①, and has 6 others.
"""

import re
from collections.abc import Callable
from functools import cache

_UNKNOWN = "\ufffd"
_EUC_JP = re.compile("\x8e[\xa1-\xdf]|\x8f?[\xa1-\xfe]{2}|(\x8f?[\x8e\x8f\xa1-\xfe][\x80-\xff]|[\x80-\xff])")
_ESCAPE = re.compile("\x1b(\\([BJI]|\\$[@B])")


def decode_euc_jp(body: bytes) -> str:
    """Return EUC-JP as text, with U+FFFD for what is none; a broken pair costs one character."""
    return _pairs(body.decode("latin-1"))


def decode_iso_2022_jp(body: bytes) -> str:
    """Return ISO-2022-JP as text, with U+FFFD for what is none; it switches its sets by escape sequences."""
    first, *rest = _ESCAPE.split(body.decode("latin-1"))
    texts = [_ascii(first)]
    for name, string in zip(rest[::2], rest[1::2], strict=True):
        texts.append(_SETS[name](string))
    return "".join(texts)


@cache
def _table() -> dict[str, str]:
    """Return the characters of EUC-JP's pairs, each pair as two characters of latin-1."""
    table = {}
    for row in range(94):
        lead = row // 2 + (0x81 if row < 62 else 0xC1)
        for cell in range(94):
            trail = cell + 0x9F if row % 2 else cell + (0x40 if cell < 63 else 0x41)
            pair = chr(row + 0xA1) + chr(cell + 0xA1)
            table[pair] = bytes((lead, trail)).decode("cp932", "replace")[:1]
            table["\x8f" + pair] = ("\x8f" + pair).encode("latin-1").decode("euc_jp", "replace")[:1]
    table.update({"\x8e" + chr(code): chr(0xFEC0 + code) for code in range(0xA1, 0xE0)})
    table["\x8f\xa2\xb7"] = "\uff5e"
    return table


def _pairs(string: str) -> str:
    table = _table()
    return _EUC_JP.sub(lambda match: table.get(match[0], _UNKNOWN), string)


def _ascii(string: str) -> str:
    return re.sub("[\x0e\x0f\x1b\x80-\xff]", _UNKNOWN, string)


def _roman(string: str) -> str:
    return _ascii(string).replace("\\", "¥").replace("~", "‾")


def _katakana(string: str) -> str:
    return re.sub("[^\n]", lambda match: _half_width(ord(match[0])), string)


def _half_width(code: int) -> str:
    return chr(0xFF40 + code) if 0x21 <= code <= 0x5F else _UNKNOWN


def _kanji(string: str) -> str:
    """Return pairs of seven bits; a line break within them, which the standard forbids, stays one."""
    shifted = re.sub("[\x21-\x7e]", lambda match: chr(ord(match[0]) + 0x80), string)
    return _pairs(re.sub("[^\n\r\xa1-\xfe]", _UNKNOWN, shifted))


_SETS: dict[str, Callable[[str], str]] = {
    "(B": _ascii,
    "(J": _roman,
    "(I": _katakana,
    "$@": _kanji,
    "$B": _kanji,
}
