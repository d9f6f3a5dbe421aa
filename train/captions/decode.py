"""Draw captions from a model: greedy, beam search, sampling; batched over photos and beams.

The model is anything that steps (`Steps`), so a table of probabilities will do for a test. It may compute on
a GPU: only a few numbers of each step come to the to_host.

N rows of a step, V tokens of the vocabulary, B photos, K beams, D components of a photo's vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from train.captions.constraints import Rules, namespace
from train.captions.logits import log_sum_exp, log_sum_exp_and_maxima, to_host, top_k

Ints = NDArray[np.int64]


class State(Protocol):
    """What a model remembers of N unfinished captions."""

    def select(self, rows: Any) -> Self:
        """Return the state of these rows, in this order; a row may be dropped or come several times."""


class Steps(Protocol):
    """A model that says, token by token, what may come next; arrays are on its device, as `vectors` are."""

    def start(self, vectors: Any) -> Any:
        """Return the state before the first token, for photos given as (N, D) vectors."""

    def step(self, state: Any, tokens: Any) -> tuple[Any, Any]:
        """Return (N, V) scores of the token after `tokens` (N,), and the state after them.

        Scores are natural log-probabilities but for a constant of each row. The array is the caller's to
        overwrite.
        """


@dataclass(frozen=True)
class Hypothesis:
    """A complete caption as the decoder sees it.

    `tokens` are ids without <BOS> and <EOS>; `log_probabilities` are the model's own, in nats, one per token
    and then that of <EOS>; `score` is what beams are ranked by.
    """

    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    score: float


def greedy(model: Steps, vectors: Any, rules: Rules) -> list[Hypothesis]:
    """Take the likeliest token each time; one caption per photo."""

    return _draw(model, vectors, rules, lambda values, _: to_host(values.argmax(axis=1)))


def sample(
    model: Steps,
    vectors: Any,
    rules: Rules,
    *,
    seeds: Sequence[object],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> list[Hypothesis]:
    """Draw each token from the model's distribution; one caption per row of `vectors`.

    Args:
        seeds: one per row, anything that NumPy's default_rng takes. A row's draws depend on its own seed
            alone, not on what else is in the batch.
        temperature: the log-probabilities are divided by it; below 1 plays safe, above 1 is bolder.
        top_k: draw among this many likeliest tokens only; None means all.
        top_p: draw among the fewest likeliest tokens that together hold this probability; None means all.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]  # type: ignore[arg-type]

    def drawn(values: Any, rows: Ints) -> Ints:
        uniform = np.array([generators[row].random() for row in rows])
        return _inverse_cdf(values / temperature, uniform, top_k, top_p)

    return _draw(model, vectors, rules, drawn)


def _inverse_cdf(values: Any, uniform: NDArray[np.float64], top_k: int | None, top_p: float | None) -> Ints:
    """Return for each row the token at which the cumulated probability passes `uniform` (N,), in [0, 1)."""
    xp = namespace(values)
    order = xp.argsort(-values, axis=1)[:, :top_k]
    values = xp.take_along_axis(values, order, axis=1).astype(np.float64)
    likelihood = xp.exp(values - xp.maximum(values[:, :1], -1e300))
    cumulated = xp.cumsum(likelihood, axis=1)
    if top_p is not None:
        before = cumulated - likelihood
        likelihood = xp.where(before < top_p * cumulated[:, -1:], likelihood, 0)
        likelihood[:, 0] = cumulated[:, 0]  # the likeliest always stays
        cumulated = xp.cumsum(likelihood, axis=1)
    place = (cumulated <= xp.asarray(uniform)[:, None] * cumulated[:, -1:]).sum(axis=1)
    place = xp.minimum(place, order.shape[1] - 1)
    chosen: Ints = to_host(xp.take_along_axis(order, place[:, None], axis=1)[:, 0])
    return chosen


def _draw(model: Steps, vectors: Any, rules: Rules, choose: Any) -> list[Hypothesis]:
    """Grow one caption per row; `choose(values, rows)` picks the next token of the rows still growing."""
    alive = np.arange(len(vectors))
    history = np.zeros((len(vectors), 0), np.int64)
    trace = np.zeros((len(vectors), 0))
    done: dict[int, Hypothesis] = {}
    xp = namespace(vectors)
    state, last = model.start(vectors), np.full(len(vectors), rules.bos)
    while len(alive):
        values, state = model.step(state, xp.asarray(last))
        normaliser = log_sum_exp(values)
        rules.mask(values, history)
        last = choose(values, alive)
        gained = _pick(values, last) - normaliser
        last[np.isneginf(gained)] = rules.eos  # nothing may follow
        history = np.concatenate([history, last[:, None]], axis=1)
        trace = np.concatenate([trace, gained[:, None]], axis=1)
        ended = last == rules.eos
        for row in np.flatnonzero(ended):
            done[int(alive[row])] = _hypothesis(history[row, :-1], trace[row], float(trace[row].sum()))
        keep = np.flatnonzero(~ended)
        if ended.any():
            state = state.select(xp.asarray(keep))
        alive, history, trace, last = alive[keep], history[keep], trace[keep], last[keep]
    return [done[row] for row in range(len(vectors))]


def beam(
    model: Steps, vectors: Any, rules: Rules, *, width: int = 3, length_normalisation: float = 0.0, n: int = 1
) -> list[list[Hypothesis]]:
    """Search for the n captions of the highest score per photo, keeping `width` unfinished ones alive.

    The score is the log-probability divided by length ** length_normalisation, <EOS> counted; 0 is the
    article's way. A photo is done when nothing unfinished can still beat its n best, so a wide enough beam is
    exhaustive search.

    Returns:
        A list per photo, best first; shorter than n where the model has fewer captions within the rules.
    """
    search = _Beams(len(vectors), rules, width, length_normalisation, n)
    xp = namespace(vectors)
    state, last = model.start(vectors), np.full(len(vectors), rules.bos)
    while len(last):
        values, state = model.step(state, xp.asarray(last))
        rows, last = search.advance(values)
        del values  # the next step's scores then take their place, and stay in the cache
        state = state.select(xp.asarray(rows))
    return search.best


class _Beams:
    """The unfinished captions of a beam search: row r belongs to photo `photo[r]`, in ascending order."""

    def __init__(self, photos: int, rules: Rules, width: int, alpha: float, n: int) -> None:
        self._rules, self._width, self._alpha, self._n = rules, width, alpha, n
        self.best: list[list[Hypothesis]] = [[] for _ in range(photos)]
        self._bar = np.full(photos, -np.inf)
        """The score that a photo's new caption has to beat: that of its n-th best."""
        self._photo = np.arange(photos)
        self._history = np.zeros((photos, 0), np.int64)
        self._trace = np.zeros((photos, 0))

    def advance(self, values: Any) -> tuple[Ints, Ints]:
        """Grow every caption by one token; return the rows that live on and their new tokens."""
        rules, sums = self._rules, self._trace.sum(axis=1)
        normaliser, maxima = log_sum_exp_and_maxima(values)
        rules.mask(values, self._history)
        ends = to_host(values[:, rules.eos]) - normaliser
        self._finish(ends, sums + ends)
        values[:, rules.eos] = -np.inf
        gains, tokens = top_k(values, min(self._width, values.shape[1]), maxima)
        gains -= normaliser[:, None]
        rows, places = self._survivors(sums[:, None] + gains)
        last = tokens[rows, places]
        self._photo = self._photo[rows]
        self._history = np.concatenate([self._history[rows], last[:, None]], axis=1)
        self._trace = np.concatenate([self._trace[rows], gains[rows, places][:, None]], axis=1)
        return rows, last

    def _finish(self, ends: NDArray[np.float64], totals: NDArray[np.float64]) -> None:
        """Add the captions that end here to their photo's n best."""
        scores = totals / (self._history.shape[1] + 1) ** self._alpha
        rows = np.flatnonzero(scores > self._bar[self._photo])
        for row in rows[_best_of_each(self._photo[rows], scores[rows], self._n)]:
            photo = self._photo[row]
            best, trace = self.best[photo], np.append(self._trace[row], ends[row])
            best.append(_hypothesis(self._history[row], trace, float(scores[row])))
            best.sort(key=lambda hypothesis: -hypothesis.score)
            del best[self._n :]
            if len(best) == self._n:
                self._bar[photo] = best[-1].score

    def _survivors(self, totals: NDArray[np.float64]) -> tuple[Ints, Ints]:
        """Return row and column in `totals` (N, K) of each photo's `width` best that can still win."""
        longest = (self._rules.max_tokens + 1) ** self._alpha
        rows, places = np.nonzero(totals / longest > self._bar[self._photo][:, None])
        kept = _best_of_each(self._photo[rows], totals[rows, places], self._width)
        return rows[kept], places[kept]


def _best_of_each(photo: Ints, scores: NDArray[np.float64], count: int) -> Ints:
    """Return the places of each photo's `count` highest scores, photos in ascending order, best first."""
    order = np.lexsort((-scores, photo))
    photo = photo[order]
    rank = np.arange(len(photo)) - np.searchsorted(photo, photo)
    return order[rank < count]


def _hypothesis(tokens: Ints, trace: NDArray[np.float64], score: float) -> Hypothesis:
    return Hypothesis(tuple(map(int, tokens)), tuple(map(float, trace)), score)


def _pick(values: Any, tokens: Ints) -> NDArray[np.float64]:
    xp = namespace(values)
    picked: NDArray[np.float64] = to_host(values[xp.arange(len(values)), xp.asarray(tokens)]).astype(
        np.float64
    )
    return picked
