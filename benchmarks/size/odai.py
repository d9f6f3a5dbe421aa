"""The odai of a large pipeline: their numbers, captions and stars, as rows of the pages table.

N photos, each with an odai; some have a second one, as on the site. Skewed as there: a photo has 11 captions
on average, most have fewer, some have hundreds; a few captions have nearly all of the stars.
"""

import hashlib
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import numpy as np

from benchmarks.dataset.synthetic import STARS
from demo.captions import jokes
from demo.scenes import Scene, scene
from store.schema import FIRST_ODAI

CAPTIONS_PER_PHOTO = 11
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
_ODAI, _BOKE = 9_000_000, 114_843_616
"""The site's highest numbers in 2026; those of a pipeline are spread over them, the newest last."""
_SECOND_EVERY = 100
"""One photo in so many was set twice: half of its captions belong to an odai with the next number."""
_SPREAD = 1.0
"""The deviation of the logarithm of a photo's number of captions."""
_ON_A_PAGE = 10
_CATEGORIES = ("バカ", "シュール", "お下劣", "ブラック", "身内", "例え", "その他")
_CANS = np.cumsum([count for count, _, _ in STARS]).tolist()


class Odai(NamedTuple):
    """A photo with its captions.

    Args:
        scene: what the captions are about.
        number: of its odai; a second one has the next.
        first: the number, in all of the pipeline, of its first caption.
        captions: how many it has.
        share: how far in the site's history it is, from 0 to 1.
        step: how many numbers of boke lie between two captions.
    """

    scene: Scene
    number: int
    first: int
    captions: int
    share: float
    step: int

    @property
    def image_url(self) -> str:
        """The address of the photo."""
        name = hashlib.md5(str(self.number).encode(), usedforsecurity=False).hexdigest()
        return f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{name}_600.jpg"


def counts(seed: int, photos: int) -> np.ndarray:
    """Return how many captions each photo has, (N,) int64: at least 1, and 11 on average exactly."""
    weights = np.random.default_rng((seed, photos)).lognormal(0, _SPREAD, photos)
    more = (CAPTIONS_PER_PHOTO - 1) * photos
    found: np.ndarray = np.floor(weights / weights.sum() * more).astype(np.int64)
    found[: more - found.sum()] += 1  # what rounding down left over, one each
    found += 1
    return found


def odai(seed: int, photos: int) -> list[Odai]:
    """Return the odai of a pipeline with N photos, oldest first."""
    captions = counts(seed, photos)
    firsts = np.cumsum(captions) - captions
    step = _BOKE // (CAPTIONS_PER_PHOTO * photos)
    return [
        Odai(scene(seed, n), 1 + 2 * (n * (_ODAI // 2) // photos), int(first), int(count), n / photos, step)
        for n, (first, count) in enumerate(zip(firsts, captions, strict=True))
    ]


def rows(one: Odai, place: int) -> Iterator[dict[str, object]]:
    """Yield the rows of the pages table of one photo: ten boke a page.

    Args:
        place: the photo's number in the pipeline, from 0.
    """
    source = Random(f"{one.scene.seed}/{one.scene.photo}/size")
    bokes = [_boke(one, number, text, source) for number, text in enumerate(_captions(one, source))]
    cut = len(bokes) // 2 if place % _SECOND_EVERY == _SECOND_EVERY - 2 else len(bokes)
    for number, shown in ((one.number, bokes[:cut]), (one.number + 1, bokes[cut:])):
        for boke in shown:
            boke["odai_id"] = number
        pages = math.ceil(len(shown) / _ON_A_PAGE)
        for page in range(pages):
            some = shown[page * _ON_A_PAGE : (page + 1) * _ON_A_PAGE]
            yield _page(one, number, page, page + 1 < pages, some, place)


def _captions(one: Odai, source: Random) -> list[str]:
    """Return the texts of a photo's captions, all different."""
    found: dict[str, None] = {}
    while len(found) < one.captions:
        found[jokes.caption(one.scene, source).text] = None
    return list(found)


def _boke(one: Odai, number: int, text: str, source: Random) -> dict[str, object]:
    _, low, high = source.choices(STARS, cum_weights=_CANS)[0]
    # Within a can by powers: ten times the stars are a tenth as frequent.
    stars = min(high, int((low + 1) * ((high + 1) / (low + 1)) ** source.random() - 1))
    since = FIRST_ODAI + (FETCHED - FIRST_ODAI) * one.share
    return {
        "boke_id": 1 + (one.first + number) * one.step,
        "image_url": one.image_url,
        "text": text,
        "stars": stars,
        "raters": math.ceil(stars / 2),
        "category": source.choice(_CATEGORIES),
        "posted": min(FETCHED, since + timedelta(days=int(10 ** (3 * source.random())) - 1)),
    }


def _page(
    one: Odai, number: int, page: int, has_next: bool, bokes: list[dict[str, object]], place: int
) -> dict[str, object]:
    address = f"https://bokete.jp/odai/{number}"
    links = [f"{address}?page={page + 2}"] if has_next else []
    labels = one.scene.labels
    return {
        "url": f"{address}?page={page + 1}" if page else address,
        "layout": "angular_2020",
        "status": 200,
        "outcome": "ok",
        "fetched_at": FETCHED + timedelta(seconds=place, milliseconds=page),
        "odai_id": number,
        "image_url": one.image_url,
        "category": one.scene.category,
        "labels": [word for word, _ in labels],
        "label_confidences": [confidence / 100 for _, confidence in labels],
        "bokes": bokes,
        "links": links,
        "source": "bokete.jp",
    }
