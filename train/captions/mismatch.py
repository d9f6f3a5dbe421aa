"""Mismatched captions: written for another photo, at a chosen distance from the one they stand under.

The article ends with the idea: a caption that fits another photo is funny where the two photos are neither
alike nor unrelated. `train.captions.pool` says what the distance is.

B query photos, D components of a photo's vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.captions.captioner import Caption, Captioner
from train.captions.options import parse_decoding
from train.captions.pool import Neighbour, Pool

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Mismatch:
    """A caption, and the other photo that it was written for."""

    caption: Caption
    source: Neighbour


def mismatch(
    captioner: Captioner,
    vectors: Floats,
    pool: Pool,
    *,
    without: Sequence[str | None] = (),
    **settings: Any,
) -> list[list[Mismatch]]:
    """Write captions that were meant for other photos.

    Args:
        vectors: (B, D) float32, raw: the photos that the captions will stand under.
        pool: the photos that the captions are written for.
        without: for each photo the sha256 of a photo to leave out, its own for example, or None.
        settings: those of `train.captions.options.DecodingOptions`. Each of the n captions of a photo is the
            best for another photo of the pool, at `distance`; a strategy other than `mismatch` writes it.

    Returns:
        For each photo its captions with their sources, the highest score first.

    Raises:
        UsageError: a setting that does not exist, or a value it cannot have.
    """
    decoding = parse_decoding({"strategy": "mismatch"} | settings)
    sources = pool.nearest_rows(vectors, decoding.n, without, decoding.distance)
    # One call for all sources of all photos, so that they share batches.
    flat = [row for near in sources for row, _ in near]
    strategy = "beam" if decoding.strategy == "mismatch" else decoding.strategy
    one = decoding.model_copy(update={"strategy": strategy, "n": 1})
    captions = iter(captioner.caption(pool.vectors[flat], **one.model_dump()))
    found = (
        [Mismatch(next(captions)[0], Neighbour(pool.sha256s[row], distance)) for row, distance in near]
        for near in sources
    )
    return [sorted(mismatches, key=lambda one: -one.caption.score) for mismatches in found]
