"""The answer to `bokeru find`: photos of a dataset, by words or by another photo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

By = Literal["vectors", "captions"]
NO_TOWER = (
    "features.text names no text tower, so captions and labels were searched, not what photos show "
    "(docs/encoders.md)"
)


@dataclass(frozen=True)
class Match:
    """A photo that was found.

    Args:
        sha256: of its bytes as fetched.
        split: train or dev.
        likeness: the cosine of its vector and that of the words, or of the photo that was asked for (there
            of centred vectors); null where captions were searched.
        labels: what is in it.
        caption: the one with most stars; of those with the words, where captions were searched.
    """

    sha256: str
    split: str
    likeness: float | None
    labels: Sequence[str]
    caption: str | None

    def line(self) -> str:
        """Return it as a line for a terminal."""
        likeness = "" if self.likeness is None else f"{self.likeness:6.3f}  "
        labels = f"  [{'、'.join(self.labels)}]" if self.labels else ""
        caption = "  " + " ".join(self.caption.split()) if self.caption else ""
        return f"{likeness}{self.sha256}  {self.split:5}{labels}{caption}"


@dataclass(frozen=True)
class Found:
    """What was found.

    Args:
        asked: the words, or the photo.
        by: whether vectors were compared, or captions and labels were read.
        searched: how many photos.
        without_vectors: how many have no vector, and so cannot be found by it.
        remark: why captions were searched; null where vectors were.
        matches: the likest first; of equals, and among captions, in the dataset's order.
    """

    asked: str
    by: By
    searched: int
    without_vectors: int
    remark: str | None
    matches: Sequence[Match]

    def lines(self) -> Iterator[str]:
        """Yield what a terminal shows."""
        yield from (match.line() for match in self.matches)
        shown = f"{len(self.matches):,} of {self.searched:,} photos"
        yield f"{shown} are shown" if self.matches else f"no photo was found among {self.searched:,}"
        if self.without_vectors:
            yield f"{self.without_vectors:,} photos have no vector, and were not compared"
