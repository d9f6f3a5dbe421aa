"""Captions for scenes: Japanese one-liners from a grammar that depends on what the photo shows.

Part of a caption follows from the scene: the thing, what such things do and say, what else is in the photo.
The rest is drawn from long lists by Zipf's law, so that more captions bring more words.
"""

import unicodedata
from functools import cache, lru_cache
from random import Random

from demo.captions import grammar, inventions, templates, words
from demo.captions.grammar import Grammar, Rule, Tree, zipf
from demo.captions.phrases import PHRASES
from demo.scenes import Contents, Scene, any_scene

# Exponents of Zipf's law: with 1.45 the first words of a list dominate, as in real text; 0.3 is nearly flat,
# so that invented words seldom come twice.
_SHARED: dict[str, Rule] = {
    "caption": Rule({"{opening}{core}{closing}": 1}),
    "opening": Rule(templates.OPENINGS),
    "closing": Rule(templates.CLOSINGS),
    "about_thing": Rule(templates.ABOUT_THING),
    "without_thing": Rule(templates.WITHOUT_THING),
    "subject": Rule(templates.SUBJECTS),
    "predicate": Rule(templates.PREDICATES),
    "adjective": zipf(words.ADJECTIVES, 1.45),
    "adverb": zipf(words.ADVERBS, 1.45),
    "feeling": zipf(words.FEELINGS, 1.45),
    "noun": zipf(words.NOUNS, 1.45),
    "job": zipf(words.JOBS, 1.45),
    "food": zipf(words.FOODS, 1.45),
    "town": zipf(words.TOWNS, 1.45),
    "surname": zipf(words.SURNAMES, 1.45),
    "given_name": zipf(words.GIVEN_NAMES, 1.45),
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
    # Round numbers first: people joke with those more often.
    "number": zipf(map(str, (3, 10, 5, 100, *range(2, 100))), 0.7),
    "month": zipf(map(str, range(1, 13)), 0),
    "price": zipf(map(str, (100, 500, 980, 1000, *range(120, 10_000, 10))), 0.8),
}


@lru_cache(10_000)
def normalised(text: str) -> str:
    """Return a text in Unicode's form NFKC, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


WITHOUT_THING = _SHARED["without_thing"]
_SHARED_NORMALISED = {name: rule.mapped(normalised) for name, rule in _SHARED.items()}


def caption(scene: Scene, random: Random) -> Tree:
    """Return a caption for a scene, drawn from the grammar; its text may hold line breaks."""
    return grammar.draw(_rules(scene.contents), "caption", random)


def captions(scene: Scene, count: int, dependence: float = 1.0) -> dict[str, Tree]:
    """Return `count` distinct captions for a scene: the same ones for the same scene, in the same order.

    A caption that the photo already has is drawn again, so rarer captions are a little more frequent than
    `log_probability` says: `demo.captions.floor` says how much that matters.

    Args:
        scene: what the photo shows.
        count: how many.
        dependence: the share of captions that are written for the photo. Each of the others is written for a
            photo drawn at random, so that this changes what captions tell of their photo, and nothing else.
            Of two values, the smaller one replaces some captions of the greater one and keeps the others.

    Returns:
        The captions, each with how the grammar made it.
    """
    own, coins, elsewhere = (
        Random(f"{scene.seed}/{scene.photo}/{use}") for use in ("captions", "dependence", "elsewhere")
    )
    found: dict[str, Tree] = {}
    while len(found) < count:
        tree = caption(scene, own)
        if coins.random() >= dependence:
            tree = caption(any_scene(scene.seed, scene.photo, elsewhere), elsewhere)
        found.setdefault(tree.text, tree)
    return found


def log_probability(text: str, scene: Scene) -> float:
    """Return the natural logarithm of the probability that the grammar gives a text for a scene.

    The value is exact, a sum over all derivations; -inf where the grammar cannot give the text. White space
    is ignored and characters are compared by their NFKC form, because datasets are normalised so.
    `demo.captions.floor` says what becomes of it where not every caption is written for its photo.
    """
    return grammar.log_probability(_normalised_rules(scene.contents), "caption", normalised(text))


def prefix_probability(text: str, scene: Scene) -> float:
    """Return the probability that a caption of a scene begins with a text: of all captions that do, together.

    White space and width do not count, as in `log_probability`.
    """
    return grammar.prefix_probability(_normalised_rules(scene.contents), "caption", normalised(text))


def in_normal_form(rules: Grammar) -> Grammar:
    """Return a whole grammar over normalised texts, from the rules that depend on a scene."""
    return {name: rule.mapped(normalised) for name, rule in rules.items()} | _SHARED_NORMALISED


@lru_cache(1024)
def _normalised_rules(contents: Contents) -> Grammar:
    """Return the grammar for a scene over normalised texts."""
    return in_normal_form(scene_rules(contents))


@lru_cache(1024)
def _rules(contents: Contents) -> Grammar:
    """Return the grammar for a scene; its start rule is `caption`."""
    return scene_rules(contents) | _SHARED


def label(thing: str) -> str:
    """Return the word that captions have for a thing beside the subject."""
    return PHRASES[thing].names[0]


@cache
def subject_rules(subject: str) -> Grammar:
    """Return the rules that depend on the subject alone."""
    phrases = PHRASES[subject]
    return {
        # Mostly the label, to count mentions.
        "thing": Rule(dict(zip(phrases.names, (10, 1, 1), strict=False))),
        "action": zipf(phrases.actions, 0.2),
        "quote": zipf(phrases.quotes, 0.2),
    }


def scene_rules(contents: Contents) -> dict[str, Rule]:
    """Return the rules that depend on the scene."""
    subject, traits, companions, place, time, weather = contents
    rules = dict(subject_rules(subject))
    seen = {
        "trait": " ".join(templates.TRAITS[trait] for trait in traits),
        "companion": templates.COMPANIONS if companions else "",
        "place": templates.PLACES[place],
        "time": templates.TIMES.get(time, ""),
        "weather": templates.WEATHERS.get(weather, ""),
    }
    rules |= {name: _templates(text) for name, text in seen.items() if text}
    if companions:
        rules["other"] = Rule({label(companion): 1 for companion in companions})
    rules["core"] = _core(tuple(name for name, text in seen.items() if text))
    return rules


# A few rules serve all scenes, and making one takes longer than drawing from it.
@cache
def _templates(text: str) -> Rule:
    return zipf(text.split(), 0.5)


@cache
def _core(seen: tuple[str, ...]) -> Rule:
    weights = templates.CORE_WEIGHTS | {name: templates.SEEN_CORE_WEIGHTS[name] for name in seen}
    return Rule({f"{{{name}}}": weight for name, weight in weights.items()})
