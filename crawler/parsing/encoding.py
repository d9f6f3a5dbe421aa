"""Decodes Japanese pages: the encoding that a page declares is used only if its bytes agree."""

import re

_DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.I)
_JAPANESE = ("utf-8", "euc_jp", "cp932")
# Browsers read all of these as cp932, which has the characters that Windows adds to Shift JIS, such as ①.
_ALIASES = dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932")


def decode(body: bytes, charset: str | None = None) -> str:
    """Return the text of a page; never raises.

    The server's charset is tried first, then the page's own; the first that decodes every byte is used. If
    neither does, of the usual encodings of Japanese pages the one whose text has most kana; if none of them
    decodes every byte, UTF-8 with replacement characters.

    Args:
        body: the page's bytes.
        charset: what the Content-Type header says, if anything.
    """
    match = _DECLARED.search(body[:4096])
    declared = [name for name in (charset, match and match[1].decode("ascii")) if name]
    for name in dict.fromkeys(_ALIASES.get(name.lower(), name.lower()) for name in declared):
        text = _strictly(body, name)
        if text is not None:
            return text
    texts = [text for name in _JAPANESE if (text := _strictly(body, name)) is not None]
    if texts:
        return texts[0] if texts[0].isascii() else max(texts, key=_plausibility)
    return body.decode("utf-8", "replace").replace("\x00", "")


def _strictly(body: bytes, name: str) -> str | None:
    try:
        text = body.decode(name)
    except (LookupError, ValueError):
        return None
    return text.replace("\x00", "") if isinstance(text, str) else None


def _plausibility(text: str) -> float:
    """Return the share of kana among the characters beyond ASCII: a wrong encoding yields hardly any."""
    foreign = [character for character in text if character > "\x7f"]
    kana = sum("\u3040" <= character <= "\u30ff" for character in foreign)
    return kana / max(len(foreign), 1)
