"""Katakana in Latin letters, by Hepburn's rules, for names and sounds that are made up."""

_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ",
    "h": "ハヒフヘホ", "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ",
    "d": "ダヂヅデド", "b": "バビブベボ", "p": "パピプペポ",
}  # fmt: skip
_LETTERS = {
    letter: row + vowel for row, line in _ROWS.items() for letter, vowel in zip(line, "aiueo", strict=True)
}
_LETTERS |= {"シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu"}
_LETTERS |= {"ヴ": "vu"}
_LETTERS |= {"ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヲ": "o", "ン": "n"}
_SMALL = {"ャ": "ya", "ュ": "yu", "ョ": "yo", "ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}


def romaji(text: str) -> str:
    """Return katakana in Latin letters; what is no katakana stays. A long vowel is written once.

    Raises:
        KeyError: a small letter follows nothing that it can change.
    """
    found = ""
    doubled = False
    for letter in text:
        if letter in _SMALL:
            found = _changed(found, _SMALL[letter])
        elif letter == "ッ":
            doubled = True
        elif letter != "ー":
            sound = _LETTERS.get(letter, letter)
            found += ("t" if sound.startswith("ch") else sound[0]) + sound if doubled else sound
            doubled = False
    return found


def _changed(found: str, small: str) -> str:
    """Return what was written, its last vowel changed by a small letter: ki + ya is kya, shi + ya sha."""
    stem = found[:-1]
    if found.endswith("u") and stem[-1:] in ("", *"aiueo"):
        return f"{stem}w{small[-1]}"  # ウィ
    return stem + (small[-1] if stem.endswith(("sh", "ch", "j")) else small)
