"""Captions as they are told to programs, by `bokeru caption --json` and by the web's API."""

from typing import NotRequired

from typing_extensions import TypedDict

from train.captions.captioner import Caption
from train.captions.pool import Neighbour


class Source(TypedDict):
    """The photo that a mismatched caption was written for.

    Attributes:
        sha256: the photo's.
        distance: of the vectors of both photos: 0 the same, 1 unrelated, 2 opposite.
    """

    sha256: str
    distance: float


class WrittenCaption(TypedDict):
    """A caption that a model wrote.

    Attributes:
        text: the caption.
        tokens: what it was written of.
        log_probability: of the whole caption, in nats.
        score: what a photo's captions are in the order of: the log-probability, but with a length
            normalisation divided by length to that power, and what the ranker gave where that chose them.
        token_log_probabilities: of each token, in nats; the last is that of the end.
        source: the photo that it was written for, where that is another one (`--strategy mismatch`).
        rank_score: how much the ranker likes it, where that chose it (`--strategy best-of`): of two captions
            of one photo, a difference of 1 says that the one has more stars at odds of 2.7 to 1.
    """

    text: str
    tokens: list[str]
    log_probability: float
    score: float
    token_log_probabilities: list[float]
    source: NotRequired[Source]
    rank_score: NotRequired[float]


class PhotoCaptions(TypedDict):
    """The captions of one photo, or the reason why it has none.

    Attributes:
        file: the photo's file; `-` for standard input.
        captions: the highest score first.
        error: why there are none.
    """

    file: str
    captions: NotRequired[list[WrittenCaption]]
    error: NotRequired[str]


def written(
    caption: Caption, source: Neighbour | None = None, rank_score: float | None = None
) -> WrittenCaption:
    """Return a caption as it is told.

    Args:
        source: the photo it was written for, where that is another one.
        rank_score: the ranker's, where that chose it.
    """
    found = WrittenCaption(
        text=caption.text,
        tokens=list(caption.tokens),
        log_probability=caption.log_probability,
        score=caption.score if rank_score is None else rank_score,
        token_log_probabilities=list(caption.token_log_probabilities),
    )
    if source:
        found["source"] = Source(sha256=source.sha256, distance=source.distance)
    if rank_score is not None:
        found["rank_score"] = rank_score
    return found
