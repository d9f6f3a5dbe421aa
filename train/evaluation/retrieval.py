"""Does the model look at the photo? How a photo's own caption ranks among those of other photos.

n photos, each with one caption of its own: the candidates.
"""

from dataclasses import replace

import numpy as np

from store.processes.cores import cores
from store.progress import Progress
from train.arithmetic.arithmetic import Arithmetic
from train.evaluation.measure import caption_losses
from train.examples import Examples
from train.model import Array, CaptionModel, Photos

CANDIDATES = 100
"""At most so many photos of a split take part, its first ones: each is given each one's caption."""
_DIGITS = 4
"""Decimals of scores, in nats: float32 rounds by less, and what differs by less counts as equal."""


def retrieval(
    model: CaptionModel, examples: Examples, vectors: Photos, arithmetic: Arithmetic, name: str = ""
) -> dict[str, Array]:
    """Return how each photo's own caption ranks, and the nats that the photo is worth for it.

    A photo's candidates are the first caption of each photo. They are ranked by log p(caption | photo), where
    a caption that suits any photo beats all others, and by pointwise mutual information, log p(caption |
    photo) minus the log of the mean of p(caption | photo) over the n photos, which takes that out.

    Args:
        examples: at least one caption of each photo.
        vectors: (P, D) float32, raw, on the host or the model's device.
        arithmetic: what computes it, for the model's device.
        name: of the split, for the progress.

    Returns:
        `rank` and `rank_pmi` (n,) float64 from 1, equal scores sharing their mean rank; and `photo_nats` (n,)
        float64, that information of a photo and its own caption: at most ln n, a caption.

    Source: Hodosh et al. 2013 (ranking as a measure of captions); Holtzman et al. 2021 (by pointwise mutual
    information). The mean of `photo_nats` over photos is InfoNCE of van den Oord et al. 2018 with the
    model's likelihood for a critic, which on average is no more than the mutual information of photo and
    caption, whatever the model.
    """
    log_p = _log_likelihoods(model, examples, vectors, arithmetic, name)  # (n photos, n captions)
    pmi = log_p - np.logaddexp.reduce(log_p, axis=0) + np.log(len(log_p))
    return {"rank": ranks(log_p), "rank_pmi": ranks(pmi), "photo_nats": np.diagonal(pmi).copy()}


def ranks(scores: Array) -> Array:
    """Return the rank of each photo's own caption, the diagonal of `scores` (n photos, n captions): (n,).

    The first rank is 1; equal scores share the mean of their ranks.
    """
    rounded = np.round(scores, _DIGITS)
    own = np.diagonal(rounded)[:, None]
    before, equal = (rounded > own).sum(axis=1), (rounded == own).sum(axis=1)  # its own is among the equal
    result: Array = before + (equal + 1) / 2
    return result


def _log_likelihoods(
    model: CaptionModel, examples: Examples, vectors: Photos, arithmetic: Arithmetic, name: str
) -> Array:
    """Return log p of the first caption of each photo (columns) given each photo (rows), (n, n) float64."""
    count = min(len(vectors), CANDIDATES)
    first = np.searchsorted(examples.photo, np.arange(count))  # a photo's captions lie together, ascending
    # Equal captions are read once, so that their scores are equal to the last bit.
    _, different, which = np.unique(examples.some(first).hashes(), return_index=True, return_inverse=True)
    pairs = replace(
        examples.some(np.tile(first[different], count)),
        photo=np.repeat(np.arange(count), len(different)),
    )
    with Progress(f"evaluate {name}: candidates", len(pairs), "captions") as progress:
        losses = caption_losses(model, pairs, vectors, arithmetic, cores(), progress)
    result: Array = -losses.nats.reshape(count, len(different))[:, which]
    return result
