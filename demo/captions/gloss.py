"""An English gloss of a caption, from how the grammar made it: word for word, and no translation."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain

from demo.captions import inventions, reading, words
from demo.captions.english import names, phrases, templates
from demo.captions.english import words as english
from demo.captions.english.romaji import romaji
from demo.captions.grammar import Tree
from demo.captions.jokes import normalised
from demo.captions.phrases import PHRASES, Phrases
from demo.things import KINDS

_INVENTED = {
    "name_start": inventions.NAME_STARTS,
    "name_middle": inventions.NAME_MIDDLES,
    "name_end": inventions.NAME_ENDS,
    "monster_title": inventions.MONSTER_TITLES,
    "monster_start": inventions.MONSTER_STARTS,
    "monster_end": inventions.MONSTER_ENDS,
    "medicine_start": inventions.MEDICINE_STARTS,
    "medicine_end": inventions.MEDICINE_ENDS,
    "sound": inventions.SOUNDS,
}
Glosses = Mapping[str, Mapping[str, str]]
"""By rule and normalised template, its English with the same slots."""


def gloss(text: str) -> str | None:
    """Return what a caption says in English; None where it is no caption that the grammar can read.

    Captions that a model wrote are read too, as far as they are made of the site's words and templates.
    """
    tree = reading.read(text)
    return tree and _sentence(_english(tree))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _english(tree: Tree) -> str:
    template = glosses().get(tree.rule, {}).get(tree.template)
    if template is None:  # numbers, and names that are made up of parts
        text = "".join(part if isinstance(part, str) else _english(part) for part in tree.parts)
        return text.capitalize()
    slots: defaultdict[str, list[Tree]] = defaultdict(list)
    for part in tree.parts:
        if isinstance(part, Tree):
            slots[part.rule].append(part)
    return re.sub(r"\{(\w+)\}", lambda slot: _english(slots[slot[1]].pop(0)), template)


@cache
def glosses() -> Glosses:
    """Return the English of every template and word."""
    pairs: dict[str, list[tuple[str, str]]] = {
        "noun": list(zip(words.NOUNS, english.NOUNS, strict=True)),
        "job": list(zip(words.JOBS, english.JOBS, strict=True)),
        "food": list(zip(words.FOODS, english.FOODS, strict=True)),
        "adjective": list(zip(words.ADJECTIVES, english.ADJECTIVES, strict=True)),
        "adverb": list(zip(words.ADVERBS, english.ADVERBS, strict=True)),
        "relative": list(zip(words.RELATIVES, english.RELATIVES, strict=True)),
        "feeling": list(zip(words.FEELINGS, english.FEELINGS, strict=True)),
        "town": list(zip(words.TOWNS, names.TOWNS, strict=True)),
        "surname": list(zip(words.SURNAMES, names.SURNAMES, strict=True)),
        "given_name": list(zip(words.GIVEN_NAMES, names.GIVEN_NAMES, strict=True)),
        "thing": _of_subjects(lambda one: one.names),
        "action": _of_subjects(lambda one: one.actions),
        "quote": _of_subjects(lambda one: one.quotes),
        "other": [(PHRASES[key].names[0], phrases.GLOSSES[key].names[0]) for key in KINDS],
    }
    pairs |= {rule: list(found.items()) for rule, found in templates.TEMPLATES.items()}
    pairs |= {rule: [(word, romaji(word)) for word in found] for rule, found in _INVENTED.items()}
    return {rule: {normalised(word): one for word, one in found} for rule, found in pairs.items()}


def _of_subjects(part: Callable[[Phrases], tuple[str, ...]]) -> list[tuple[str, str]]:
    """Return each word of all subjects with its English, for one part of their phrases."""
    both = ((part(PHRASES[key]), part(phrases.GLOSSES[key])) for key in PHRASES)
    return list(chain.from_iterable(zip(*one, strict=True) for one in both))
