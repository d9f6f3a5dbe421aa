"""The least loss that any model can reach on the embedded site's captions: the grammar's own surprisal."""

import math
from collections.abc import Iterable

from demo.captions import anywhere, jokes
from demo.evaluation import site_photo
from demo.scenes import Scene, scene


def total_surprisal(captions: Iterable[tuple[int | None, str]], seed: int, dependence: float = 1.0) -> float:
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
        dependence: the site's.

    Raises:
        ValueError: an odai or a text that no site of this seed has; the message shows it.
    """
    surprisals = []
    for odai, text in captions:
        found = None if odai is None else site_photo(seed, odai)
        if found is None:
            raise ValueError(f"odai {odai or 'without a number'} is on no embedded site of seed {seed}")
        surprisal = -log_probability(text, scene(*found), dependence)
        if surprisal == math.inf:
            raise ValueError(f"odai {odai} of seed {seed} cannot have the caption {text!r}")
        surprisals.append(surprisal)
    return math.fsum(surprisals)  # exact, so that the order of captions does not matter


def log_probability(text: str, scene: Scene, dependence: float) -> float:
    """Return the natural logarithm of the probability that a photo of a site has a text as its caption.

    That is `dependence` times the grammar's probability for the photo's scene, and for the rest the mean of
    its probabilities over all scenes, since such a caption is written for a scene drawn at random.
    """
    own = jokes.log_probability(text, scene)
    if dependence == 1:
        return own
    found = dependence * math.exp(own) + (1 - dependence) * anywhere.probability(text)
    return math.log(found) if found > 0 else -math.inf
