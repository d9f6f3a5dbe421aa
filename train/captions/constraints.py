"""What a caption may hold: the rules that a decoder obeys at every step.

N unfinished captions, V tokens of the vocabulary.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def namespace(array: Any) -> Any:
    """Return the module that an array is of, NumPy or CuPy, without importing either."""
    return sys.modules[type(array).__module__.partition(".")[0]]


class Constraint(Protocol):
    """Which tokens may not come next, given what came before."""

    def banned(self, history: Ints) -> tuple[Ints, Ints]:
        """Return rows and token ids, pair by pair, that may not follow `history` (N, tokens so far)."""


@dataclass(frozen=True)
class Rules:
    """The frame of a caption: where it starts and ends, how long it may be, what it may not hold.

    `bos` and `eos` are token ids; lengths count tokens without either. `banned` ids never appear. After
    `max_tokens` only <EOS> may follow, so every caption is a whole sentence of the model.
    """

    bos: int
    eos: int
    max_tokens: int = 50
    min_tokens: int = 1
    banned: tuple[int, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    def mask(self, values: Any, history: Ints) -> None:
        """Set what may not follow `history` (N, t) to -inf in `values` (N, V), a NumPy or CuPy array."""
        xp = namespace(values)
        length = history.shape[1]
        if length >= self.max_tokens:
            ends = values[:, self.eos].copy()
            values[...] = -np.inf
            values[:, self.eos] = ends
            return
        values[:, xp.asarray([self.bos, *self.banned])] = -np.inf
        if length < self.min_tokens:
            values[:, self.eos] = -np.inf
        for constraint in self.constraints:
            rows, tokens = constraint.banned(history)
            if len(rows):
                values[xp.asarray(rows), xp.asarray(tokens)] = -np.inf


@dataclass(frozen=True)
class NoRepeat:
    """No run of `size` tokens comes twice in a caption."""

    size: int

    def banned(self, history: Ints) -> tuple[Ints, Ints]:
        """Return the tokens that would complete a run which is there already."""
        before = self.size - 1
        if history.shape[1] < self.size:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        windows = np.lib.stride_tricks.sliding_window_view(history, self.size, axis=1)
        tail = history[:, history.shape[1] - before :]
        rows, places = np.nonzero((windows[:, :, :before] == tail[:, None]).all(axis=2))
        return rows, windows[rows, places, before]


class ForbiddenWords:
    """No caption holds any of the words, whether as a token, within one, or across several.

    Args:
        words: what may not appear in the caption's text.
        vocabulary: the text of every token by its id.
    """

    def __init__(self, words: Sequence[str], vocabulary: Sequence[str]) -> None:
        self._vocabulary = vocabulary
        self.tokens = [i for i, token in enumerate(vocabulary) if any(word in token for word in words)]
        """Ids of the tokens that hold a word by themselves."""
        ends = ((word[:cut], word[cut:]) for word in words for cut in range(1, len(word)))
        self._ends = [(start, self._starting_with(end)) for start, end in ends]
        self._longest = max(map(len, words), default=0)

    def _starting_with(self, end: str) -> Ints:
        return np.array([i for i, token in enumerate(self._vocabulary) if token.startswith(end)], np.int64)

    def banned(self, history: Ints) -> tuple[Ints, Ints]:
        """Return the tokens that would complete a word whose start stands at the caption's end."""
        rows: list[Ints] = [np.zeros(0, np.int64)]
        tokens: list[Ints] = [np.zeros(0, np.int64)]
        for row, ids in enumerate(history):
            text = "".join(self._vocabulary[token] for token in ids[-self._longest :])
            for start, ends in self._ends:
                if text.endswith(start):
                    tokens.append(ends)
                    rows.append(np.full(len(ends), row))
        return np.concatenate(rows), np.concatenate(tokens)
