"""Where in a caption the text stands that somebody looks for."""

from typing import NamedTuple

from dataset.text.captions import normalise


class Part(NamedTuple):
    """A part of a caption as it was written; `is_match` where it is what was looked for."""

    text: str
    is_match: bool


def parts(text: str, wanted: str) -> list[Part]:
    """Cut a caption where a text stands in it, in whatever case and width (a search goes by the normal form).

    Where the two only meet in their normal forms, as half-width and full-width letters do, the whole caption
    is marked: its normal form has other positions.
    """
    wanted = normalise(wanted)
    if not wanted or wanted.casefold() not in normalise(text).casefold():
        return [Part(text, False)]
    lower, needle = text.lower(), wanted.lower()
    if len(lower) != len(text) or needle not in lower:
        return [Part(text, True)]
    found, start = [], 0
    while (place := lower.find(needle, start)) >= 0:
        found += [Part(text[start:place], False), Part(text[place : place + len(needle)], True)]
        start = place + len(needle)
    return [part for part in (*found, Part(text[start:], False)) if part.text]
