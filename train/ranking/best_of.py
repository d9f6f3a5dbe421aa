"""Draws several captions for a photo and keeps those that the ranker likes most.

B photos, D components of a photo's vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.captions.captioner import Caption, Captioner
from train.captions.options import parse_decoding
from train.ranking.artifact import RankerArtifact

ALIKE = 0.5
"""Of two captions with a greater share of words in common one is shown, as long as others are left."""


@dataclass(frozen=True)
class Liked:
    """A caption, and how much the ranker likes it: a difference of 1 is odds of e to 1."""

    caption: Caption
    score: float


def best_of(
    captioner: Captioner, ranker: RankerArtifact, vectors: NDArray[np.float32], **settings: Any
) -> list[list[Liked]]:
    """Write captions at random, and return those that the ranker likes most.

    Args:
        vectors: (B, D) float32, raw.
        settings: those of `train.captions.options.DecodingOptions`: `draws` captions are sampled, as
            temperature and the like say, and n of them returned.

    Returns:
        For each photo up to n captions that differ, the best first.

    Raises:
        UsageError: a setting that does not exist, or a value it cannot have.
        UserError: vectors of another length than the model reads.
    """
    decoding = parse_decoding(settings)
    drawn = decoding.model_copy(update={"strategy": "sample", "n": max(decoding.draws, decoding.n)})
    return [
        chosen(_scored(ranker, captions, vector), decoding.n)
        for captions, vector in zip(captioner.caption(vectors, **drawn.model_dump()), vectors, strict=True)
    ]


def _scored(ranker: RankerArtifact, captions: Sequence[Caption], vector: NDArray[np.float32]) -> list[Liked]:
    """Return captions that differ with their scores, the best first."""
    distinct = list({caption.text: caption for caption in captions if caption.text}.values())
    if not distinct:
        return []
    scores = ranker.scores([(caption.text, list(caption.tokens)) for caption in distinct], vector)
    found = [Liked(caption, float(score)) for caption, score in zip(distinct, scores, strict=True)]
    return sorted(found, key=lambda one: -one.score)


def chosen(liked: Sequence[Liked], n: int) -> list[Liked]:
    """Return n of some captions, the best first; of those that are alike one alone, if there are enough."""
    found: list[Liked] = []
    for one in liked:
        if len(found) < n and all(alike(one.caption, other.caption) <= ALIKE for other in found):
            found.append(one)
    rest = [one for one in liked if one not in found]
    return sorted([*found, *rest[: n - len(found)]], key=lambda one: -one.score)


def alike(one: Caption, other: Caption) -> float:
    """Return the share of the words of two captions that both have (Jaccard 1901)."""
    words, others = set(one.tokens), set(other.tokens)
    return len(words & others) / len(words | others)
