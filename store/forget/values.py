"""Takes forgotten content out of plain values: what a JSON file holds, or a row of a table."""

from typing import Any

from store.forget.content import Content

WORDS = frozenset(
    (
        *("labels", "exclude_labels", "tokens", "category", "categories", "vocabulary"),
        *(
            "split",
            "group",
            "filter",
            "table",
            "source",
            "rule",
            "layout",
            "outcome",
            "kind",
            "state",
            "format",
        ),
        *("licence", "credit", "rights", "creator", "copyright", "licence_url", "host"),
    )
)
"""Columns and JSON keys that hold words: one that is also a caption is not that caption."""
REDACTED = "(forgotten)"


def without(value: Any, content: Content) -> Any:
    """Return a value without the entries of lists and the values of objects that belong to the content.

    An object belongs to it by any of its own values: a sha256, a caption, the number of an odai or a boke. Of
    other texts that name it or quote it, nothing stays but that they did.
    """
    if isinstance(value, list):
        return [without(entry, content) for entry in value if not belongs(entry, content)]
    if isinstance(value, dict):
        return {
            key: entry if key in WORDS else _value(key, entry, content)
            for key, entry in value.items()
            if key not in content.digests
        }
    return REDACTED if isinstance(value, str) and _tells(value, content) else value


def belongs(value: Any, content: Content, name: str = "") -> bool:
    """Tell whether a value is a sha256, a caption or a number of `content`, or an object holds such a one.

    Args:
        name: of the column or key that it stands in: only those of numbers hold numbers.
    """
    if isinstance(value, str):
        return name not in WORDS and (value in content.digests or value in content.texts)
    if isinstance(value, dict):
        return any(
            belongs(entry, content, key) for key, entry in value.items() if not isinstance(entry, dict)
        )
    return isinstance(value, int) and not isinstance(value, bool) and value in numbers(name, content)


def numbers(name: str, content: Content) -> set[int]:
    """Return the numbers that are forgotten in a column or under a key of this name."""
    if name.endswith(("odai_id", "odai_ids")):
        return content.odai_ids
    return content.boke_ids if name.endswith(("boke_id", "boke_ids")) else set()


def _value(key: str, entry: Any, content: Content) -> Any:
    if belongs(entry, content, key):
        return None
    if isinstance(entry, list):
        entry = [each for each in entry if not belongs(each, content, key)]
    return without(entry, content)


def _tells(text: str, content: Content) -> bool:
    return ("/" in text and content.names(text)) or any(
        part in text for part in (*content.digests, *content.phrases)
    )
