"""Greedy decoding and sampling, batched over photos; beam search is in `train.captions.beam`.

The model is anything that is a `Decoder`, so a test can use a table of probabilities. It may compute on a
GPU: only a few numbers of each step come to the host.

N rows of a step, M of them not finished, V tokens of the vocabulary, D components of a photo's vector, t
tokens so far.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from train.arithmetic.arithmetic import Decoder, Ranking, State
from train.arithmetic.arrays import namespace, to_host
from train.captions.constraints import Ints, Rules

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hypothesis:
    """A finished caption as token ids.

    Attributes:
        tokens: ids without <BOS> and <EOS>.
        log_probabilities: the model's own, in nats: one per token, then that of <EOS>.
        score: what beams are ranked by.
    """

    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    score: float

    @classmethod
    def from_arrays(cls, tokens: Ints, log_probabilities: Floats, score: float) -> Self:
        """Return the hypothesis of ids (t,) int64 and log-probabilities (t + 1,) float64."""
        return cls(tuple(map(int, tokens)), tuple(map(float, log_probabilities)), score)


class Watched:
    """A model that calls something before each of its steps: it can end captions that take too long.

    Args:
        model: the model.
        check: raises what ends them.
    """

    def __init__(self, model: Decoder, check: Callable[[], None]) -> None:
        self._model, self._check = model, check

    @property
    def ranking(self) -> Ranking:
        """What its logits are read with."""
        return self._model.ranking

    def start(self, vectors: Any, /) -> State:
        """Return the state before the first token."""
        return self._model.start(vectors)

    def step(self, state: Any, tokens: Any, /) -> tuple[Any, State]:
        """Read one more token of each caption."""
        self._check()
        return self._model.step(state, tokens)


def greedy(model: Decoder, vectors: Any, rules: Rules) -> list[Hypothesis]:
    """Return one caption per photo, of the likeliest token each time.

    Args:
        vectors: (N, D) float32 raw photo vectors.
    """
    return _decode(model, vectors, rules, lambda logits, _: to_host(logits.argmax(axis=1)))


def sample(
    model: Decoder,
    vectors: Any,
    rules: Rules,
    *,
    seeds: Sequence[object],
    temperature: float,
    top_k: int | None,
    top_p: float | None,
) -> list[Hypothesis]:
    """Return one caption per row of `vectors`, each token drawn from the model's distribution.

    Args:
        vectors: (N, D) float32 raw photo vectors.
        seeds: one per row, anything that NumPy's default_rng takes. A row's caption depends on its own seed
            alone, not on the rest of the batch.
        temperature: logits are divided by it; below 1 plays safe, above 1 is bolder.
        top_k: draw among this many likeliest tokens only; None means all.
        top_p: draw among the fewest likeliest tokens that together hold this probability; None means all.

    Source: top-p is nucleus sampling, Holtzman et al. 2020.
    """
    uniform = _uniform(seeds)

    def draw(logits: Any, rows: Ints) -> Ints:
        return _inverse_cdf(logits / temperature, uniform(rows), top_k, top_p)

    return _decode(model, vectors, rules, draw)


def greedy_and_sample(
    model: Decoder, vectors: Any, rules: Rules, *, seeds: Sequence[object]
) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Return what `greedy` and `sample`, with a temperature of 1, write for each row of `vectors`.

    Both are decoded in one batch: small models spend a step on calls, not on numbers, and so half of them.

    Args:
        vectors: (N, D) float32 raw photo vectors.
        seeds: one per row, of its sample.
    """
    count, uniform = len(vectors), _uniform(seeds)

    def choose(logits: Any, rows: Ints) -> Ints:
        first = int(np.searchsorted(rows, count))  # of the rows that are drawn
        likeliest: Ints = to_host(logits[:first].argmax(axis=1))
        drawn = _inverse_cdf(logits[first:], uniform(rows[first:] - count), None, None)
        return np.concatenate([likeliest, drawn])

    both = _decode(model, np.concatenate([vectors, vectors]), rules, choose)
    return both[:count], both[count:]


def _uniform(seeds: Sequence[object]) -> Callable[[Ints], Floats]:
    """Return what draws the next number in [0, 1) of each of some rows, by the row's seed alone."""
    generators = [np.random.default_rng(seed) for seed in seeds]  # type: ignore[arg-type]
    return lambda rows: np.array([generators[row].random() for row in rows])


def _inverse_cdf(logits: Any, uniform: Floats, top_k: int | None, top_p: float | None) -> Ints:
    """Return for each row of logits (N, V) the token at which the cumulative probability passes `uniform`.

    Args:
        uniform: (N,) in [0, 1).

    Returns:
        (N,) ids on the host.
    """
    xp = namespace(logits)
    order = xp.argsort(-logits, axis=1)[:, :top_k]
    # float64: a sum over the vocabulary in float32 would shift the thresholds between tokens.
    logits = xp.take_along_axis(logits, order, axis=1).astype(np.float64)
    # The largest is taken off before exp; the bound keeps a row that is all -inf from -inf minus -inf.
    weights = xp.exp(logits - xp.maximum(logits[:, :1], -1e300))
    cumulative = xp.cumsum(weights, axis=1)
    if top_p is not None:
        before = cumulative - weights
        weights = xp.where(before < top_p * cumulative[:, -1:], weights, 0)
        weights[:, 0] = cumulative[:, 0]  # the likeliest always stays
        cumulative = xp.cumsum(weights, axis=1)
    # Not divided by the sum: `uniform` is scaled up instead.
    rank = (cumulative <= xp.asarray(uniform)[:, None] * cumulative[:, -1:]).sum(axis=1)
    rank = xp.minimum(rank, order.shape[1] - 1)
    chosen: Ints = to_host(xp.take_along_axis(order, rank[:, None], axis=1)[:, 0])
    return chosen


def _decode(
    model: Decoder, vectors: Any, rules: Rules, choose: Callable[[Any, Ints], Ints]
) -> list[Hypothesis]:
    """Return one caption per row of `vectors`.

    Args:
        choose: takes masked logits (M, V) and the rows (M,) of `vectors` that they belong to; returns the
        next
            token of each (M,).
    """
    alive = np.arange(len(vectors))  # (M,) the rows that are not finished
    tokens = np.zeros((len(vectors), 0), np.int64)  # (M, t)
    log_probabilities = np.zeros((len(vectors), 0))  # (M, t)
    done: dict[int, Hypothesis] = {}
    state, last = model.start(vectors), np.full(len(vectors), rules.bos)
    while len(alive):
        logits, state = model.step(state, last)
        # Before the rules: log-probabilities are the model's own, not those among the allowed tokens.
        normaliser, _ = model.ranking.log_sum_exp(logits)
        rules.mask(logits, tokens)
        last = choose(logits, alive)
        gains = _pick(logits, last) - normaliser
        # No token is possible, or the model holds no numbers and would never end: the caption ends here.
        last[~np.isfinite(gains)] = rules.eos
        tokens = np.concatenate([tokens, last[:, None]], axis=1)
        log_probabilities = np.concatenate([log_probabilities, gains[:, None]], axis=1)
        ended = last == rules.eos
        for row in np.flatnonzero(ended):
            score = float(log_probabilities[row].sum())
            done[int(alive[row])] = Hypothesis.from_arrays(tokens[row, :-1], log_probabilities[row], score)
        keep = np.flatnonzero(~ended)
        if ended.any():  # finished captions leave the batch: no step is spent on them
            state = state.select(keep)
        alive, last = alive[keep], last[keep]
        tokens, log_probabilities = tokens[keep], log_probabilities[keep]
    return [done[row] for row in range(len(vectors))]


def _pick(logits: Any, tokens: Ints) -> Floats:
    """Return the logit of each row's token, (N,) float64 on the host."""
    xp = namespace(logits)
    picked: Floats = to_host(logits[xp.arange(len(logits)), xp.asarray(tokens)]).astype(np.float64)
    return picked
