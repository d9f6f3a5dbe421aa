"""Draws what judges are asked: once, by a seed, so that the same contest can be drawn again.

K systems are compared each with each other: K (K - 1) / 2 matches take turns over the photos, so that each
has the same number of pairs, to within one.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, cycle

import numpy as np

from judging.contest import Caption, Pair
from judging.drawing.systems import Written
from judging.figures.plan import FIVE
from store.errors import UserError
from store.manifest import fingerprint

SHARE, LEAST = 0.1, 4
"""Catch pairs for each other pair, and how many there are at least."""
_LONG = 4
"""So many tokens, all different, has a caption whose disorder people see."""


def shuffled(sha256s: Sequence[str], seed: int) -> list[str]:
    """Return photos in an order that follows from the seed and from them, not from the order they are in."""
    return sorted(sha256s, key=lambda sha256: fingerprint(seed, sha256))


def draw(
    written: Mapping[str, Mapping[str, Written]], photos: Sequence[str], n: int, seed: int
) -> tuple[list[Pair], int]:
    """Return up to n pairs of two captions, a photo each, and how many were equal and so left out.

    Args:
        written: a caption for each photo, by system; one that has none is not compared there.
        photos: in the order that they are taken.
    """
    matches = cycle(combinations(written, 2))
    pairs: list[Pair] = []
    equal = 0
    match = next(matches)
    for sha256 in photos:
        if len(pairs) == n:
            break
        found = [written[system].get(sha256) for system in match]
        captions = tuple(one.caption for one in found if one)
        if len(captions) < 2:
            continue
        if captions[0].text == captions[1].text:
            equal += 1
            continue
        pairs.append(Pair(_key(seed, sha256, captions), sha256, captions))
        match = next(matches)
    return pairs, equal


def catch(written: Mapping[str, Sequence[Written]], photos: Sequence[str], n: int, seed: int) -> list[Pair]:
    """Return pairs of a caption by people, and another's tokens in disorder: who reads them, knows which.

    Args:
        written: people's captions by photo.
        photos: those that no pair has, in the order that they are taken.
        n: how many other pairs there are.
    """
    found: list[Pair] = []
    wanted = max(LEAST, round(n * SHARE))
    for sha256, one, other in _long(written, photos):
        if len(found) == wanted:
            break
        generator = np.random.default_rng([seed, int(sha256[:16], 16)])
        broken = _disorder(other.tokens, generator)
        if broken is None:
            continue
        captions = (one.caption, Caption("", other.caption.sha256, broken))
        found.append(Pair(_key(seed, sha256, captions), sha256, captions, known=0, catch=True))
    return found


def _long(
    written: Mapping[str, Sequence[Written]], photos: Sequence[str]
) -> Iterator[tuple[str, Written, Written]]:
    """Yield photos with one of their captions, and a long one of the next photo."""
    usable = [
        (sha256, one)
        for sha256 in photos
        for one in written.get(sha256, ())[:1]
        if len(set(one.tokens)) >= _LONG
    ]
    for (sha256, one), (_, other) in zip(usable, usable[1:] + usable[:1], strict=True):
        if one.caption.text != other.caption.text:
            yield sha256, one, other


def _disorder(tokens: Sequence[str], generator: np.random.Generator) -> str | None:
    """Return the tokens with none in the place of its own, joined; None where chance does not find that."""
    for _ in range(100):
        order = generator.permutation(len(tokens)).tolist()
        if all(tokens[to] != token for to, token in zip(order, tokens, strict=True)):
            return "".join(tokens[number] for number in order)
    return None


def fives(written: Mapping[str, Sequence[Written]], photos: Sequence[str], n: int, seed: int) -> list[Pair]:
    """Return up to n photos with five captions by people: its own, and those of four other photos.

    Raises:
        UserError: fewer than five photos have captions that differ.
    """
    drawn = [(sha256, written[sha256][0]) for sha256 in photos if written.get(sha256)]
    found = []
    for sha256, own in drawn[:n]:
        generator = np.random.default_rng([seed, int(sha256[:16], 16)])
        captions = [own.caption]
        for number in generator.permutation(len(drawn)).tolist():
            if len(captions) == FIVE:
                break
            other, caption = drawn[number][0], drawn[number][1].caption
            if other != sha256 and caption.text not in {each.text for each in captions}:
                captions.append(caption)
        if len(captions) == FIVE:
            found.append(Pair(_key(seed, sha256, captions), sha256, tuple(captions), known=0))
    if not found:
        raise UserError(
            f"{len(drawn)} photos have captions that judges may see, and {FIVE} that differ are needed. "
            "Crawl more, or forbid less"
        )
    return found


def _key(seed: int, sha256: str, captions: Sequence[Caption]) -> str:
    return fingerprint(seed, sha256, [[caption.system, caption.text] for caption in captions])
