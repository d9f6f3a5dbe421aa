"""Captions for scenes: Japanese one-liners from a grammar that depends on what the photo shows.

Much of a caption follows from the scene (which thing, what such things do and say, what else is in sight),
and the rest is drawn from long lists by Zipf's law, so that more captions bring more words.
"""

import unicodedata
from collections import ChainMap
from functools import lru_cache
from random import Random

from demo import grammar, words
from demo.grammar import Grammar, Rule, zipf
from demo.lines import (
    COMPANION_LINES,
    LINES,
    PLACE_LINES,
    TIME_LINES,
    TRAIT_LINES,
    WEATHER_LINES,
)
from demo.scenes import Scene

_ABOUT_THING = {
    "{thing}、{does}": 8,
    "{does}{thing}": 8,
    "{thing}「{says}」": 8,
    "{thing}\n「{says}」": 1,
    "「{says}」と言う{thing}": 3,
    "{thing}だって{does}": 4,
    "まさか{thing}が{does}とは": 4,
    "{thing}のくせに{does}": 3,
    "それでも{thing}は{does}": 3,
    "{thing}あるある、{does}": 3,
    "どうも、{thing}です": 3,
    "{thing}の{noun}": 4,
    "これが{thing}の{noun}か": 3,
    "{job}になった{thing}": 3,
    "{thing}、{job}に転職": 2,
    "{town}の{thing}、{does}": 3,
    "速報、{thing}が{town}で{does}": 2,
    "{who}さん、それは{thing}です": 2,
    "{price}円の{thing}": 2,
    "{number}年後、{thing}は{does}": 2,
    "{thing}と書いて{noun}と読む": 1.5,
    "{thing}界の{foreigner}": 1,
    "前世は{thing}でした": 2,
    "{food}を食べる{thing}": 1.5,
}
_WITHOUT_THING = {
    "「{says}」": 8,
    "{does}だけの簡単なお仕事です": 4,
    "あと{number}分で{does}": 2,
    "{relative}が{does}": 3,
    "{relative}「{says}」": 3,
    "{who}「{says}」": 2,
    "{does}と思った？": 2,
    "{noun}と{noun}のあいだ": 1,
}
_SHARES = {"about_thing": 6.0, "without_thing": 1.8}
_SEEN_SHARES = {"trait": 2.6, "companion": 1.5, "place": 0.8, "time": 0.9, "weather": 0.9}

_SHARED: dict[str, Rule] = {
    "about_thing": Rule(_ABOUT_THING),
    "without_thing": Rule(_WITHOUT_THING),
    "noun": zipf(words.NOUNS, 1.2),
    "job": zipf(words.JOBS, 1.2),
    "food": zipf(words.FOODS, 1.2),
    "town": zipf(words.TOWNS, 1.2),
    "who": zipf(words.SURNAMES, 1.2),
    "relative": zipf(words.RELATIVES, 1.2),
    "foreigner": Rule({"{name_start}{name_end}": 1}),
    "name_start": zipf(words.NAME_STARTS, 0.8),
    "name_end": zipf(words.NAME_ENDS, 0.8),
    "number": zipf(map(str, (3, 10, 5, 100, *range(2, 1000))), 1.2),
    "price": zipf(map(str, (100, 500, 980, 1000, *range(120, 10_000, 10))), 1.2),
}


def normal(text: str) -> str:
    """Return a text without white space, in Unicode's form NFKC."""
    return "".join(unicodedata.normalize("NFKC", text).split())


_SHARED_NORMAL = {name: rule.mapped(normal) for name, rule in _SHARED.items()}


def caption(scene: Scene, random: Random) -> str:
    """Return a caption for a scene, drawn from the grammar; it may hold line breaks."""
    return grammar.draw(ChainMap(_rules(scene), _SHARED), "caption", random)


def captions(scene: Scene, count: int) -> list[str]:
    """Return `count` distinct captions for a scene: the same ones for the same scene, in the same order.

    A caption that the photo already has is drawn again, so rarer captions are a little more frequent than
    `log_probability` says: `demo.floor` states what that does to the floor.
    """
    random = Random(f"{scene.seed}/{scene.photo}/captions")
    rules = ChainMap(_rules(scene), _SHARED)
    found: dict[str, None] = {}
    while len(found) < count:
        found[grammar.draw(rules, "caption", random)] = None
    return list(found)


def log_probability(text: str, scene: Scene) -> float:
    """Return the natural logarithm of the probability that the grammar gives a text for a scene.

    Exact: the sum over all derivations. White space does not count, and characters of one NFKC form are one,
    since datasets are normalised so; -inf where the grammar cannot give the text.
    """
    return grammar.log_probability(normal_rules(scene), "caption", normal(text))


@lru_cache(64)
def normal_rules(scene: Scene) -> Grammar:
    """Return the grammar for a scene over normal texts; its start rule is `caption`."""
    own = {name: rule.mapped(normal) for name, rule in _rules(scene).items()}
    return ChainMap(own, _SHARED_NORMAL)


def _rules(scene: Scene) -> dict[str, Rule]:
    """Return the rules that depend on the scene; the start rule is `caption`."""
    lines = LINES[scene.subject]
    rules = {
        "thing": Rule(dict(zip(lines.names, (8, 1, 1), strict=False))),
        "does": zipf(lines.deeds, 0.8),
        "says": zipf(lines.sayings, 0.8),
    }
    seen = {
        "trait": " ".join(TRAIT_LINES[trait] for trait in scene.traits),
        "companion": COMPANION_LINES if scene.companions else "",
        "place": PLACE_LINES[scene.place],
        "time": TIME_LINES.get(scene.time, ""),
        "weather": WEATHER_LINES.get(scene.weather, ""),
    }
    rules |= {name: zipf(text.split(), 0.5) for name, text in seen.items() if text}
    if scene.companions:
        rules["other"] = Rule({LINES[companion].names[0]: 1 for companion in scene.companions})
    shares = _SHARES | {name: _SEEN_SHARES[name] for name, text in seen.items() if text}
    rules["caption"] = Rule({f"{{{name}}}": share for name, share in shares.items()})
    return rules
