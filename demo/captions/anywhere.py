"""The probability of a caption whatever the photo shows: the mean over all scenes.

The grammar is cut into a part for each subject, whose captions have words of that subject, and one part that
depends on no subject. A caption is parsed by those few that may give it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from demo.captions import grammar, jokes
from demo.captions.grammar import Grammar, Rule
from demo.captions.phrases import PHRASES
from demo.scene_shares import scene_shares
from demo.scenes import Contents

_OF_SUBJECT = re.compile(r"\{(?:about_thing|subject|predicate|thing|action|quote)\}")
"""In a template: a slot whose words depend on the subject."""


class Part(NamedTuple):
    """The captions that one part of the grammar gives.

    Args:
        share: of all captions.
        words: what the subject is called, does and says: a caption of the part has one of them. Empty for
            the part that depends on no subject.
        rules: the grammar, over normalised texts; its start rule is `caption`.
    """

    share: float
    words: tuple[str, ...]
    rules: Grammar


def probability(text: str) -> float:
    """Return the probability of a caption, over all photos; 0 where the grammar cannot give it.

    White space and width do not count, as in `jokes.log_probability`.
    """
    text = jokes.normalised(text)
    total = 0.0
    for part in parts():
        if not part.words or any(word in text for word in part.words):
            total += part.share * grammar.probability(part.rules, "caption", text)
    return total


def prefix_probability(text: str) -> float:
    """Return the probability that a caption begins with a text, over all photos."""
    text = jokes.normalised(text)
    return sum(part.share * grammar.prefix_probability(part.rules, "caption", text) for part in parts())


@cache
def parts() -> tuple[Part, ...]:
    """Return the parts of the grammar; their shares sum to 1."""
    cores: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for contents, share in scene_shares().items():
        for template, chance in _cores(contents):
            subject = contents[0] if _OF_SUBJECT.search(template) else ""
            cores[subject][template] += share * chance
    return tuple(_part(subject, templates) for subject, templates in cores.items())


def _part(subject: str, templates: dict[str, float]) -> Part:
    rules = {"core": Rule(templates)}
    words: tuple[str, ...] = ()
    if subject:
        rules |= jokes.subject_rules(subject)
        words = tuple(jokes.normalised(word) for group in PHRASES[subject] for word in group)
    return Part(sum(templates.values()), words, jokes.in_normal_form(rules))


def _cores(contents: Contents) -> Iterator[tuple[str, float]]:
    """Yield the templates of the middle of a caption for a scene, and how probable each is."""
    rules = jokes.scene_rules(contents)
    for slot, chance in rules["core"].shares.items():
        if slot == "{about_thing}":
            yield slot, chance
            continue
        rule = rules.get(slot[1:-1]) or jokes.WITHOUT_THING
        for template, share in rule.shares.items():
            if "{other}" not in template:
                yield template, chance * share
                continue
            for other, p in rules["other"].shares.items():
                yield template.replace("{other}", other), chance * share * p
