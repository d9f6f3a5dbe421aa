"""Captions for scenes: Japanese one-liners from a grammar that depends on what the photo shows.

Much of a caption follows from the scene (which thing, what such things do and say, what else is in sight),
and the rest is drawn from long lists by Zipf's law, so that more captions bring more words.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from random import Random

from demo.captions import grammar, inventions, templates, words
from demo.captions.grammar import Grammar, Rule, zipf
from demo.captions.lines import COMPANION_LINES, LINES, PLACE_LINES, TIME_LINES, TRAIT_LINES, WEATHER_LINES
from demo.scenes import Contents, Scene

_SHARED: dict[str, Rule] = {
    "caption": Rule({"{opening}{core}{closing}": 1}),
    "opening": Rule(templates.OPENINGS),
    "closing": Rule(templates.CLOSINGS),
    "about_thing": Rule(templates.ABOUT_THING),
    "without_thing": Rule(templates.WITHOUT_THING),
    "it": Rule(templates.IT),
    "acts": Rule(templates.ACTS),
    "adjective": zipf(words.ADJECTIVES, 1.45),
    "adverb": zipf(words.ADVERBS, 1.45),
    "feeling": zipf(words.FEELINGS, 1.45),
    "noun": zipf(words.NOUNS, 1.45),
    "job": zipf(words.JOBS, 1.45),
    "food": zipf(words.FOODS, 1.45),
    "town": zipf(words.TOWNS, 1.45),
    "who": zipf(words.SURNAMES, 1.45),
    "name": zipf(words.GIVEN_NAMES, 1.45),
    "relative": zipf(words.RELATIVES, 1.45),
    "sound": zipf(inventions.SOUNDS, 0.3),
    "foreigner": Rule({"{name_start}{name_end}": 2, "{name_start}{name_middle}{name_end}": 1}),
    "name_start": zipf(inventions.NAME_STARTS, 0.3),
    "name_middle": zipf(inventions.NAME_MIDDLES, 0.3),
    "name_end": zipf(inventions.NAME_ENDS, 0.3),
    "monster": Rule({"{monster_start}{monster_end}": 2, "{monster_title}{monster_start}{monster_end}": 1}),
    "monster_title": zipf(inventions.MONSTER_TITLES, 0.3),
    "monster_start": zipf(inventions.MONSTER_STARTS, 0.3),
    "monster_end": zipf(inventions.MONSTER_ENDS, 0.3),
    "medicine": Rule({"{medicine_start}{medicine_end}": 1}),
    "medicine_start": zipf(inventions.MEDICINE_STARTS, 0.3),
    "medicine_end": zipf(inventions.MEDICINE_ENDS, 0.3),
    "number": zipf(map(str, (3, 10, 5, 100, *range(2, 100))), 0.7),
    "month": zipf(map(str, range(1, 13)), 0),
    "price": zipf(map(str, (100, 500, 980, 1000, *range(120, 10_000, 10))), 0.8),
}


def normal(text: str) -> str:
    """Return a text without white space, in Unicode's form NFKC."""
    return "".join(unicodedata.normalize("NFKC", text).split())


_SHARED_NORMAL = {name: rule.mapped(normal) for name, rule in _SHARED.items()}


def caption(scene: Scene, random: Random) -> str:
    """Return a caption for a scene, drawn from the grammar; it may hold line breaks."""
    return grammar.draw(_rules(scene.contents), "caption", random)


def captions(scene: Scene, count: int) -> list[str]:
    """Return `count` distinct captions for a scene: the same ones for the same scene, in the same order.

    A caption that the photo already has is drawn again, so rarer captions are a little more frequent than
    `log_probability` says: `demo.captions.floor` states what that does to the floor.
    """
    random = Random(f"{scene.seed}/{scene.photo}/captions")
    rules = _rules(scene.contents)
    found: dict[str, None] = {}
    while len(found) < count:
        found[grammar.draw(rules, "caption", random)] = None
    return list(found)


def log_probability(text: str, scene: Scene) -> float:
    """Return the natural logarithm of the probability that the grammar gives a text for a scene.

    Exact: the sum over all derivations. White space does not count, and characters of one NFKC form are one,
    since datasets are normalised so; -inf where the grammar cannot give the text.
    """
    return grammar.log_probability(_normal_rules(scene.contents), "caption", normal(text))


@lru_cache(1024)
def _normal_rules(contents: Contents) -> Grammar:
    """Return the grammar for a scene over normal texts."""
    return {name: rule.mapped(normal) for name, rule in _own_rules(*contents).items()} | _SHARED_NORMAL


@lru_cache(1024)
def _rules(contents: Contents) -> Grammar:
    """Return the grammar for a scene; its start rule is `caption`."""
    return _own_rules(*contents) | _SHARED


def _own_rules(
    subject: str, traits: Iterable[str], companions: Iterable[str], place: str, time: str, weather: str
) -> dict[str, Rule]:
    """Return the rules that depend on the scene."""
    lines = LINES[subject]
    rules = {
        "thing": Rule(dict(zip(lines.names, (10, 1, 1), strict=False))),
        "does": zipf(lines.deeds, 0.2),
        "says": zipf(lines.sayings, 0.2),
    }
    seen = {
        "trait": " ".join(TRAIT_LINES[trait] for trait in traits),
        "companion": COMPANION_LINES if companions else "",
        "place": PLACE_LINES[place],
        "time": TIME_LINES.get(time, ""),
        "weather": WEATHER_LINES.get(weather, ""),
    }
    rules |= {name: zipf(text.split(), 0.5) for name, text in seen.items() if text}
    if companions:
        rules["other"] = Rule({LINES[companion].names[0]: 1 for companion in companions})
    shares = templates.SHARES | {name: templates.SEEN_SHARES[name] for name, text in seen.items() if text}
    rules["core"] = Rule({f"{{{name}}}": share for name, share in shares.items()})
    return rules
