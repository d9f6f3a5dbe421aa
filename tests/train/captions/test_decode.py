"""Decoding, against models small enough to enumerate every caption."""

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import chisquare  # type: ignore[import-untyped]

from train.arithmetic.reference import ranking
from train.captions.beam import beam
from train.captions.constraints import ForbiddenWords, NoRepeat, Rules
from train.captions.decode import Hypothesis, greedy, sample

BOS, EOS = 1, 2


@dataclass(frozen=True)
class History:
    """The state: a number per caption that depends on the photo and on every token so far."""

    value: NDArray[np.int64]

    def select(self, rows: NDArray[np.int64]) -> "History":
        return History(self.value[rows])


@dataclass(frozen=True)
class Table:
    """A model of arbitrary probabilities: each past has its own, random by seed."""

    vocabulary: int
    seed: int = 0
    sharpness: float = 1.5
    ranking = ranking

    def start(self, vectors: Any) -> History:
        return History(np.asarray(vectors)[:, 0].astype(np.int64))

    def step(self, state: History, tokens: NDArray[np.int64]) -> tuple[NDArray[np.float64], History]:
        past = (state.value * 31 + tokens + 1) % (2**31)
        return np.array([self.log_probabilities(int(value)) for value in past]), History(past)

    def log_probabilities(self, past: int) -> NDArray[np.float64]:
        random = np.random.default_rng([self.seed, past])
        scores = random.normal(size=self.vocabulary) * self.sharpness
        return np.asarray(scores - np.log(np.exp(scores).sum()))


def photos(*numbers: int) -> NDArray[np.float64]:
    return np.array(numbers, float)[:, None]


def exhaustive(table: Table, photo: int, rules: Rules, alpha: float) -> list[tuple[float, tuple[int, ...]]]:
    """Score every caption that the rules allow, best first."""
    words = [token for token in range(table.vocabulary) if token not in (BOS, EOS, *rules.banned)]
    found = []
    for length in range(rules.min_tokens, rules.max_tokens + 1):
        for tokens in itertools.product(words, repeat=length):
            trace = log_probabilities(table, photo, tokens)
            if allowed(rules, tokens):
                found.append((sum(trace) / (length + 1) ** alpha, tokens))
    return sorted(found, reverse=True)


def allowed(rules: Rules, tokens: tuple[int, ...]) -> bool:
    for length in range(len(tokens)):
        for constraint in rules.constraints:
            _, banned = constraint.banned(np.array([tokens[:length]], np.int64).reshape(1, length))
            if tokens[length] in banned:
                return False
    return True


def log_probabilities(table: Table, photo: int, tokens: tuple[int, ...]) -> list[float]:
    state, trace = table.start(photos(photo)), []
    for last, following in itertools.pairwise((BOS, *tokens, EOS)):
        values, state = table.step(state, np.array([last]))
        trace.append(float(values[0, following]))
    return trace


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    vocabulary=st.integers(4, 6),
    max_tokens=st.integers(1, 4),
    min_tokens=st.integers(0, 1),
    alpha=st.sampled_from([0.0, 0.7, 1.0, 2.0]),
    n=st.integers(1, 6),
    repeat=st.sampled_from([None, 1, 2]),
)
def test_a_wide_beam_is_exhaustive_search(
    seed: int, vocabulary: int, max_tokens: int, min_tokens: int, alpha: float, n: int, repeat: int | None
) -> None:
    constraints = () if repeat is None else (NoRepeat(repeat),)
    rules = Rules(BOS, EOS, max_tokens, min_tokens, banned=(0,), constraints=constraints)
    table = Table(vocabulary, seed)
    found = beam(table, photos(5, 6), rules, width=vocabulary**max_tokens, length_normalisation=alpha, n=n)
    for photo, hypotheses in zip((5, 6), found, strict=True):
        expected = exhaustive(table, photo, rules, alpha)[:n]
        assert [hypothesis.tokens for hypothesis in hypotheses] == [tokens for _, tokens in expected]
        assert [h.score for h in hypotheses] == pytest.approx([score for score, _ in expected])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 5), alpha=st.sampled_from([0.0, 1.0]))
def test_batched_is_one_at_a_time(seed: int, width: int, alpha: float) -> None:
    table, rules = Table(12, seed), Rules(BOS, EOS, 8)
    numbers = (3, 1, 4, 1, 5)
    batch = beam(table, photos(*numbers), rules, width=width, length_normalisation=alpha, n=2)
    alone = [
        beam(table, photos(photo), rules, width=width, length_normalisation=alpha, n=2)[0]
        for photo in numbers
    ]
    assert batch == alone
    assert greedy(table, photos(*numbers), rules) == [
        greedy(table, photos(photo), rules)[0] for photo in numbers
    ]
    seeds = list(range(5))
    together = sample(table, photos(*numbers), rules, seeds=seeds, top_k=6, top_p=0.9)
    single = [
        sample(table, photos(photo), rules, seeds=[own], top_k=6, top_p=0.9)[0]
        for photo, own in zip(numbers, seeds, strict=True)
    ]
    assert together == single


def test_a_beam_of_one_photo_at_a_time_is_what_the_article_did() -> None:
    """One candidate at a time, plain Python: the slow way to the same captions."""
    table, rules = Table(9, 4), Rules(BOS, EOS, 6)
    for photo in range(10):
        (hypothesis,) = beam(table, photos(photo), rules, width=3)[0]
        assert hypothesis.tokens == plain_beam(table, photo, rules, 3)


def plain_beam(table: Table, photo: int, rules: Rules, width: int) -> tuple[int, ...]:
    live: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    done: list[tuple[float, tuple[int, ...]]] = []
    for length in range(rules.max_tokens + 1):
        grown = []
        for _, tokens in live:
            for token in range(table.vocabulary):
                trace = log_probabilities(table, photo, (*tokens, token))[:-1]
                if token == EOS and length >= rules.min_tokens:
                    done.append((sum(trace), tokens))
                elif token not in (BOS, EOS) and length < rules.max_tokens:
                    grown.append((sum(trace), (*tokens, token)))
        live = sorted(grown, reverse=True)[:width]
    return max(done)[1]


def test_log_probabilities_are_the_models_own() -> None:
    table, rules = Table(10, 1), Rules(BOS, EOS, 7, banned=(0, 3))
    drawn = sample(table, photos(1, 2, 3), rules, seeds=[1, 2, 3], temperature=2.0, top_k=4)
    found = [hypotheses[0] for hypotheses in beam(table, photos(1, 2, 3), rules, length_normalisation=1.0)]
    for hypothesis, photo in zip(
        [*drawn, *found, *greedy(table, photos(1, 2, 3), rules)], [1, 2, 3] * 3, strict=True
    ):
        assert hypothesis.log_probabilities == pytest.approx(
            log_probabilities(table, photo, hypothesis.tokens)
        )


@pytest.mark.parametrize("top_k", [None, 3])
@pytest.mark.parametrize("top_p", [None, 0.8])
@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_sampling_follows_the_distribution(
    top_k: int | None, top_p: float | None, temperature: float
) -> None:
    """Chi-squared over whole captions of at most two words; with fixed seeds, so never by chance."""
    table, rules, draws = Table(6, 7, sharpness=1.0), Rules(BOS, EOS, 2, min_tokens=0, banned=(0,)), 4000
    drawn = sample(
        table,
        photos(*[5] * draws),
        rules,
        seeds=list(range(draws)),
        top_k=top_k,
        top_p=top_p,
        temperature=temperature,
    )
    expected = dict(_captions(table, rules, top_k, top_p, temperature, table.start(photos(5)), ()))
    counts = Counter(hypothesis.tokens for hypothesis in drawn)
    assert set(counts) <= set(expected)
    assert sum(expected.values()) == pytest.approx(1)
    observed = [counts[tokens] for tokens in expected]
    result = chisquare(observed, [probability * draws for probability in expected.values()])
    assert result.pvalue > 0.001


def _captions(
    table: Table,
    rules: Rules,
    top_k: int | None,
    top_p: float | None,
    temperature: float,
    state: History,
    tokens: tuple[int, ...],
) -> Any:
    """Yield every caption with the probability that it should be drawn with, by plain enumeration."""
    values, state = table.step(state, np.array([tokens[-1] if tokens else BOS]))
    legal = [t for t in range(table.vocabulary) if t not in (BOS, *rules.banned)]
    if len(tokens) == rules.max_tokens:
        legal = [EOS]
    legal.sort(key=lambda token: -values[0, token])
    legal = legal[:top_k]
    weights = np.exp(values[0, legal] / temperature)
    weights /= weights.sum()
    if top_p is not None:
        kept = int((np.cumsum(weights) - weights < top_p).sum())
        legal, weights = legal[:kept], weights[:kept] / weights[:kept].sum()
    for token, weight in zip(legal, weights, strict=True):
        if token == EOS:
            yield tokens, weight
        else:
            for caption, probability in _captions(
                table, rules, top_k, top_p, temperature, state, (*tokens, token)
            ):
                yield caption, probability * weight


def test_a_temperature_near_zero_is_greedy() -> None:
    table, rules = Table(20, 3), Rules(BOS, EOS, 10)
    cold = sample(table, photos(1, 2, 3), rules, seeds=[0, 0, 0], temperature=1e-6)
    assert [h.tokens for h in cold] == [h.tokens for h in greedy(table, photos(1, 2, 3), rules)]
    narrow = sample(table, photos(1, 2, 3), rules, seeds=[0, 0, 0], top_p=1e-9)
    assert [h.tokens for h in narrow] == [h.tokens for h in cold]


def every_way(table: Table, rules: Rules, count: int = 8) -> list[Hypothesis]:
    some = photos(*range(count))
    beams = beam(table, some, rules, width=4, n=3)
    return [
        *greedy(table, some, rules),
        *sample(table, some, rules, seeds=list(range(count))),
        *(hypothesis for hypotheses in beams for hypothesis in hypotheses),
    ]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_run_of_tokens_comes_twice(size: int) -> None:
    table, rules = Table(6, 5), Rules(BOS, EOS, 12, min_tokens=2, constraints=(NoRepeat(size),))
    for hypothesis in every_way(table, rules):
        runs = [hypothesis.tokens[i : i + size] for i in range(len(hypothesis.tokens) - size + 1)]
        assert len(runs) == len(set(runs))


def test_forbidden_words_are_found_in_and_across_tokens() -> None:
    vocabulary = ["", "", "", "バ", "カ", "バカ", "大バカ者", "カバ", "猫", "カツ"]
    words = ForbiddenWords(["バカ", "猫"], vocabulary)
    rules = Rules(BOS, EOS, 8, banned=(0, *words.tokens), constraints=(words,))
    texts = ["".join(vocabulary[t] for t in h.tokens) for h in every_way(Table(10, 2), rules, 30)]
    assert not any("バカ" in text or "猫" in text for text in texts)
    assert any("バ" in text for text in texts), "half a word is allowed"


def test_lengths_are_kept() -> None:
    rules = Rules(BOS, EOS, 3, min_tokens=2)
    assert {len(h.tokens) for h in every_way(Table(8, 6), rules)} <= {2, 3}


@dataclass(frozen=True)
class Certain(Table):
    """A model that is sure of one caption: everything else has probability 0."""

    def log_probabilities(self, past: int) -> NDArray[np.float64]:
        values = np.full(self.vocabulary, -np.inf)
        values[3] = 0
        return values


def test_a_caption_without_a_possible_token_ends() -> None:
    """Every token but one has probability 0, <EOS> too: captions still end, with their score."""
    rules = Rules(BOS, EOS, 4)
    (hypothesis,) = greedy(Certain(5), photos(1), rules)
    assert hypothesis.tokens == (3, 3, 3, 3)
    assert hypothesis.score == -np.inf
    assert sample(Certain(5), photos(1), rules, seeds=[0]) == [hypothesis]
    assert beam(Certain(5), photos(1), rules) == [[]]


def test_no_photos_no_captions() -> None:
    rules = Rules(BOS, EOS)
    assert greedy(Table(5), photos(), rules) == []
    assert beam(Table(5), photos(), rules) == []
    assert sample(Table(5), photos(), rules, seeds=[]) == []
