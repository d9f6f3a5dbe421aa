"""What a loss is to be compared with: no knowledge at all, and word frequencies alone."""

import math

import numpy as np

from dataset.vocabulary import BOS
from train.examples import Examples
from train.model import Array


def counts(examples: Examples, vocabulary: int) -> Array:
    """Return how often each id is a target, (vocabulary,) int64, <EOS> counted."""
    targets = np.bincount(examples.stream, minlength=vocabulary)
    targets[BOS] = 0  # <BOS>, which no model is asked for
    return targets


def unigram(train: Examples, of: Examples, vocabulary: int) -> float:
    """Return the loss on `of`, nats per token, of a model that knows only the word frequencies of `train`.

    Of train itself that is the unigram entropy. Frequencies are add-one smoothed where `of` is not train,
    since a word never seen would cost infinity.
    """
    seen = counts(train, vocabulary) + (0.0 if of is train else 1.0)
    found = counts(of, vocabulary)
    used = found > 0
    return float(-(found[used] * np.log(seen[used] / seen.sum())).sum() / found.sum())


def uniform(vocabulary: int) -> float:
    """Return ln V: the loss of a model that knows nothing."""
    return math.log(vocabulary)
