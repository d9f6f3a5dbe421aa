"""The words that the ranker tells apart: frequent ones by themselves, all others by how they are written.

Words that train has seldom, or not at all, say little each; but a name in katakana that nobody has seen
before says something to who laughs at made-up names. So they count by the script of their first character.
"""

import unicodedata
from collections.abc import Sequence
from itertools import chain

import numpy as np

from dataset.text.vocabulary import SPECIALS, Vocabulary
from train.examples import spread
from train.model import Array

EMPTY = -1
"""Stands in a bag where there is no more word."""
RAREST, SHARE = 150, 1 / 2000
"""Words that train has less often, and that are a smaller share of all it has, are rare: stars are so noisy
that fewer do not tell how a word is liked. (With 5 instead of 150 a ranker of 20,000 captions is worse.)"""
SCRIPTS = ("KATAKANA", "HIRAGANA", "CJK", "LATIN", "DIGIT")
"""How the Unicode names of characters begin; a rare word in none of these counts as one more kind."""


def frequent(vocabulary: Vocabulary) -> int:
    """Return how many of a vocabulary's ids, which are sorted by frequency, are told apart."""
    counts = vocabulary.counts or (RAREST,) * len(vocabulary)
    least = min(RAREST, max(1, round(SHARE * sum(counts))))
    return max((number for number, count in enumerate(counts, 1) if count >= least), default=len(SPECIALS))


def kinds(vocabulary: Vocabulary) -> int:
    """Return how many words the ranker tells apart, the kinds of rare ones among them."""
    return frequent(vocabulary) + len(SCRIPTS) + 1


def ids(tokens: Sequence[str], vocabulary: Vocabulary) -> Array:
    """Return what the ranker takes tokens for: (N,) int32, below `kinds`."""
    most = frequent(vocabulary)
    known = dict(zip(vocabulary.tokens[len(SPECIALS) : most], range(len(SPECIALS), most), strict=True))
    found = [known[token] if token in known else most + script(token) for token in tokens]
    return np.array(found, np.int32)


def script(token: str) -> int:
    """Return which of SCRIPTS a word is written in, by its first character; their number for any other."""
    name = unicodedata.name(token[:1], "") if token else ""
    return next((n for n, kind in enumerate(SCRIPTS) if name.startswith(kind)), len(SCRIPTS))


def bags(numbers: Array, lengths: Array) -> Array:
    """Return the distinct ids of captions, (C, T) int32, ascending, then EMPTY.

    Args:
        numbers: (sum of lengths,), one caption after the other.
        lengths: (C,) tokens of each.
    """
    owners = np.repeat(np.arange(len(lengths)), lengths)
    distinct = np.unique(np.stack([owners, numbers]), axis=1)
    counts = np.bincount(distinct[0], minlength=len(lengths))
    result = np.full((len(lengths), counts.max(initial=0)), EMPTY, np.int32)
    result[distinct[0], spread(counts)] = distinct[1]
    return result


def bags_of(captions: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Array:
    """Return the bags of captions that are given as tokens."""
    numbers = ids(list(chain.from_iterable(captions)), vocabulary)
    return bags(numbers, np.array([len(caption) for caption in captions], np.int64))
