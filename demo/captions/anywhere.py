"""The probability of a caption whatever the photo shows: the mean over all scenes.

The grammar is cut into a part for each subject, whose captions have words of that subject, and one part
that depends on no subject. A caption is parsed by those few that may give it.
"""

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from demo.captions import grammar, jokes
from demo.captions.cores import scene_cores
from demo.captions.grammar import Grammar, Rule
from demo.captions.phrases import PHRASES
from demo.scene_shares import scene_shares


class Part(NamedTuple):
    """The captions that one part of the grammar gives.

    Args:
        share: of all captions.
        subject: whose words it has; empty for the part that depends on no subject.
        words: what the subject is called, does and says: a caption of the part has one of them. Empty for
            that other part.
        rules: the grammar, over normalised texts; its start rule is `caption`.
    """

    share: float
    subject: str
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
        for core in scene_cores(contents):
            subject = contents[0] if core.is_of_subject else ""
            cores[subject][core.template] += share * core.chance
    return tuple(_part(subject, templates) for subject, templates in cores.items())


def _part(subject: str, templates: dict[str, float]) -> Part:
    rules: dict[str, Rule] = {"core": Rule(templates)}
    words: tuple[str, ...] = ()
    if subject:
        rules |= jokes.subject_rules(subject)
        words = tuple(jokes.normalised(word) for group in PHRASES[subject] for word in group)
    return Part(sum(templates.values()), subject, words, jokes.in_normal_form(rules))
