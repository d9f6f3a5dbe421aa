"""Reads whole numbers as people write them: 1,234, 1.2万, 12.3K, 2億, １２, 三千."""

import re
from fractions import Fraction

_MAX = 2**63 - 1  # what the columns hold
_LONGEST = 60  # characters of a number; longer ones are beyond every column
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width forms of ASCII
_SPACES = dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_PLAIN = _WIDE | _SPACES
_KANJI = {**{ord(digit): str(value) for value, digit in enumerate("〇一二三四五六七八九")}, ord("零"): "0"}
_SMALL = {"": 1, "十": 10, "百": 100, "千": 1000}
_UNITS = {"": 1, "万": 10**4, "億": 10**8, "兆": 10**12, "k": 10**3, "m": 10**6, "b": 10**9}

KANJI_NUMBER = r"[〇零一二三四五六七八九十百千万億兆]+"
"""The regular expression of a number in kanji."""
_ONLY_KANJI = re.compile(rf"[★☆\s]*({KANJI_NUMBER})[個人件票点つ\s]*")
# All that may belong to one number, and what makes it none at all, such as the colon of 12:30.
_WRITTEN = re.compile(r"\d(?:[ ]?[\d万億兆千百十.,'’、・٫٬_:/~×^⁄-])*(?:[ ]?[kmb](?![a-z]))?", re.I)
_MORE_BEFORE = re.compile(r"(?:[\d.,数何]|(?:^|\s)[-−+])\s*$")
_MORE_AFTER = re.compile(r"\s*(?:[数余+½¼¾⅓⅔²³]|以上|超|hundred|thousand|[mb]illion)|[a-z]", re.I)
_AMOUNT = r"(?:[1-9]\d{0,2}(?:(?P<mark>[, '’])\d{3})(?:(?P=mark)\d{3})*|\d+)(?:\.\d+)?"
_PART = re.compile(rf"(?P<amount>{_AMOUNT})? ?(?P<small>[千百十]?) ?(?P<unit>[万億兆kmb]?)", re.I)


def plain(text: str) -> str:
    """Return `text` with ASCII for full-width forms, and a blank for every kind of space but line breaks."""
    return text.translate(_PLAIN)


def read_number(text: str | None) -> int | None:
    """Return the first whole number in a text, from 0 to 2⁶³ − 1; None if there is none.

    Full-width digits, marks of thousands (commas, apostrophes, spaces of any width) and the units 十 百 千 万
    億 兆 K M B are read, and kanji digits where nothing else stands. What may mean more than its digits say
    (1.234, 1,2万, 10数人, 999+) is None: never a smaller number than what is written.
    """
    string = plain(text or "")
    if match := _ONLY_KANJI.fullmatch(string):
        return _whole(kanji_value(match[1]))
    match = _WRITTEN.search(string)
    if not match or _MORE_BEFORE.search(string[: match.start()]):
        return None
    written = match[0].rstrip(".,'’、・:/~-")
    if _MORE_AFTER.match(string, match.start() + len(written)):
        return None
    return None if re.search(r"^\d+\.\d{3}$", written) else _whole(value(written))


def kanji_value(string: str) -> Fraction | int | None:
    """Return what a number in kanji is worth, by places (二〇二四) or by units (二千二十四)."""
    return value(string.translate(_KANJI))


def value(written: str) -> Fraction | int | None:
    """Return what a number is worth that is written with nothing around it; None if it is no number.

    Args:
        written: ASCII digits, marks of thousands, a decimal point and units, such as `1億2千万` or `1.5`.
    """
    if len(written) > _LONGEST:
        return None
    if written.isdigit():  # nearly all are: a page has a number for each star link
        return int(written)
    total = myriad = Fraction(0)
    position, last_small, last_unit = 0, 10**4, 10**16
    while position < len(written):
        part = _PART.match(written, position)
        if part is None or not part[0].strip():
            return None
        small, unit = _SMALL[part["small"]], _UNITS[part["unit"].lower()]
        digits = re.sub(r"[, '’]", "", part["amount"] or "")
        if small >= last_small or (unit > 1 and unit >= last_unit) or not (digits or small > 1):
            return None
        myriad += Fraction(digits or 1) * small
        last_small = small
        if unit > 1:
            total, myriad, last_small, last_unit = total + myriad * unit, Fraction(0), 10**4, unit
        position = part.end()
    return total + myriad


def _whole(amount: Fraction | int | None) -> int | None:
    return int(amount) if amount is not None and amount.denominator == 1 and amount <= _MAX else None
