"""Grammars: probabilities are exact, and draws are as frequent as they say."""

from collections import Counter, defaultdict
from math import exp, inf, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.captions.grammar import Grammar, Rule, draw, log_probability, prefix_probability, zipf

AMBIGUOUS: Grammar = {
    "start": Rule({"{a}{b}": 1, "{b}": 2, "xy": 1}),
    "a": Rule({"x": 3, "xx": 1}),
    "b": Rule({"y": 1, "xy": 1, "{a}y": 2}),
}


def texts(grammar: Grammar, rule: str) -> defaultdict[str, float]:
    """Return every text of a rule with its probability, by writing all of them out."""
    found: defaultdict[str, float] = defaultdict(float)
    choices = [((word,), p) for words in grammar[rule].words.values() for word, p in words.items()]
    templates = [(template.parts, template.probability) for template in grammar[rule].templates]
    for parts, probability in [*choices, *templates]:
        partial = defaultdict(float, {"": probability})
        for part in parts:
            options = {part: 1.0} if isinstance(part, str) else texts(grammar, part.rule)
            following: defaultdict[str, float] = defaultdict(float)
            for start, p in partial.items():
                for end, q in options.items():
                    following[start + end] += p * q
            partial = following
        for text, p in partial.items():
            found[text] += p
    return found


def test_every_derivation_counts() -> None:
    written_out = texts(AMBIGUOUS, "start")
    assert sum(written_out.values()) == pytest.approx(1)
    for text, probability in written_out.items():
        assert exp(log_probability(AMBIGUOUS, "start", text)) == pytest.approx(probability)


def test_what_cannot_be_said_has_no_probability() -> None:
    assert log_probability(AMBIGUOUS, "start", "yx") == -inf
    assert log_probability(AMBIGUOUS, "start", "") == -inf


def test_draws_are_as_frequent_as_they_are_probable() -> None:
    random = Random(1)
    drawn = Counter(draw(AMBIGUOUS, "start", random).text for _ in range(20_000))
    for text, count in drawn.items():
        assert count / 20_000 == pytest.approx(exp(log_probability(AMBIGUOUS, "start", text)), abs=0.02)


@given(
    st.lists(st.text(st.sampled_from("ab"), min_size=1, max_size=3), min_size=1, max_size=6),
    st.integers(0, 9),
)
def test_sequences_of_words_sum_to_one(words: list[str], seed: int) -> None:
    grammar = {"start": Rule({"{w}{w}": 1, "{w}a{w}": 2}), "w": zipf(words)}
    written_out = texts(grammar, "start")
    assert sum(exp(log_probability(grammar, "start", text)) for text in written_out) == pytest.approx(1)
    assert log_probability(grammar, "start", draw(grammar, "start", Random(seed)).text) > -inf


def test_zipf_prefers_earlier_words_and_counts_each_once() -> None:
    rule = zipf(["a", "b", "a", "c"])
    assert list(rule.weights) == ["a", "b", "c"]
    assert sorted(rule.weights.values(), reverse=True) == list(rule.weights.values())


def test_templates_that_become_equal_are_one() -> None:
    rule = Rule({"A": 1, "a": 3}).mapped(str.lower)
    assert log_probability({"start": rule}, "start", "a") == pytest.approx(log(1))


def test_what_begins_with_a_text_is_the_sum_of_all_that_does() -> None:
    """Every text of a small grammar, with its probability by hand, against each of its beginnings."""
    rules = {
        "a": Rule({"{b}c{b}": 1, "xy": 2, "{b}": 1}),
        "b": Rule({"x": 3, "xc": 1}),
    }
    texts = {
        "xcx": 9 / 64,
        "xcxc": 3 / 64,
        "xccx": 3 / 64,
        "xccxc": 1 / 64,
        "xy": 1 / 2,
        "x": 3 / 16,
        "xc": 1 / 16,
    }
    assert sum(texts.values()) == pytest.approx(1)
    for text in ("", "x", "xc", "xcx", "xcxc", "xcc", "xccxc", "xy", "y", "xyz"):
        right = sum(p for each, p in texts.items() if each.startswith(text))
        assert prefix_probability(rules, "a", text) == pytest.approx(right), text
