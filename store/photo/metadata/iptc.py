"""IPTC-IIM: the older way in which agencies say whose a photo is."""

from store.photo.metadata.words import plain, text_of

_CHARACTER_SET, _UTF_8 = (1, 90), b"\x1b%G"
_NAMES = {(2, 80): "creator", (2, 110): "credit", (2, 116): "copyright"}
"""By-line, credit, and copyright notice (IPTC-NAA Information Interchange Model 4.2, chapter 6)."""
_MOST_DATASETS = 10_000


def rights(content: bytes) -> dict[str, str | None]:
    """Return creator, credit and copyright, as a sequence of datasets has them."""
    found: dict[str, list[str]] = {}
    is_utf_8, at = False, 0
    for _ in range(_MOST_DATASETS):
        if at + 5 > len(content) or content[at] != 0x1C:
            break
        key = content[at + 1], content[at + 2]
        size, start = int.from_bytes(content[at + 3 : at + 5]), at + 5
        if size & 0x8000:  # an extended dataset: this is the length of its length
            start += size & 0x7FFF
            size = int.from_bytes(content[at + 5 : start][-8:])
        data, at = content[start : start + size], start + size
        if key == _CHARACTER_SET:
            is_utf_8 = data.startswith(_UTF_8)
        elif key in _NAMES and len(data) == size:
            text = plain(data.decode("utf-8", "replace") if is_utf_8 else text_of(data))
            if text:
                found.setdefault(_NAMES[key], []).append(text)
    return {name: plain(", ".join(texts)) for name, texts in found.items()}
