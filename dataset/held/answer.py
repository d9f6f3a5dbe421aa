"""The answer to "Is mine in it?": what a pipeline holds of what was asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

How = Literal["number", "address", "same", "near", "alike"]


@dataclass(frozen=True)
class Match:
    """A photo of the pipeline that is, or shows, what was asked for.

    Args:
        how: it has the number or the address that was asked for; it is the `same` file; it is a `near` copy,
            saved anew, resized, mirrored, turned, framed or cut a little; or it is `alike` by its vector.
        sha256: of its bytes as fetched; null for a caption without a photo.
        split: train or dev; null where the dataset has no caption of it.
        captions: how many of its captions are in the dataset.
        pages: addresses of pages that show its captions, five at most; none of a caption that is hidden.
        address: where the photo was fetched from; null for an import.
        since: when it was fetched first.
        source: who published it.
        licence: null where none is known.
        credit: whom to name for the photo.
        forget: the command that takes it out.
    """

    how: How
    sha256: str | None
    split: str | None
    captions: int
    pages: list[str]
    address: str | None
    since: datetime | None
    source: str | None
    licence: str | None
    credit: str | None
    forget: str

    def lines(self) -> Iterator[str]:
        """Yield it as text."""
        how = {
            "number": "has that number",
            "address": "has that address",
            "same": "is the same file",
            "near": "shows the same",
            "alike": "is alike by its vector",
        }
        captions = "1 caption" if self.captions == 1 else f"{self.captions:,} captions"
        where = f"in {self.split}, with {captions}" if self.split else "with no caption in the dataset"
        yield f"photo {self.sha256 or '(none)'} {how[self.how]}: {where}"
        since = f" since {self.since:%Y-%m-%d}" if self.since else ""
        origin = self.address or self.source or "an unknown source"
        credit = f", credit {self.credit}" if self.credit else ""
        yield f"  from {origin}{since}, licence {self.licence or 'unknown'}{credit}"
        if self.pages:
            yield f"  on {', '.join(self.pages)}"
        yield f"  taken out by: {self.forget}"


@dataclass(frozen=True)
class Contains:
    """What a pipeline holds of what was asked for.

    Args:
        asked: the number, address or file.
        matches: the same file first, then near copies, then what is alike.
        compared: how many photos it was compared with; null where numbers and addresses were.
        contact: whom the owner of a photo or caption can write to.
        by_vectors: whether vectors were compared, and not hashes alone.
    """

    asked: str
    matches: list[Match]
    compared: int | None
    contact: str | None
    by_vectors: bool = False

    def lines(self) -> Iterator[str]:
        """Yield it as text."""
        if not self.matches:
            among = "" if self.compared is None else f", of {self.compared:,} photos"
            among += " by hashes and vectors" if self.by_vectors else ""
            yield f"{self.asked} is not in it{among}"
        for match in self.matches:
            yield from match.lines()
        if self.matches and self.contact:
            yield f"to have it taken out, write to {self.contact}"
