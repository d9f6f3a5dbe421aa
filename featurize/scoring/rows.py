"""Items to score, and the rows that they become in `scores/<name>/`."""

from collections.abc import Mapping
from dataclasses import dataclass

Row = dict[str, object]


@dataclass(frozen=True)
class Item:
    """A photo, or a caption with its photo.

    Args:
        sha256: the photo's.
        image: its bytes, where photos are scored.
        text: the caption, cleaned, where captions are.
    """

    sha256: str
    image: bytes | None = None
    boke_id: int | None = None
    odai_id: int | None = None
    text: str | None = None

    def content(self) -> bytes:
        """Return what a scorer's process is sent."""
        return (self.text or "").encode(errors="replace") if self.image is None else self.image

    def key(self) -> Row:
        """Return the columns that tell it apart."""
        return {name: getattr(self, name) for name in ("sha256", "boke_id", "odai_id", "text")}


def scored(item: Item, scores: Mapping[str, float]) -> Row:
    """Return the row of an item that has scores."""
    return {**item.key(), "outcome": "ok", "error": None, "scores": dict(scores)}


def failed(item: Item, reason: str) -> Row:
    """Return the row of an item that has none, with the reason."""
    return {**item.key(), "outcome": "error", "error": reason[:500], "scores": None}
