"""What a loss is to be compared with: no knowledge, word frequencies alone, and every caption by heart."""

import math
from collections import Counter

import numpy as np

from dataset.text.vocabulary import BOS
from train.examples import Examples
from train.model import Array


def target_counts(examples: Examples, vocabulary: int) -> Array:
    """Return how often each id is a target, (vocabulary,) int64, <EOS> counted."""
    targets = np.bincount(examples.stream, minlength=vocabulary)
    targets[BOS] = 0  # <BOS>, which no model is asked for
    return targets


def unigram(train: Examples, of: Examples, vocabulary: int) -> float:
    """Return the loss on `of`, nats per token, of a model that knows only the word frequencies of `train`.

    Of train itself that is the unigram entropy. Frequencies are add-one smoothed where `of` is not train,
    since a word never seen would cost infinity.
    """
    seen = target_counts(train, vocabulary) + (0.0 if of is train else 1.0)
    found = target_counts(of, vocabulary)
    used = found > 0
    return float(-(found[used] * np.log(seen[used] / seen.sum())).sum() / found.sum())


def uniform(vocabulary: int) -> float:
    """Return ln V: the loss of a model that knows nothing."""
    return math.log(vocabulary)


def by_heart(examples: Examples) -> float:
    """Return the least loss on captions, nats per token, that knowing all of them and the photo allows.

    Which of a photo's captions is asked for, nobody can know: n distinct ones cost ln n nats each. So it is
    0 where each photo has one caption, and all that the many right answers of a photo can add to the loss
    of a model that memorises.
    """
    captions = Counter(
        (int(photo), examples.stream[start : start + length + 2].tobytes())
        for photo, start, length in zip(examples.photo, examples.starts, examples.lengths, strict=True)
    )
    of_photo = np.bincount(examples.photo)
    nats = sum(count * math.log(of_photo[photo] / count) for (photo, _), count in captions.items())
    return float(nats / (examples.lengths + 1).sum())
