"""How the taste of the embedded site finds any text: a model's captions, too, which nobody gives stars."""

from functools import lru_cache

from demo.captions.jokes import normalised
from demo.captions.reading import read
from demo.captions.said import Said, fits, said
from demo.scenes import Contents
from demo.taste.judges import AUDIENCES, JUDGES, Judge, points, setting, steps


def preferred(text: str, other: str, scene: Contents) -> float:
    """Return how probable it is that a text is liked more than another one under a photo: 0 to 1.

    One circle of judges looks at both, as probable as it is to find this photo's boke; where it gives both
    the same points, either is preferred half of the time.

    Args:
        scene: what the photo shows.
    """
    chances = zip(JUDGES, AUDIENCES[setting(scene)], strict=True)
    return sum(
        share * _wins(_given(judge, text, scene) - _given(judge, other, scene)) for judge, share in chances
    )


def _wins(difference: int) -> float:
    return 0.5 if difference == 0 else float(difference > 0)


def _given(judge: Judge, text: str, scene: Contents) -> int:
    what = said_by(text)
    return points(judge, what.has_turn, fits(what.named, scene), steps(what.length))


@lru_cache(10_000)
def said_by(text: str) -> Said:
    """Return what a text says; one that the grammar cannot read names nothing, and has no turn."""
    tree = read(text)
    return said(tree) if tree else Said(frozenset(), False, len(normalised(text)))
