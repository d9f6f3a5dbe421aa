"""What captions tell of their photo, written out with exact probabilities.

A caption says one of some hundred things about its photo. All captions that say the same raise and lower
the probability of each scene alike, whatever else is in them. So what a reader can know of the photo, and
how good a guess can be, is a sum over these instead of one over all captions.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demo.captions import anywhere
from demo.captions.cores import scene_cores
from demo.captions.grammar import Grammar, Part, Slot, parts_of
from demo.captions.jokes import normalised
from demo.captions.phrases import PHRASES
from demo.captions.said import TURNS, Named
from demo.scene_shares import scene_shares
from demo.scenes import Contents

LONGEST = 120
"""Characters. No caption is longer."""
Floats = NDArray[np.float64]
Told = tuple[str, ...]
"""The words in a part of a caption that tell of its subject: that one's key where no other has the words."""
Tally = dict[Told, Floats]
"""By what is told, (2, LONGEST) the probability of having no turn, or one, and of each length."""


class Key(NamedTuple):
    """A telling, by the template of the caption's middle."""

    template: str
    told: Told
    named: frozenset[Named]


@dataclass(frozen=True)
class Tellings:
    """What captions tell. T tellings, S scenes.

    Args:
        scenes: every scene that a photo may show.
        shares: (S,) their probabilities.
        named: what each telling names.
        ratios: (T, S) how much more probable each is of a scene than of any: P(telling | scene) / P(telling).
        tally: (T, 2, LONGEST) the probability of each with no turn or one, by characters; it sums to 1.
    """

    scenes: tuple[Contents, ...]
    shares: Floats
    named: tuple[frozenset[Named], ...]
    ratios: Floats
    tally: Floats


@cache
def tellings() -> Tellings:
    """Return what the captions of the embedded site tell, each being written for its photo."""
    scenes = tuple(scene_shares())
    chances: defaultdict[Key, Floats] = defaultdict(lambda: np.zeros(len(scenes)))
    lengths: dict[Key, Floats] = {}
    for number, scene in enumerate(scenes):
        for core in scene_cores(scene):
            for told, tally in _caption_tally(scene[0] if core.is_of_subject else "", core.template).items():
                key = Key(core.template, told, core.named)
                share = tally.sum()
                chances[key][number] += core.chance * share
                lengths[key] = tally / share
    return _merged(scenes, np.array(list(scene_shares().values())), chances, lengths)


@cache
def _caption_tally(subject: str, template: str) -> Tally:
    """Return the tally of the captions whose middle has a template, by what they tell of the subject."""
    tallies = _tallies(subject)
    before, after = tallies.rule("opening")[()], tallies.rule("closing")[()]
    core = tallies.template(parts_of(normalised(template)))
    return {told: _convolved(_convolved(before, tally), after) for told, tally in core.items()}


@cache
def _tallies(subject: str) -> "_Tallies":
    [part] = (part for part in anywhere.parts() if part.subject == subject)
    return _Tallies(part.rules, subject)


def _merged(
    scenes: tuple[Contents, ...],
    shares: Floats,
    chances: Mapping[Key, Floats],
    lengths: Mapping[Key, Floats],
) -> Tellings:
    """Return the tellings, those of equal names and ratios as one.

    Args:
        chances: (S,) the probability of each for each scene.
        lengths: (2, LONGEST) the tally of each, which sums to 1.
    """
    merged: dict[tuple[frozenset[Named], bytes], tuple[Floats, Floats]] = {}
    for key, chance in chances.items():
        share = shares @ chance
        ratio = chance / share
        same = key.named, ratio.round(9).tobytes()
        _, tally = merged.get(same, (ratio, 0.0))
        merged[same] = ratio, tally + share * lengths[key]
    ratios, tallies = (np.array(column) for column in zip(*merged.values(), strict=True))
    return Tellings(scenes, shares, tuple(named for named, _ in merged), ratios, tallies)


class _Tallies:
    """The tallies of a grammar's rules.

    Args:
        rules: the grammar, over normalised texts.
        subject: whose words its rules `thing`, `action` and `quote` have.
    """

    def __init__(self, rules: Grammar, subject: str) -> None:
        self._rules, self._subject = rules, subject
        self._found: dict[str, Tally] = {}

    def rule(self, name: str) -> Tally:
        """Return the tally of a rule."""
        if name not in self._found:
            self._found[name] = self._words(name)
            for template in self._rules[name].templates:
                for told, tally in self.template(template.parts).items():
                    before = self._found[name].get(told, 0.0)
                    self._found[name][told] = before + template.probability * tally
            if name in TURNS:
                self._found[name] = {told: _with_turn(tally) for told, tally in self._found[name].items()}
        return self._found[name]

    def template(self, parts: tuple[Part, ...]) -> Tally:
        """Return the tally of one template."""
        found: Tally = {(): np.eye(2, LONGEST) * [[1.0], [0.0]]}  # of no characters, without a turn
        for part in parts:
            if isinstance(part, Slot):
                found = _one_after_the_other(found, self.rule(part.rule), self._subject)
            else:
                found = {told: _shifted(tally, len(part)) for told, tally in found.items()}
        return found

    def _words(self, name: str) -> Tally:
        """Return the tally of those templates of a rule that are plain words."""
        tells = name in ("thing", "action", "quote")
        found: defaultdict[Told, Floats] = defaultdict(lambda: np.zeros((2, LONGEST)))
        for length, words in self._rules[name].words.items():
            for word, share in words.items():
                others = tells and word in _others_words(self._subject)
                told = (word,) if others else (self._subject,) if tells else ()
                found[told][0, length] += share
        return found


def _one_after_the_other(first: Tally, second: Tally, subject: str) -> Tally:
    joined: Tally = {}
    for (told, tally), (more, other) in product(first.items(), second.items()):
        both = (subject,) if subject in (*told, *more) else told + more
        joined[both] = joined.get(both, 0.0) + _convolved(tally, other)
    return joined


def _convolved(first: Floats, second: Floats) -> Floats:
    """Return the tally of two texts one after the other: lengths add up, and one turn is enough."""
    plain = np.convolve(first[0], second[0])
    either = np.convolve(first.sum(axis=0), second.sum(axis=0))
    return np.array([plain, either - plain])[:, :LONGEST]


def _shifted(tally: Floats, length: int) -> Floats:
    return np.pad(tally, ((0, 0), (length, 0)))[:, :LONGEST]


def _with_turn(tally: Floats) -> Floats:
    return np.array([np.zeros(LONGEST), tally.sum(axis=0)])


@cache
def _others_words(subject: str) -> frozenset[str]:
    """Return the words of all subjects but one, in normal form."""
    return frozenset(
        normalised(word)
        for other, phrases in PHRASES.items()
        for group in phrases
        for word in group
        if other != subject
    )
