"""The least loss that any model can reach on the embedded site's captions: the grammar's own surprisal."""

import math
from collections.abc import Collection, Iterable, Sequence

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
        surprisal = -log_probability(text, _scene(odai, seed), dependence)
        if surprisal == math.inf:
            raise ValueError(f"odai {odai} of seed {seed} cannot have the caption {text!r}")
        surprisals.append(surprisal)
    return math.fsum(surprisals)  # exact, so that the order of captions does not matter


def floors(
    captions: Iterable[tuple[int | None, str, Sequence[str]]],
    known: Collection[str],
    seed: int,
    dependence: float = 1.0,
) -> tuple[float | None, float | None]:
    """Return the floors of all tokens and of known ones, in nats per token, <EOS> counted.

    Without captions they are None.

    Args:
        captions: an odai's id, one of its captions, and that caption's tokens.
        known: the tokens that the model's vocabulary has.
        seed, dependence: as those of `total_surprisal`.

    Raises:
        ValueError: an odai or a text that no site of this seed has.
    """
    rows = list(captions)
    if not rows:
        return None, None
    total = total_surprisal([(odai, text) for odai, text, _ in rows], seed, dependence)
    unknown, count = unknown_surprisal([(odai, tokens) for odai, _, tokens in rows], known, seed, dependence)
    tokens = sum(len(tokens) + 1 for *_, tokens in rows)
    return total / tokens, (total - unknown) / (tokens - count)


def unknown_surprisal(
    captions: Iterable[tuple[int | None, Sequence[str]]],
    known: Collection[str],
    seed: int,
    dependence: float = 1.0,
) -> tuple[float, int]:
    """Return the part of `total_surprisal` that is of tokens which are not `known`, and how many these are.

    The rest is the floor of the loss of known tokens. A token's surprisal is −log of the share of captions
    that begin with the text up to its end among those that begin with the text up to its start. A model that
    expects no unknown token at all gains −log(1 − p) on a known one where an unknown one was to be expected
    with probability p; so it can come below that floor, by little where unknown tokens are few.

    Args:
        captions: pairs of an odai's id and the tokens of one of its captions.
        known: the tokens that the model's vocabulary has.
        seed, dependence: as those of `total_surprisal`.

    Raises:
        ValueError: an odai that no site of this seed has.
    """
    surprisals = []
    for odai, tokens in captions:
        for place, token in enumerate(tokens):
            if token not in known:
                shown, text = _scene(odai, seed), "".join(tokens[:place])
                before = _prefix_probability(text, shown, dependence)
                after = _prefix_probability(text + token, shown, dependence)
                surprisals.append(math.log(before / after) if after else math.inf)
    return math.fsum(surprisals), len(surprisals)


def _scene(odai: int | None, seed: int) -> Scene:
    found = None if odai is None else site_photo(seed, odai)
    if found is None:
        raise ValueError(f"odai {odai or 'without a number'} is on no embedded site of seed {seed}")
    return scene(*found)


def _prefix_probability(text: str, shown: Scene, dependence: float) -> float:
    """Return the probability that a caption of a photo begins with a text; compare `log_probability`."""
    own = jokes.prefix_probability(text, shown)
    if dependence == 1:
        return own
    return dependence * own + (1 - dependence) * anywhere.prefix_probability(text)


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
