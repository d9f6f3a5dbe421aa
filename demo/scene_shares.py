"""How probable every scene is: what `demo.scenes.any_scene` draws, written out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from math import prod

from demo.scenes import Contents, visible_traits
from demo.things import KINDS, PLACES, SUBJECTS, TIMES, WEATHERS


@cache
def scene_shares() -> Mapping[Contents, float]:
    """Return the probability of each of the scenes that a photo may show; they sum to 1."""
    shares: defaultdict[Contents, float] = defaultdict(float)
    for subject, p_subject in _normalised(SUBJECTS).items():
        kind = KINDS[subject]
        for place, p_place in _normalised(kind.places).items():
            for (traits, p_traits), (companions, p_companions) in product(
                _subsets(kind.traits), _subsets(kind.companions)
            ):
                p = p_subject * p_place * p_traits * p_companions
                for time, weather, p_light in _lights(place):
                    scene = subject, visible_traits(traits), companions, place, time, weather
                    shares[scene] += p * p_light
    return shares


def _normalised(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {key: weight / total for key, weight in weights.items()}


def _subsets(shares: Mapping[str, float]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield each choice of keys, and its probability where each is chosen by its own share."""
    for chosen in product((True, False), repeat=len(shares)):
        keys = tuple(key for key, is_chosen in zip(shares, chosen, strict=True) if is_chosen)
        factors = (p if c else 1 - p for p, c in zip(shares.values(), chosen, strict=True))
        yield keys, prod(factors)


def _lights(place: str) -> list[tuple[str, str, float]]:
    """Return each time of day and weather that a place may have, and their probability."""
    if not PLACES[place].outdoors:
        return [("day", "clear", 1.0)]
    times = _normalised({key: time.weight for key, time in TIMES.items()})
    weathers = _normalised({key: weather.weight for key, weather in WEATHERS.items()})
    return [(time, weather, p * q) for time, p in times.items() for weather, q in weathers.items()]
