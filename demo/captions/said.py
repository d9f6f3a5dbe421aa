"""What a caption says that a taste goes by: what it names, whether it has an absurd turn, how long it is."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from demo.captions import templates
from demo.captions.grammar import Tree
from demo.captions.jokes import normalised
from demo.captions.phrases import PHRASES
from demo.scenes import Contents
from demo.things import KINDS

TURNS = ("foreigner", "monster", "medicine")
"""The rules that make names up: a caption with one of these takes an absurd turn."""
Named = tuple[str, str]
"""A rule, and the key of the thing that it names: ("thing", "cat"), ("place", "beach")."""
_SEEN = {
    "trait": templates.TRAITS,
    "place": templates.PLACES,
    "time": templates.TIMES,
    "weather": templates.WEATHERS,
}


class Said(NamedTuple):
    """What a caption says.

    Args:
        named: the things that it names, each once.
        has_turn: whether there is a made-up name in it.
        length: its characters, without white space.
    """

    named: frozenset[Named]
    has_turn: bool
    length: int


def said(tree: Tree) -> Said:
    """Return what a caption says, by how the grammar made it."""
    has_turn = any(True for _ in tree.all_of(*TURNS))
    return Said(frozenset(_named(tree)), has_turn, len(normalised(tree.text)))


def fits(named: frozenset[Named], scene: Contents) -> int:
    """Return 1 where a photo shows all that a caption names, −1 where not all, 0 where it names nothing."""
    if not named:
        return 0
    subject, traits, companions, place, time, weather = scene
    things = {subject, *companions}
    shown = {"thing": things, "trait": set(traits), "place": {place}, "time": {time}}
    shown["weather"] = {weather}
    return 1 if all(key in shown[rule] for rule, key in named) else -1


def _named(tree: Tree) -> Iterator[Named]:
    keys = named_by()
    for part in tree.all_of(*keys):
        # What stands beside the subject is a thing like the subject: a caption does not say which it is.
        yield "thing" if part.rule == "other" else part.rule, keys[part.rule][normalised(part.template)]


@cache
def named_by() -> dict[str, dict[str, str]]:
    """Return the key of the thing that a template names, by rule and normalised template."""
    names = {name: key for key, phrases in PHRASES.items() for name in phrases.names}
    keys = {"thing": names, "other": {kind.label: key for key, kind in KINDS.items()}}
    for rule, texts in _SEEN.items():
        keys[rule] = {template: key for key, text in texts.items() for template in text.split()}
    return {
        rule: {normalised(template): key for template, key in named.items()} for rule, named in keys.items()
    }
