"""The content of the embedded site: its odai, its boke, and the order of its lists.

Everything is computed from the seed on request and nothing is stored, so that a site of a hundred thousand
photos starts as fast as one of ten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b, md5
from math import ceil

from demo.captions import jokes
from demo.captions.said import said
from demo.orders import LetterOrder, Listing, Order, Permutation, Shuffle, Stride
from demo.scenes import Scene, scene
from demo.taste.judges import judged
from demo.taste.stars import SEEN, stars, views
from demo.users import user_count, user_name, user_number

LISTS = ("recent", "hot", "popular", "legend", "select", "pickup")
CATEGORIES = ("バカ", "シュール", "お下劣", "ブラック", "身内", "例え", "その他")
PAGE_SIZE = 10
"""Entries on one page of a list or of an odai."""

# Ids are as large as the real site's, so that nothing takes an id for a small index.
_FIRST_ODAI, _ODAI_STEP = 5_000_000, 7
FIRST_BOKE = 80_000_000
_LISTED_SHARE = 0.45
"""The share of all boke that stand in the list `popular`."""
# Each boke has the category of one letter of this pattern, so the letters' counts are the categories' shares.
# The length is prime: a photo's boke have numbers that lie as far apart as the site has photos, and with a
# length that divides that distance all of them would have one category.
_CATEGORY_PATTERN = "01035061020140160012024"
_OLDEST_MINUTES = 6 * 365 * 24 * 60


@dataclass(frozen=True)
class Boke:
    """One caption on the site; `age` is the time since it was posted, at the moment of the request."""

    boke_id: int
    odai_id: int
    photo: int
    text: str
    stars: int
    raters: int
    category: str
    user: str
    age: timedelta


@dataclass(frozen=True)
class Odai:
    """One photo that asks for captions; `labels` are (word, confidence in percent)."""

    odai_id: int
    photo: int
    photo_name: str
    category: str
    labels: list[tuple[str, int]]
    user: str


def odai_id(seed: int, photo: int) -> int:
    """Return the id of the odai that shows a photo.

    Ids have gaps, as on the real site: an id in a gap answers 404.
    """
    return first_odai(photo) + digest(f"{seed}/{photo}/odai") % _ODAI_STEP


def first_odai(photo: int) -> int:
    """Return the least id that the odai of a photo may have: the seed decides among this and a few more."""
    return _FIRST_ODAI + _ODAI_STEP * photo


def odai_photo(seed: int, odai: int) -> int | None:
    """Return the photo of the odai with this id, None where no site of this seed has such an odai."""
    photo = (odai - _FIRST_ODAI) // _ODAI_STEP
    return photo if photo >= 0 and odai_id(seed, photo) == odai else None


def digest(text: str) -> int:
    """Return 64 bits that look random, and that the same text always gives."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


class EmbeddedSite:
    """A site of `photos` distinct photos with `captions_per_photo` distinct captions each.

    Boke are numbered from 0 by time, the oldest first.

    Args:
        photos: how many photos, and so odai, the site has.
        captions_per_photo: how many boke each photo has.
        seed: another seed gives another site.
        dependence: the share of captions that are written for their photo, as `jokes.captions` takes it.
        first_photo: the number of the first photo.
        first_boke: the id of the oldest boke.
    """

    def __init__(
        self,
        photos: int,
        captions_per_photo: int,
        seed: int,
        dependence: float = 1.0,
        *,
        first_photo: int = 0,
        first_boke: int = FIRST_BOKE,
    ) -> None:
        self.photos, self.captions_per_photo, self.seed = photos, captions_per_photo, seed
        self._dependence, self._first_photo, self._first_boke = dependence, first_photo, first_boke
        self._photo_numbers = range(first_photo, first_photo + photos)
        self.bokes = photos * captions_per_photo
        self._by_time = Permutation.seeded(photos, f"{seed}/photos")
        self._odai = Permutation.seeded(photos, f"{seed}/odai")
        # A shuffle: the boke of a photo shall have nothing in common here, as they would in a permutation.
        self._by_views = Shuffle(self.bokes, f"{seed}/views")
        self._by_category = Permutation.seeded(self.bokes, f"{seed}/categories")
        self._by_user = Permutation.seeded(self.bokes, f"{seed}/users")
        self._user_count = user_count(self.bokes)
        self._lists = self._orders()
        # Drawing one caption means drawing all earlier ones of its photo, and lists show boke of ten photos.
        self._captions: Callable[[int], list[tuple[str, int]]] = lru_cache(4096)(self._drawn)

    def _orders(self) -> dict[str, Order]:
        """Return the order of each list: numbers of boke."""
        listed = ceil(_LISTED_SHARE * self.bokes)
        legends = ceil(listed / 100)
        orders: dict[str, Order] = {
            "recent": Permutation(self.bokes, -1, self.bokes - 1),
            "popular": Stride(self._by_views, 0, 1, listed),
            "hot": Stride(self._by_views, legends, 1, listed - legends),
            "legend": Stride(self._by_views, 0, 1, legends),
            "select": Stride(self._by_views, 0, 7, ceil(listed / 7)),
            "pickup": Stride(self._by_views, 1, 11, (listed + 9) // 11),
        }
        for number, name in enumerate(CATEGORIES):
            orders[name] = LetterOrder(self._by_category, _CATEGORY_PATTERN, str(number))
        return orders

    def scene(self, photo: int) -> Scene:
        """Return the scene that a photo shows."""
        return scene(self.seed, photo)

    def photo_name(self, photo: int) -> str:
        """Return the 32 hexadecimal digits that name a photo's file."""
        return f"{photo:07d}{md5(f'{self.seed}/{photo}'.encode()).hexdigest()[7:]}"

    def photo_named(self, name: str) -> int | None:
        """Return the photo whose file has this name, None where the site has none."""
        if len(name) != 32 or not name[:7].isdecimal():
            return None
        photo = int(name[:7])
        return photo if photo in self._photo_numbers and self.photo_name(photo) == name else None

    def odai(self, odai: int) -> Odai | None:
        """Return the odai with this id, None where the site has none."""
        photo = odai_photo(self.seed, odai)
        if photo is None or photo not in self._photo_numbers:
            return None
        scene = self.scene(photo)
        user = user_name(odai % self._user_count)
        return Odai(odai, photo, self.photo_name(photo), scene.category, scene.labels, user)

    def odai_listed(self, start: int, count: int = PAGE_SIZE) -> list[Odai]:
        """Return `count` entries of the list of odai from index `start`; fewer at its end."""
        indexes = range(start, min(start + count, self.photos))
        photos = [self._first_photo + self._odai.at(index) for index in indexes]
        return [odai for photo in photos if (odai := self.odai(odai_id(self.seed, photo)))]

    @property
    def odai_count(self) -> int:
        """How many entries the list of odai has."""
        return self.photos

    def odai_bokes(self, photo: int, page: int) -> list[Boke]:
        """Return one page of a photo's boke, most stars first; empty past the last page."""
        shown = self._numbers(photo)[PAGE_SIZE * (page - 1) : PAGE_SIZE * page]
        return [self._boke(number) for number in shown]

    def odai_pages(self, photo: int) -> int:
        """Return how many pages a photo's odai has."""
        return ceil(len(self._numbers(photo)) / PAGE_SIZE)

    def boke(self, boke_id: int) -> Boke | None:
        """Return the boke with this id, None where the site has none."""
        number = boke_id - self._first_boke
        return self._boke(number) if 0 <= number < self.bokes else None

    def listed(self, name: str, start: int, count: int = PAGE_SIZE) -> list[Boke]:
        """Return `count` entries of a list from index `start`; fewer at its end.

        `name` is one of `LISTS` or of `CATEGORIES`; `recent` is ordered by time, other `LISTS` by how often
        a boke is seen.
        """
        return self._slice(self._lists[name], start, count)

    def list_length(self, name: str) -> int:
        """Return how many entries a list has."""
        return self._lists[name].length

    def index_after(self, name: str, boke_id: int) -> int:
        """Return the index of the entry that follows `boke_id` in a list that contains it."""
        number = min(max(boke_id - self._first_boke, 0), self.bokes - 1)
        return max(0, self._lists[name].index(number) + 1)

    def posted_by(self, user: str, start: int, count: int = PAGE_SIZE) -> list[Boke]:
        """Return `count` of a user's boke from index `start`; none for an unknown user."""
        return self._slice(self._of_user(user), start, count)

    def _of_user(self, user: str) -> Order:
        number = user_number(user)
        if number is None or number >= self._user_count:
            return Listing([])
        length = ceil((self.bokes - number) / self._user_count)
        return Stride(self._by_user, number, self._user_count, length)

    def _slice(self, order: Order, start: int, count: int) -> list[Boke]:
        return [self._boke(order.at(index)) for index in range(start, min(start + count, order.length))]

    def _numbers(self, photo: int) -> list[int]:
        """Return the numbers of a photo's boke, most stars first. Every photo gets one boke per round."""
        first = self._by_time.index(photo - self._first_photo)
        numbers = [first + turn * self.photos for turn in range(self.captions_per_photo)]
        return sorted(numbers, key=lambda number: (-self._stars(number), number))

    def _drawn(self, photo: int) -> list[tuple[str, int]]:
        """Return the captions of a photo, and the points that the judges who find each give it."""
        scene = self.scene(photo)
        drawn = jokes.captions(scene, self.captions_per_photo, self._dependence)
        chances = (digest(f"{self.seed}/{photo}/{turn}/judge") / 2**64 for turn in range(len(drawn)))
        return [
            (text, judged(said(tree), scene.contents, chance))
            for (text, tree), chance in zip(drawn.items(), chances, strict=True)
        ]

    def _boke(self, number: int) -> Boke:
        photo, turn = self._place(number)
        stars = self._stars(number)
        stars_per_rater = 2 + digest(f"{self.seed}/{number}/boke") % 3
        letter = _CATEGORY_PATTERN[self._by_category.index(number) % len(_CATEGORY_PATTERN)]
        text, _ = self._captions(photo)[turn]
        return Boke(
            boke_id=self._first_boke + number,
            odai_id=odai_id(self.seed, photo),
            photo=photo,
            text=text,
            stars=stars,
            raters=min(stars, ceil(stars / stars_per_rater)),
            category=CATEGORIES[int(letter)],
            user=user_name(self._by_user.index(number) % self._user_count),
            age=timedelta(minutes=_OLDEST_MINUTES ** (1 - number / self.bokes)),
        )

    def _place(self, number: int) -> tuple[int, int]:
        """Return the photo of a boke, and which of the photo's captions it is."""
        turn, index = divmod(number, self.photos)
        return self._first_photo + self._by_time.at(index), turn

    def _stars(self, number: int) -> int:
        """Return the stars of a boke, by how many see it, its age and the taste of those who find it."""
        photo, turn = self._place(number)
        _, points = self._captions(photo)[turn]
        seen_more = (self._by_views.index(number) + 0.5) / self.bokes
        return stars(views(seen_more), SEEN[len(SEEN) * number // self.bokes], points)
