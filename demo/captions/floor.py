"""The least loss that any model can reach on the embedded site's captions: the grammar's own surprisal."""

import math
from collections.abc import Iterable

from demo.captions import jokes
from demo.content import odai_photo
from demo.scenes import scene


def total_surprisal(captions: Iterable[tuple[int | None, str]], seed: int) -> float:
    """Return the sum of −log p(text | scene), in nats, over (odai id, text) pairs of a site.

    A model that sees only the photo cannot expect a smaller total: a cross-entropy is at least the entropy.
    There are two reservations. The sum over a sample scatters around its expectation, by about 1% for 3,000
    captions. And a photo's captions are distinct because repeated ones are drawn again, so rare ones are a
    little more frequent than the grammar says: repeats are 0.1% of the draws at 15 captions a photo and 1.2%
    at 200 (measured), which moves the floor by less than 0.1% and 1%.

    Args:
        captions: pairs of an odai's id and one of its captions, in any order; white space is ignored. What
            was imported may have no odai.
        seed: the site's seed.

    Raises:
        ValueError: an odai or a text that no site of this seed has; the message shows it.
    """
    surprisals = []
    for odai, text in captions:
        photo = None if odai is None else odai_photo(seed, odai)
        if photo is None:
            raise ValueError(f"odai {odai or 'without a number'} is on no embedded site of seed {seed}")
        surprisal = -jokes.log_probability(text, scene(seed, photo))
        if surprisal == math.inf:
            raise ValueError(f"odai {odai} of seed {seed} cannot have the caption {text!r}")
        surprisals.append(surprisal)
    return math.fsum(surprisals)  # exact, so that the order of captions does not matter
