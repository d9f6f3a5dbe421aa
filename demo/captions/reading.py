"""Reads a caption: how the grammar most probably made it, whatever the photo shows.

The grammar that reads is looser than those that write: what any subject is called, does and says may
stand together, so that captions which a model wrote are read too. Where a text can be read in several
ways, the most probable one counts.
"""

from collections.abc import Iterable
from functools import cache

from demo.captions import jokes, templates
from demo.captions.grammar import Grammar, Part, Rule, Slot, Tree
from demo.captions.phrases import PHRASES
from demo.things import KINDS

Readings = dict[int, tuple[float, Tree]]
"""Where a rule can end, with its most probable derivation up to there and that one's probability."""


def read(text: str) -> Tree | None:
    """Return how a caption was most probably made, over its normalised text; None where it is no caption."""
    text = jokes.normalised(text)
    found = _Chart(reading_rules(), text).ends("caption", 0).get(len(text))
    return found and found[1]


@cache
def reading_rules() -> Grammar:
    """Return the grammar of all captions for all photos, over normalised texts."""
    phrases = PHRASES.values()
    seen = {
        "trait": templates.TRAITS.values(),
        "place": templates.PLACES.values(),
        "time": templates.TIMES.values(),
        "weather": templates.WEATHERS.values(),
        "companion": [templates.COMPANIONS],
    }
    cores = templates.CORE_WEIGHTS | templates.SEEN_CORE_WEIGHTS
    words = {name: [word for text in texts for word in text.split()] for name, texts in seen.items()}
    words |= {
        "thing": [name for one in phrases for name in one.names],
        "action": [action for one in phrases for action in one.actions],
        "quote": [quote for one in phrases for quote in one.quotes],
        "other": [KINDS[key].label for key in KINDS],
    }
    rules = {name: _evenly(some) for name, some in words.items()}
    rules["core"] = Rule({f"{{{name}}}": weight for name, weight in cores.items()})
    return jokes.in_normal_form(rules)


def _evenly(words: Iterable[str]) -> Rule:
    return Rule(dict.fromkeys(words, 1.0))


class _Chart:
    """The most probable derivation of each rule in one text, by where it starts and ends."""

    def __init__(self, grammar: Grammar, text: str) -> None:
        self._grammar, self._text = grammar, text
        self._memo: dict[tuple[str, int], Readings] = {}

    def ends(self, rule: str, start: int) -> Readings:
        """Return the derivations of a rule that starts at `start`."""
        key = rule, start
        if key not in self._memo:
            self._memo[key] = self._find(rule, start)
        return self._memo[key]

    def _find(self, name: str, start: int) -> Readings:
        found: Readings = {}
        rule = self._grammar[name]
        for length, words in rule.words.items():
            word = self._text[start : start + length]
            if probability := words.get(word):
                _keep(found, start + length, probability, Tree(name, (word,)))
        for template in rule.templates:
            if all(self._text.find(literal, start) >= 0 for literal in template.literals):
                for end, (inner, parts) in self._sequence(template.parts, start).items():
                    _keep(found, end, template.probability * inner, Tree(name, parts))
        return found

    def _sequence(
        self, parts: tuple[Part, ...], start: int
    ) -> dict[int, tuple[float, tuple[str | Tree, ...]]]:
        reached: dict[int, tuple[float, tuple[str | Tree, ...]]] = {start: (1.0, ())}
        for part in parts:
            following: dict[int, tuple[float, tuple[str | Tree, ...]]] = {}
            for position, (probability, before) in reached.items():
                for end, (inner, made) in self._part(part, position).items():
                    if probability * inner > following.get(end, (0.0,))[0]:
                        following[end] = probability * inner, (*before, made)
            reached = following
        return reached

    def _part(self, part: Part, start: int) -> dict[int, tuple[float, str | Tree]]:
        if isinstance(part, Slot):
            return dict(self.ends(part.rule, start))
        return {start + len(part): (1.0, part)} if self._text.startswith(part, start) else {}


def _keep(found: Readings, end: int, probability: float, tree: Tree) -> None:
    if probability > found.get(end, (0.0,))[0]:
        found[end] = probability, tree
