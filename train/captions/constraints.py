"""What a caption may hold: the rules that decoding follows at every step.

N unfinished captions, V tokens of the vocabulary, t tokens so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from train.arithmetic.arrays import namespace

Ints = NDArray[np.int64]


class Constraint(Protocol):
    """Which tokens may not come next, given what came before."""

    def banned(self, history: Ints) -> tuple[Ints, Ints]:
        """Return what may not follow `history` (N, t) int64: pairs of row (M,) and token id (M,), int64."""


@dataclass(frozen=True)
class Rules:
    """The limits of a caption: where it starts and ends, how long it may be, what it may not hold.

    Attributes:
        bos, eos: ids of <BOS> and <EOS>.
        max_tokens: after so many tokens only <EOS> may follow, so every caption ends as the model ends it.
        min_tokens: before so many tokens <EOS> may not follow. Neither count includes <BOS> and <EOS>.
        banned: ids that never appear.
        constraints: what else may not follow, given the tokens so far.
    """

    bos: int
    eos: int
    max_tokens: int = 50
    min_tokens: int = 1
    banned: tuple[int, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    def mask(self, logits: Any, history: Ints) -> None:
        """Set the logits of what may not follow to -inf.

        Args:
            logits: (N, V) float, NumPy's or CuPy's; changed in place.
            history: (N, t) int64, the tokens so far, on the host.
        """
        xp = namespace(logits)
        length = history.shape[1]
        if length >= self.max_tokens:
            ends = logits[:, self.eos].copy()
            logits[...] = -np.inf
            logits[:, self.eos] = ends
            return
        logits[:, xp.asarray([self.bos, *self.banned])] = -np.inf
        if length < self.min_tokens:
            logits[:, self.eos] = -np.inf
        for constraint in self.constraints:
            rows, tokens = constraint.banned(history)
            if len(rows):
                logits[xp.asarray(rows), xp.asarray(tokens)] = -np.inf


@dataclass(frozen=True)
class NoRepeat:
    """No n-gram of `size` tokens occurs twice in a caption."""

    size: int

    def banned(self, history: Ints) -> tuple[Ints, Ints]:
        """Return the tokens that would complete an n-gram which occurred already.

        Args:
            history: (N, t) int64.

        Returns:
            Rows (M,) and token ids (M,), int64, pair by pair.
        """
        prefix = self.size - 1
        if history.shape[1] < self.size:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        # (N, t - size + 1, size): every n-gram so far, without a copy
        windows = np.lib.stride_tricks.sliding_window_view(history, self.size, axis=1)
        tail = history[:, history.shape[1] - prefix :]  # (N, size - 1): not [-prefix:], which is all for 0
        rows, positions = np.nonzero((windows[:, :, :prefix] == tail[:, None]).all(axis=2))
        return rows, windows[rows, positions, prefix]


class ForbiddenWords:
    """No caption holds any of the words: as a token, within one, or across several.

    Args:
        words: what may not appear in the caption's text.
        vocabulary: the token of each id.
    """

    def __init__(self, words: Sequence[str], vocabulary: Sequence[str]) -> None:
        self._vocabulary = vocabulary
        self.tokens = [i for i, token in enumerate(vocabulary) if any(word in token for word in words)]
        """Ids of the tokens that hold a word by themselves."""
        # A word across tokens: where the caption ends with a start of it, no token may bring the rest.
        cuts = ((word[:cut], word[cut:]) for word in words for cut in range(1, len(word)))
        self._endings = [(start, self._starting_with(rest)) for start, rest in cuts]
        self._longest = max(map(len, words), default=0)

    def _starting_with(self, text: str) -> Ints:
        return np.array([i for i, token in enumerate(self._vocabulary) if token.startswith(text)], np.int64)

    def banned(self, history: Ints) -> tuple[Ints, Ints]:
        """Return the tokens that would complete a word whose start is at the caption's end.

        Args:
            history: (N, t) int64.

        Returns:
            Rows (M,) and token ids (M,), int64, pair by pair.
        """
        rows: list[Ints] = [np.zeros(0, np.int64)]
        tokens: list[Ints] = [np.zeros(0, np.int64)]
        for row, ids in enumerate(history):
            # A token has at least one character, so so many tokens are enough to hold any start of a word.
            text = "".join(self._vocabulary[token] for token in ids[-self._longest :])
            for start, endings in self._endings:
                if text.endswith(start):
                    tokens.append(endings)
                    rows.append(np.full(len(endings), row))
        return np.concatenate(rows), np.concatenate(tokens)
