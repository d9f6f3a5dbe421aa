"""The middle of captions, between opening and closing: all that depends on the scene."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from demo.captions import jokes
from demo.captions.said import Named, named_by
from demo.scenes import Contents

_OF_SUBJECT = re.compile(r"\{(?:about_thing|subject|predicate|thing|action|quote)\}")


class Core(NamedTuple):
    """A template that the middle of a scene's captions may have.

    Args:
        template: it, where the companion that it speaks of is written out.
        chance: its probability for the scene.
        named: what it names.
    """

    template: str
    chance: float
    named: frozenset[Named]

    @property
    def is_of_subject(self) -> bool:
        """Whether it has a slot whose words depend on the photo's subject."""
        return _OF_SUBJECT.search(self.template) is not None


def scene_cores(scene: Contents) -> Iterator[Core]:
    """Yield every template that the middle of a scene's captions may have; their chances sum to 1."""
    rules = jokes.scene_rules(scene)
    subject = frozenset([("thing", scene[0])])
    for slot, chance in rules["core"].shares.items():
        name = slot[1:-1]
        if name == "about_thing":
            yield Core(slot, chance, subject)
            continue
        for template, share in (rules.get(name) or jokes.WITHOUT_THING).shares.items():
            of_subject = subject if "{thing}" in template else frozenset()
            if name == "companion":
                for companion in scene[2]:
                    filled = template.replace("{other}", jokes.label(companion))
                    named = of_subject | {("thing", companion)}
                    yield Core(filled, chance * share / len(scene[2]), named)
            elif name == "without_thing":
                yield Core(template, chance * share, of_subject)
            else:
                seen = name, named_by()[name][jokes.normalised(template)]
                yield Core(template, chance * share, of_subject | {seen})
