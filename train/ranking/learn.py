"""Trains a ranker on the pairs of captions of a photo whose stars differ clearly.

The loss of a pair is that of Bradley and Terry 1952: −log σ(better − worse), in nats. A caption that is in
many pairs is scored once an update.

C captions, P photos, D components of a photo's vector.
"""

from collections.abc import Iterator

import numpy as np

from store.chainer_compat import chainer
from store.errors import UserError
from store.progress import Progress
from train.data import moments
from train.model import Array, Photos
from train.ranking.captions import RankedCaptions
from train.ranking.model import Ranker, RankerSizes, initial

F = chainer.functions
EPOCHS, RATE, DECAY, DROPOUT = 5, 0.003, 0.003, 0.2
"""Passes over the photos; Adam's step at first, which falls along half a cosine; AdamW's decay an update.

Stars are noise for the most part, and there are few pairs for each word: without decay and dropout the
ranker knows the pairs of train by heart after two epochs, and those of dev no better.
"""
CAPTIONS, UPDATES = 400, 50
"""Captions of an update, about; there are fewer where an epoch would have less than so many updates."""
_BLOCK = 4096


def learn(captions: RankedCaptions, vectors: Photos | None, words: int, seed: int) -> Ranker:
    """Return a ranker that has learned from captions; the same arguments give the same one.

    Args:
        vectors: (P, D) float32, raw, in the order of the captions' photos; None: it sees captions alone.
        words: how many of the vocabulary's ids it tells apart; the others count as <UNK>.
        seed: fixes weights, order and dropout.

    Raises:
        UserError: no pair differs clearly.
    """
    pairs = captions.pairs()
    if not len(pairs):
        raise UserError(
            f"Of {len(captions):,} captions no two of a photo have stars that differ clearly, so there is "
            "nothing to learn from which is liked better. Crawl more, or leave out train.ranker"
        )
    sizes = RankerSizes(words=words, vector=0 if vectors is None else vectors.shape[1])
    ranker = Ranker(sizes, initial(sizes, None if vectors is None else scaling(vectors), seed))
    optimizer = chainer.optimizers.Adam(alpha=RATE, weight_decay_rate=DECAY)
    optimizer.setup(ranker)
    random = np.random.default_rng(seed)
    batches = _Batches(captions, pairs, random)
    np.random.seed(seed)
    with Progress("ranker", EPOCHS * len(pairs), "pairs") as progress:
        for epoch in range(EPOCHS):
            for done, (rows, better, worse) in batches.epoch():
                optimizer.alpha = RATE * (1 + np.cos(np.pi * (epoch + done) / EPOCHS)) / 2
                photos = None if vectors is None else vectors[captions.examples.photo[rows]]
                scores = ranker(captions.words[rows], captions.characters[rows], photos, DROPOUT)
                loss = F.mean(F.softplus(scores[worse] - scores[better]))
                ranker.cleargrads()
                loss.backward()
                optimizer.update()
                progress.advance(len(better), loss=f"{float(loss.array):.3f}")
    return ranker


class _Batches:
    """The captions of some photos at a time, with the pairs among them."""

    def __init__(self, captions: RankedCaptions, pairs: Array, random: np.random.Generator) -> None:
        self._random = random
        by_photo = np.argsort(captions.examples.photo[pairs[:, 0]], kind="stable")
        owners = captions.examples.photo[pairs[by_photo, 0]]
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        self._pairs = np.split(pairs[by_photo], starts[1:])  # one array a photo
        count = len(np.unique(pairs))  # of captions
        self._per_batch = max(1, round(min(CAPTIONS, count / UPDATES) * len(self._pairs) / count))

    def epoch(self) -> Iterator[tuple[float, tuple[Array, Array, Array]]]:
        """Yield batches in an order of their own: which share of the epoch is done; rows of captions, (N,),
        and where in these the better and the worse one of each pair is, (n,) each."""
        order = self._random.permutation(len(self._pairs))
        for start in range(0, len(order), self._per_batch):
            pairs = np.concatenate([self._pairs[n] for n in order[start : start + self._per_batch]])
            rows, places = np.unique(pairs, return_inverse=True)
            better, worse = places.reshape(pairs.shape).T
            yield start / len(order), (rows, better, worse)


def scaling(vectors: Photos) -> tuple[Array, Array]:
    """Return what centres photos' vectors and scales them to length 1 on average: (D,) each.

    All components are scaled alike: one that is seldom anything else than 0 must not count more than others.
    """
    mean, deviation = moments(vectors, np.float64)
    length = float(np.sqrt((deviation**2).sum()))
    return mean, np.full(len(mean), 1 / length if length > 0 else 1.0)


def all_scores(ranker: Ranker, captions: RankedCaptions, vectors: Photos | None) -> Array:
    """Return the score of each caption, (C,) float32, with some thousand of them in memory."""
    found = [np.zeros(0, np.float32)]
    for start in range(0, len(captions), _BLOCK):
        some = slice(start, start + _BLOCK)
        photos = None if vectors is None else np.asarray(vectors[captions.examples.photo[some]])
        found.append(ranker.scores(captions.words[some], captions.characters[some], photos))
    return np.concatenate(found)
