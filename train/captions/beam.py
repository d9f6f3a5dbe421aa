"""Beam search, batched over photos and beams.

N rows of a step, V tokens of the vocabulary, B photos, K beams, D components of a photo's vector, t tokens so
far.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.arithmetic.arithmetic import Decoder, Ranking
from train.arithmetic.arrays import to_host
from train.captions.constraints import Ints, Rules
from train.captions.decode import Hypothesis

Floats = NDArray[np.float64]


def beam(
    model: Decoder,
    vectors: Any,
    rules: Rules,
    *,
    width: int = 3,
    length_normalisation: float = 0.0,
    n: int = 1,
) -> list[list[Hypothesis]]:
    """Search for the n captions of the highest score per photo.

    The score is the log-probability divided by length ** length_normalisation, <EOS> counted; 0 is what the
    article does. A photo is done when no unfinished caption can still beat its n best, so a wide enough beam
    is exhaustive search.

    Args:
        vectors: (B, D) float32 raw photo vectors.
        rules: what a caption may hold.
        width: K, unfinished captions that are kept per photo.
        length_normalisation: the exponent.
        n: captions per photo.

    Returns:
        A list per photo, best first; shorter than n where the rules allow fewer captions.

    Source: length normalisation as in Wu et al. 2016, with the plain length as the penalty's base.
    """
    search = _BeamSearch(len(vectors), rules, model.ranking, width, length_normalisation, n)
    state, last = model.start(vectors), np.full(len(vectors), rules.bos)
    while len(last):
        logits, state = model.step(state, last)
        rows, last = search.advance(logits)
        del logits  # frees them: the next step's take the same memory, which is still in the cache
        state = state.select(rows)
    return search.best


class _BeamSearch:
    """The unfinished captions: row r belongs to photo `_photo[r]`, in ascending order.

    Args:
        photos: B.
        ranking: what logits are read with.
        width: K.
        exponent: of the length normalisation.
    """

    def __init__(
        self, photos: int, rules: Rules, ranking: Ranking, width: int, exponent: float, n: int
    ) -> None:
        self._ranking = ranking
        self._rules, self._width, self._exponent, self._n = rules, width, exponent, n
        self.best: list[list[Hypothesis]] = [[] for _ in range(photos)]
        self._threshold = np.full(photos, -np.inf)
        """(B,) the score that a photo's new caption has to beat: that of its n-th best."""
        self._photo = np.arange(photos)  # (N,)
        self._tokens = np.zeros((photos, 0), np.int64)  # (N, t)
        self._log_probabilities = np.zeros((photos, 0))  # (N, t)

    def advance(self, logits: Any) -> tuple[Ints, Ints]:
        """Extend every caption by one token.

        Args:
            logits: (N, V); overwritten.

        Returns:
            The rows that go on, (M,) int64, and their new tokens (M,) int64.
        """
        rules, totals = self._rules, self._log_probabilities.sum(axis=1)
        # Before the rules: log-probabilities are the model's own, not those among the allowed tokens.
        normaliser, note = self._ranking.log_sum_exp(logits)
        rules.mask(logits, self._tokens)
        ends = to_host(logits[:, rules.eos]) - normaliser
        self._finish(ends, totals + ends)
        logits[:, rules.eos] = -np.inf  # a caption either ends or goes on
        # No photo can keep more than `width` successors of one row.
        gains, tokens = self._ranking.top_k(logits, min(self._width, logits.shape[1]), note)  # (N, K)
        gains -= normaliser[:, None]
        rows, columns = self._survivors(totals[:, None] + gains)
        last = tokens[rows, columns]
        self._photo = self._photo[rows]
        self._tokens = np.concatenate([self._tokens[rows], last[:, None]], axis=1)
        self._log_probabilities = np.concatenate(
            [self._log_probabilities[rows], gains[rows, columns][:, None]], axis=1
        )
        return rows, last

    def _finish(self, ends: Floats, totals: Floats) -> None:
        """Add the captions that end here to their photo's n best.

        Args:
            ends: (N,) log-probability of <EOS>.
            totals: (N,) log-probability of the caption, <EOS> counted.
        """
        scores = totals / (self._tokens.shape[1] + 1) ** self._exponent
        rows = np.flatnonzero(scores > self._threshold[self._photo])
        for row in rows[_best_per_photo(self._photo[rows], scores[rows], self._n)]:
            photo = self._photo[row]
            best = self.best[photo]
            log_probabilities = np.append(self._log_probabilities[row], ends[row])
            best.append(Hypothesis.from_arrays(self._tokens[row], log_probabilities, float(scores[row])))
            best.sort(key=lambda hypothesis: -hypothesis.score)
            del best[self._n :]
            if len(best) == self._n:
                self._threshold[photo] = best[-1].score

    def _survivors(self, totals: Floats) -> tuple[Ints, Ints]:
        """Return row and column in `totals` (N, K) of each photo's `width` best that can still win."""
        # Log-probabilities only fall, and the longest caption is divided by most: no score can end above
        # this.
        longest = (self._rules.max_tokens + 1) ** self._exponent
        rows, columns = np.nonzero(totals / longest > self._threshold[self._photo][:, None])
        kept = _best_per_photo(self._photo[rows], totals[rows, columns], self._width)
        return rows[kept], columns[kept]


def _best_per_photo(photo: Ints, scores: Floats, count: int) -> Ints:
    """Return the positions of each photo's `count` highest scores (M,), photos ascending, best first."""
    order = np.lexsort((-scores, photo))
    photo = photo[order]
    # searchsorted finds where each photo's run begins; the distance from there is the rank.
    rank = np.arange(len(photo)) - np.searchsorted(photo, photo)
    return order[rank < count]
