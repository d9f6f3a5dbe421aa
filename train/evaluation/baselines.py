"""What to compare a model with: no knowledge, token frequencies alone, memorised captions, training captions.

V vocabulary.
"""

import math
from collections.abc import Sequence

import numpy as np

from dataset.text.vocabulary import BOS, EOS, UNK
from train.examples import Examples
from train.model import Array


def target_counts(examples: Examples, vocabulary: int) -> Array:
    """Return how often each id is a target: (V,) int64, <EOS> counted."""
    targets = np.bincount(examples.stream, minlength=vocabulary)
    targets[BOS] = 0  # the stream holds <BOS> too, which no model predicts
    return targets


def unigram(train: Examples, examples: Examples, vocabulary: int, *, known: bool = False) -> float:
    """Return the loss on `examples`, nats per token, of a model that knows only `train`'s token frequencies.

    On train itself that is the unigram entropy. On other examples frequencies are add-one smoothed, since a
    token that train lacks would cost infinity.

    Args:
        known: only of targets that are not <UNK>, as `nll_known` is.
    """
    frequencies = target_counts(train, vocabulary) + (0.0 if examples is train else 1.0)
    counts = target_counts(examples, vocabulary)
    if known:
        counts[UNK] = 0
    used = counts > 0  # log(0) never enters, not even multiplied by 0
    return float(-(counts[used] * np.log(frequencies[used] / frequencies.sum())).sum() / counts.sum())


def uniform(vocabulary: int) -> float:
    """Return ln V: the loss of a model that knows nothing."""
    return math.log(vocabulary)


def memorised(examples: Examples) -> float:
    """Return the loss, in nats per token, of a model that has memorised every caption of every photo.

    Such a model still cannot know which of a photo's captions is the target: n distinct ones cost ln n nats
    each. So it is 0 where each photo has one caption, and the least that any model can reach on these
    captions.
    """
    hashes = examples.hashes()
    order = np.lexsort((hashes, examples.photo))  # stable: of equal captions of a photo the first comes first
    photo, found = examples.photo[order], hashes[order]
    first = np.flatnonzero(np.r_[True, (photo[1:] != photo[:-1]) | (found[1:] != found[:-1])])
    counts = np.diff(np.r_[first, len(order)])
    ratios, places = np.unique(np.bincount(photo)[photo[first]] / counts, return_inverse=True)
    nats = counts * np.array([math.log(ratio) for ratio in ratios])[places]
    # Added one after the other in the order of the captions, so that the last digit is fixed.
    return float(nats[np.argsort(order[first])].cumsum()[-1] / (examples.lengths + 1).sum())


def verbatim(captions: Sequence[Sequence[int]], known: Examples) -> Array:
    """Return 1 for each of N captions, given as ids, that is one of `known` word for word, else 0: (N,)."""
    count = len(captions)
    written = Examples.build([""], [0] * count, captions, [0] * count, BOS, EOS)
    is_known = np.isin(written.hashes(), known.hashes())
    # <UNK> stands for many words: nobody can tell whether they are the same.
    return np.array([bool(is_known[row]) and UNK not in captions[row] for row in range(count)], float)
