"""Probabilistic grammars over text: they draw texts and compute the exact probability of a text.

A grammar maps names to rules; a rule is a choice among weighted templates, such as `{thing}、{action}`, whose
braces name other rules. Rules must not refer back to themselves. A text's probability is the sum over all its
derivations, computed by dynamic programming over the positions where a part can end.
"""

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from math import log
from random import Random
from typing import NamedTuple


class Slot(NamedTuple):
    """The place of another rule in a template."""

    rule: str


Part = str | Slot


class Template(NamedTuple):
    """A template's parts, its probability, and those of the parts that are text."""

    parts: tuple[Part, ...]
    probability: float
    literals: list[str]


class Tree(NamedTuple):
    """A derivation: the template that a rule chose, with a tree in the place of each slot."""

    rule: str
    parts: "tuple[str | Tree, ...]"

    @property
    def text(self) -> str:
        """The text that the derivation gives."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def template(self) -> str:
        """The template, with its slots in braces."""
        return "".join(part if isinstance(part, str) else f"{{{part.rule}}}" for part in self.parts)

    def all_of(self, *rules: str) -> "Iterator[Tree]":
        """Yield this tree and those within it that are derivations of one of some rules, from the left."""
        if self.rule in rules:
            yield self
        for part in self.parts:
            if isinstance(part, Tree):
                yield from part.all_of(*rules)


class Rule:
    """A choice among templates.

    Args:
        weights: template → weight; weights need not sum to 1. `shares` do.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = weights
        total = sum(weights.values())
        self._templates = [parts_of(template) for template in weights]
        self.shares = {template: weight / total for template, weight in weights.items()}
        self._cumulative = list(accumulate(weights.values()))
        # Plain words go into a dictionary per length: a rule may have thousands, too many to try one by one.
        self.words: dict[int, dict[str, float]] = defaultdict(dict)
        self.templates: list[Template] = []
        for (template, weight), parts in zip(weights.items(), self._templates, strict=True):
            if len(parts) == 1 and isinstance(parts[0], str):
                self.words[len(template)][template] = weight / total
            else:
                literals = [part for part in parts if isinstance(part, str)]
                self.templates.append(Template(parts, weight / total, literals))

    def mapped(self, function: Callable[[str], str]) -> "Rule":
        """Return the rule with `function` applied to its templates; equal results add their weights."""
        weights: dict[str, float] = defaultdict(float)
        for template, weight in self.weights.items():
            weights[function(template)] += weight
        return Rule(weights)

    def draw(self, random: Random) -> tuple[Part, ...]:
        """Return the parts of a template, drawn by weight."""
        drawn = random.random() * self._cumulative[-1]
        # The bound keeps a rounded-up draw from falling behind the last template.
        index = bisect(self._cumulative, drawn, 0, len(self._templates) - 1)
        return self._templates[index]


Grammar = Mapping[str, Rule]


def zipf(words: Iterable[str], exponent: float = 1.0) -> Rule:
    """Return a choice among words by Zipf's law: the first is the most frequent.

    An exponent of 0 makes all equally frequent. The offset of 3 keeps the first few from taking nearly all.
    """
    return Rule({word: (rank + 3) ** -exponent for rank, word in enumerate(dict.fromkeys(words))})


def draw(grammar: Grammar, rule: str, random: Random) -> Tree:
    """Return a derivation drawn from a rule."""
    parts = grammar[rule].draw(random)
    return Tree(
        rule, tuple(draw(grammar, part.rule, random) if isinstance(part, Slot) else part for part in parts)
    )


def log_probability(grammar: Grammar, rule: str, text: str) -> float:
    """Return the natural logarithm of the probability that a rule gives a text; -inf where it cannot."""
    found = probability(grammar, rule, text)
    return log(found) if found > 0 else float("-inf")


def probability(grammar: Grammar, rule: str, text: str) -> float:
    """Return the probability that a rule gives a text: the sum over all derivations."""
    return _Chart(grammar, text).ends(rule, 0).get(len(text), 0.0)


def prefix_probability(grammar: Grammar, rule: str, text: str) -> float:
    """Return the probability that what a rule gives begins with a text: the sum over all that it may give."""
    return _Chart(grammar, text).begins(rule, 0) if text else 1.0


class _Chart:
    """Where each rule can end in one text, by where it starts: a chart parser's memory."""

    def __init__(self, grammar: Grammar, text: str) -> None:
        self._grammar, self._text = grammar, text
        self._memo: dict[tuple[str, int], dict[int, float]] = {}
        self._beginnings: dict[tuple[str, int], float] = {}

    def ends(self, rule: str, start: int) -> dict[int, float]:
        """Return the positions where a rule that starts at `start` can end, each with its probability."""
        key = rule, start
        if key not in self._memo:
            self._memo[key] = self._find(self._grammar[rule], start)
        return self._memo[key]

    def _find(self, rule: Rule, start: int) -> dict[int, float]:
        found: dict[int, float] = defaultdict(float)
        for length, words in rule.words.items():
            if probability := words.get(self._text[start : start + length]):
                found[start + length] += probability
        for template in rule.templates:
            # The literals alone rule out most templates, before any slot is parsed.
            if all(self._text.find(literal, start) >= 0 for literal in template.literals):
                for end, inner in self._sequence(template.parts, start).items():
                    found[end] += template.probability * inner
        return found

    def _sequence(self, parts: tuple[Part, ...], start: int) -> dict[int, float]:
        reached = {start: 1.0}
        for part in parts:
            following: dict[int, float] = defaultdict(float)
            for position, probability in reached.items():
                for end, inner in self._part(part, position).items():
                    following[end] += probability * inner
            reached = following
        return reached

    def begins(self, rule: str, start: int) -> float:
        """Return the probability that a rule gives all of the text from `start` on, and maybe more."""
        key = rule, start
        if key not in self._beginnings:
            found, rest = self._grammar[rule], self._text[start:]
            words = (words for length, words in found.words.items() if length >= len(rest))
            total = sum(share for some in words for word, share in some.items() if word.startswith(rest))
            for template in found.templates:
                first = template.parts[0] if template.parts else ""
                # Most templates are ruled out by how they begin, before any slot is parsed.
                if isinstance(first, Slot) or first.startswith(rest) or rest.startswith(first):
                    total += template.probability * self._sequence_begins(template.parts, start)
            self._beginnings[key] = total
        return self._beginnings[key]

    def _sequence_begins(self, parts: tuple[Part, ...], start: int) -> float:
        """Return the same of parts in a row: one reaches the end of the text, those before it do not."""
        total, reached = 0.0, {start: 1.0}
        for part in parts:
            following: dict[int, float] = defaultdict(float)
            for position, probability in reached.items():
                if isinstance(part, Slot):
                    total += probability * self.begins(part.rule, position)
                elif part.startswith(self._text[position:]):
                    total += probability
                for end, inner in self._part(part, position).items():
                    if end < len(self._text):
                        following[end] += probability * inner
            reached = following
        return total

    def _part(self, part: Part, start: int) -> dict[int, float]:
        if isinstance(part, Slot):
            return self.ends(part.rule, start)
        return {start + len(part): 1.0} if self._text.startswith(part, start) else {}


@lru_cache(4096)
def parts_of(template: str) -> tuple[Part, ...]:
    """Return the parts of a template."""
    # split() with a group puts the names of rules at odd positions.
    pieces = re.split(r"\{(\w+)\}", template)
    parts = (Slot(piece) if number % 2 else piece for number, piece in enumerate(pieces))
    return tuple(part for part in parts if part)
