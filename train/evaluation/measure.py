"""The losses of a trained model on captions, given photo vectors.

C captions, P photos, D components of a photo's vector, T target tokens of a batch.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np

from dataset.text.vocabulary import UNK
from store.chainer_compat import chainer
from store.progress import Progress
from train import batches
from train.arithmetic.arithmetic import Arithmetic
from train.arithmetic.device import on_gpu
from train.examples import Examples
from train.model import Array, CaptionModel, Photos

BATCH = 128
"""Captions of a batch, similar in length."""


@dataclass(frozen=True)
class Losses:
    """The negative log-likelihoods of C captions, and how much of them is of <UNK>.

    A word that train lacks is <UNK> on dev. Where no <UNK> is trained, each costs 13 nats and more, however
    good the model is: what is compared between data sets, and decided by, is the loss of known tokens.

    Attributes:
        nats: (C,) float64, of all target tokens of a caption, <EOS> counted.
        tokens: (C,) int64 target tokens, <EOS> counted.
        unknown_nats: (C,) float64, the part of `nats` of those that are <UNK>.
        unknown: (C,) int64, how many of the tokens are <UNK>.
    """

    nats: Array
    tokens: Array
    unknown_nats: Array
    unknown: Array

    def some(self, rows: Array) -> Self:
        """Return the losses of the captions `rows` (N,) alone."""
        return type(self)(self.nats[rows], self.tokens[rows], self.unknown_nats[rows], self.unknown[rows])

    @property
    def per_token(self) -> float:
        """The mean loss of a target token, in nats."""
        return float(self.nats.sum() / self.tokens.sum())

    @property
    def per_known_token(self) -> float:
        """The mean loss of a target token that is not <UNK>, in nats; <EOS> is one, so there always are."""
        known = self.tokens.sum() - self.unknown.sum()
        return float((self.nats.sum() - self.unknown_nats.sum()) / known)

    def per_character(self, characters: Array) -> float:
        """Return the mean loss of a character in nats, the end of a caption counted as one.

        Args:
            characters: (C,) int64 code points of each caption's text.
        """
        return float(self.nats.sum() / (characters + 1).sum())


def caption_losses(
    model: CaptionModel,
    examples: Examples,
    vectors: Photos,
    arithmetic: Arithmetic,
    threads: int = 1,
    progress: Progress | None = None,
) -> Losses:
    """Return the negative log-likelihood of every caption given its photo's vector, in one pass.

    Args:
        examples: C captions of P photos.
        vectors: (P, D) float32 raw vectors, on the host or the model's device. Other photos' vectors
            show whether the model uses the photo.
        arithmetic: what computes it, for the model's device.
        threads: how many batches are computed at once, each by one thread: the losses do not depend on it.
        progress: counts the captions.
    """
    count = len(examples)
    found = Losses(np.zeros(count), examples.lengths + 1, np.zeros(count), np.zeros(count, np.int64))
    order = np.argsort(-examples.lengths, kind="stable")

    def measure(start: int) -> int:
        batch = batches.pack(examples, order[start : start + BATCH])
        given = model.xp.asarray(vectors[batch.photos])  # (N, D)
        losses = arithmetic.losses(model, batch.on(model.xp), given)
        # (T,) of tokens to (C,) of captions; `add.at`, since a caption has many tokens.
        captions, nats = batch.captions[batch.rows], chainer.cuda.to_cpu(losses).astype(np.float64)
        unknown = batch.targets == UNK
        np.add.at(found.nats, captions, nats)
        np.add.at(found.unknown_nats, captions[unknown], nats[unknown])
        np.add.at(found.unknown, captions[unknown], 1)
        return len(batch.captions)

    starts = range(0, len(order), BATCH)
    if threads == 1 or on_gpu(model.device):
        _count(map(measure, starts), progress)
        return found
    pool = ThreadPoolExecutor(threads)
    try:
        _count(pool.map(measure, starts), progress)
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _count(done: Iterable[int], progress: Progress | None) -> None:
    """Take the numbers of captions that are done, one after the other, which computes them."""
    for captions in done:
        if progress:
            progress.advance(captions)
