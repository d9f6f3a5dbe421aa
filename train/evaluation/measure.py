"""The losses of a trained model on captions, given photo vectors.

C captions, P photos, D components of a photo's vector, T target tokens of a batch.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from store.chainer_compat import chainer
from store.progress import Progress
from train import batches
from train.arithmetic.arithmetic import Arithmetic
from train.arithmetic.device import on_gpu
from train.arithmetic.loss import loss
from train.examples import Examples
from train.model import Array, CaptionModel, Photos

BATCH = 128
"""Captions of a batch, similar in length."""


def caption_losses(
    model: CaptionModel,
    examples: Examples,
    vectors: Photos,
    arithmetic: Arithmetic,
    threads: int = 1,
    progress: Progress | None = None,
) -> Array:
    """Return the negative log-likelihood of every caption given its photo's vector.

    Args:
        examples: C captions of P photos.
        vectors: (P, D) float32 raw vectors, on the host or the model's device. Other photos' vectors
            show whether the model uses the photo.
        arithmetic: what computes it, for the model's device.
        threads: how many batches are computed at once, each by one thread: the losses do not depend on it.
        progress: counts the captions.

    Returns:
        (C,) float64 nats, <EOS> counted.
    """
    totals = np.zeros(len(examples))
    order = np.argsort(-examples.lengths, kind="stable")

    def measure(start: int) -> int:
        batch = batches.pack(examples, order[start : start + BATCH])
        ones = model.xp.ones(len(batch.targets), np.float32)
        given = model.xp.asarray(vectors[batch.photos])  # (N, D)
        with chainer.no_backprop_mode(), chainer.using_config("train", False):  # they hold for a thread
            _, losses = loss(model, batch.on(model.xp), given, ones, arithmetic)
        # (T,) losses of tokens to (C,) of captions; `add.at`, since a caption has many tokens.
        np.add.at(totals, batch.captions[batch.rows], chainer.cuda.to_cpu(losses).astype(np.float64))
        return len(batch.captions)

    starts = range(0, len(order), BATCH)
    if threads == 1 or on_gpu(model.device):
        _count(map(measure, starts), progress)
        return totals
    pool = ThreadPoolExecutor(threads)
    try:
        _count(pool.map(measure, starts), progress)
    finally:
        pool.shutdown(cancel_futures=True)
    return totals


def _count(done: Iterable[int], progress: Progress | None) -> None:
    """Take the numbers of captions that are done, one after the other, which computes them."""
    for captions in done:
        if progress:
            progress.advance(captions)


def nats_per_token(
    model: CaptionModel,
    examples: Examples,
    vectors: Photos,
    arithmetic: Arithmetic,
    threads: int = 1,
    progress: Progress | None = None,
) -> float:
    """Return the mean negative log-likelihood of a target token in nats, <EOS> counted.

    Args:
        examples: C captions of P photos.
        vectors: (P, D) float32 raw vectors, on the host or the model's device.
        arithmetic: what computes it, for the model's device.
        threads: how many batches are computed at once; the loss does not depend on it.
        progress: counts the captions.
    """
    losses = caption_losses(model, examples, vectors, arithmetic, threads, progress)
    return float(losses.sum() / (examples.lengths + 1).sum())


def ranks(
    model: CaptionModel, examples: Examples, vectors: Photos, limit: int, arithmetic: Arithmetic
) -> Array:
    """Return for each photo how many other photos' captions the model finds likelier than the photo's own.

    Each photo takes part with its first caption. log p(caption | photo) is not normalised by length, so a
    photo's caption competes with shorter ones that suit any photo.

    Args:
        examples: at least one caption of each photo.
        vectors: (P, D) float32, raw, on the host or the model's device.
        limit: only the first so many photos take part.
        arithmetic: what computes it, for the model's device.

    Returns:
        (min(P, limit),) int64, 0 where the photo's own caption is the likeliest.
    """
    count = min(len(vectors), limit)
    first = np.searchsorted(examples.photo, np.arange(count))  # a photo's captions lie together, ascending
    candidates = replace(
        examples,
        photo=np.arange(count),
        starts=examples.starts[first],
        lengths=examples.lengths[first],
        stars=examples.stars[first],
    )
    found = np.empty(count, np.int64)
    for photo in range(count):
        same = np.broadcast_to(vectors[photo], (count, vectors.shape[1]))  # this photo for every caption
        losses = caption_losses(model, candidates, same, arithmetic)
        found[photo] = (losses < losses[photo]).sum()
    return found
