"""Losses to compare a model's with: of no knowledge, of token frequencies alone, of memorised captions.

V vocabulary.
"""

import math
from collections import Counter

import numpy as np

from dataset.text.vocabulary import BOS
from train.examples import Examples
from train.model import Array


def target_counts(examples: Examples, vocabulary: int) -> Array:
    """Return how often each id is a target: (V,) int64, <EOS> counted."""
    targets = np.bincount(examples.stream, minlength=vocabulary)
    targets[BOS] = 0  # the stream holds <BOS> too, which no model predicts
    return targets


def unigram(train: Examples, examples: Examples, vocabulary: int) -> float:
    """Return the loss on `examples`, nats per token, of a model that knows only `train`'s token frequencies.

    On train itself that is the unigram entropy. On other examples frequencies are add-one smoothed, since a
    token that train lacks would cost infinity.
    """
    frequencies = target_counts(train, vocabulary) + (0.0 if examples is train else 1.0)
    counts = target_counts(examples, vocabulary)
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
    captions = Counter(
        (int(photo), examples.stream[start : start + length + 2].tobytes())
        for photo, start, length in zip(examples.photo, examples.starts, examples.lengths, strict=True)
    )
    per_photo = np.bincount(examples.photo)
    nats = sum(count * math.log(per_photo[photo] / count) for (photo, _), count in captions.items())
    return float(nats / (examples.lengths + 1).sum())
