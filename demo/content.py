"""What the embedded site holds: its odai, its boke, and the order of its lists.

Everything is computed from the seed when it is asked for; nothing is stored, so a site of a hundred thousand
photos starts as fast as one of ten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b, md5
from math import ceil, isqrt, log

from demo.captions import jokes
from demo.orders import Belt, Order, Permutation, Stride
from demo.scenes import Scene, scene

LISTS = ("recent", "hot", "popular", "legend", "select", "pickup")
CATEGORIES = ("バカ", "シュール", "お下劣", "ブラック", "身内", "例え", "その他")
PAGE = 10
"""Entries on one page of a list or of an odai."""

_FIRST_ODAI, _ODAI_STEP = 5_000_000, 7
_FIRST_BOKE = 80_000_000
_MOST_STARS, _STARRED = 120_000, 0.45
# One letter of this belt per boke: how often each category occurs. Its length is prime, so that a photo's
# boke, whose numbers lie as far apart as the site has photos, meet several of its letters.
_CATEGORY_BELT = "01035061020140160012024"
_BOKES_PER_USER = 25
_OLDEST_MINUTES = 6 * 365 * 24 * 60


@dataclass(frozen=True)
class Boke:
    """One caption on the site; `age` is how long before the moment of asking it was posted."""

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
    """One photo on the site, asking for captions; `labels` are (word, confidence in percent)."""

    odai_id: int
    photo: int
    photo_name: str
    category: str
    labels: list[tuple[str, int]]
    user: str


def odai_id(seed: int, photo: int) -> int:
    """Return the odai that shows a photo. Ids have gaps, as on the real site: an id in a gap is missing."""
    return _FIRST_ODAI + _ODAI_STEP * photo + _digest(f"{seed}/{photo}/odai") % _ODAI_STEP


def photo_of(seed: int, odai: int) -> int | None:
    """Return the photo that an odai shows, None where no site of this seed has such an odai."""
    photo = (odai - _FIRST_ODAI) // _ODAI_STEP
    return photo if photo >= 0 and odai_id(seed, photo) == odai else None


def _prime_from(n: int) -> int:
    """Return the smallest prime that is not below `n`."""
    n = max(n, 2)
    while any(n % divisor == 0 for divisor in range(2, isqrt(n) + 1)):
        n += 1
    return n


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


class EmbeddedSite:
    """A site of `photos` distinct photos with `captions_per_photo` distinct captions each.

    Args:
        photos: how many photos, and so odai, there are.
        captions_per_photo: how many boke each has.
        seed: another seed gives another site.
    """

    def __init__(self, photos: int, captions_per_photo: int, seed: int) -> None:
        self.photos, self.captions_per_photo, self.seed = photos, captions_per_photo, seed
        self.bokes = photos * captions_per_photo
        self._photos = Permutation.seeded(photos, f"{seed}/photos")
        self._stars = Permutation.seeded(self.bokes, f"{seed}/stars")
        self._belt = Permutation.seeded(self.bokes, f"{seed}/categories")
        self._users = Permutation.seeded(self.bokes, f"{seed}/users")
        self._user_count = _prime_from(ceil(self.bokes / _BOKES_PER_USER))
        self._lists = self._orders()
        self._texts: Callable[[int], list[str]] = lru_cache(4096)(self._captions)

    def _orders(self) -> dict[str, Order]:
        starred = ceil(_STARRED * self.bokes)
        legends = ceil(starred / 100)
        orders: dict[str, Order] = {
            "recent": Permutation(self.bokes, -1, self.bokes - 1),
            "popular": Stride(self._stars, 0, 1, starred),
            "hot": Stride(self._stars, legends, 1, starred - legends),
            "legend": Stride(self._stars, 0, 1, legends),
            "select": Stride(self._stars, 0, 7, ceil(starred / 7)),
            "pickup": Stride(self._stars, 1, 11, (starred + 9) // 11),
        }
        belts = {name: Belt(self._belt, _CATEGORY_BELT, str(i)) for i, name in enumerate(CATEGORIES)}
        return orders | belts

    def scene(self, photo: int) -> Scene:
        """Return what a photo shows."""
        return scene(self.seed, photo)

    def photo_name(self, photo: int) -> str:
        """Return the 32 hexadecimal digits that name a photo's file."""
        return f"{photo:07d}{md5(f'{self.seed}/{photo}'.encode()).hexdigest()[7:]}"

    def photo_named(self, name: str) -> int | None:
        """Return the photo whose file has this name, None where the site has none."""
        if len(name) != 32 or not name[:7].isdecimal():
            return None
        photo = int(name[:7])
        return photo if photo < self.photos and self.photo_name(photo) == name else None

    def odai(self, odai: int) -> Odai | None:
        """Return an odai, None where the site has none of this id."""
        photo = photo_of(self.seed, odai)
        if photo is None or photo >= self.photos:
            return None
        shown = self.scene(photo)
        return Odai(
            odai, photo, self.photo_name(photo), shown.category, shown.labels, _user(odai % self._user_count)
        )

    def odai_bokes(self, photo: int, page: int) -> list[Boke]:
        """Return one page of a photo's boke, most stars first; empty past the end."""
        numbers = sorted(self._numbers(photo), key=self._stars.place)
        return [self._boke(number) for number in numbers[PAGE * (page - 1) : PAGE * page]]

    def odai_pages(self) -> int:
        """Return how many pages an odai has."""
        return ceil(self.captions_per_photo / PAGE)

    def boke(self, boke_id: int) -> Boke | None:
        """Return a boke, None where the site has none of this id."""
        number = boke_id - _FIRST_BOKE
        return self._boke(number) if 0 <= number < self.bokes else None

    def listed(self, name: str, start: int, count: int = PAGE) -> list[Boke]:
        """Return `count` entries of a list from its `start`-th; fewer at its end.

        `name` is one of `LISTS` or of `CATEGORIES`; `recent` is ordered by time, other `LISTS` by stars.
        """
        return self._part(self._lists[name], start, count)

    def list_length(self, name: str) -> int:
        """Return how many entries a list has."""
        return self._lists[name].length

    def place_after(self, name: str, boke_id: int) -> int:
        """Return the place in a list of the entry that follows `boke_id`, which is in the list."""
        number = min(max(boke_id - _FIRST_BOKE, 0), self.bokes - 1)
        return max(0, self._lists[name].place(number) + 1)

    def posted_by(self, user: str, start: int, count: int = PAGE) -> list[Boke]:
        """Return `count` of a user's boke from the `start`-th; none for a user that is not there."""
        digits = user.lstrip("".join(_USERS))
        number = int(digits) if digits.isdecimal() and len(digits) < 10 else self._user_count
        if number >= self._user_count or user != _user(number):
            return []
        length = ceil((self.bokes - number) / self._user_count)
        return self._part(Stride(self._users, number, self._user_count, length), start, count)

    def _part(self, order: Order, start: int, count: int) -> list[Boke]:
        return [self._boke(order.at(place)) for place in range(start, min(start + count, order.length))]

    def _numbers(self, photo: int) -> list[int]:
        """Return the numbers of a photo's boke, oldest first: each round of time visits every photo."""
        return [turn * self.photos + self._photos.place(photo) for turn in range(self.captions_per_photo)]

    def _captions(self, photo: int) -> list[str]:
        return jokes.captions(self.scene(photo), self.captions_per_photo)

    def _boke(self, number: int) -> Boke:
        turn, place = divmod(number, self.photos)
        photo = self._photos.at(place)
        stars = self._stars_at(self._stars.place(number))
        digest = _digest(f"{self.seed}/{number}/boke")
        return Boke(
            boke_id=_FIRST_BOKE + number,
            odai_id=odai_id(self.seed, photo),
            photo=photo,
            text=self._texts(photo)[turn],
            stars=stars,
            raters=min(stars, ceil(stars / (2 + digest % 3))),
            category=CATEGORIES[int(_CATEGORY_BELT[self._belt.place(number) % len(_CATEGORY_BELT)])],
            user=_user(self._users.place(number) % self._user_count),
            age=timedelta(minutes=_OLDEST_MINUTES ** (1 - number / self.bokes)),
        )

    def _stars_at(self, place: int) -> int:
        """Return the stars of the boke at a place by stars: a line on log-log paper, then nothing."""
        starred = max(2.0, _STARRED * self.bokes)
        exponent = log(_MOST_STARS) / log(starred)
        return int((starred / (place + 1)) ** exponent)


_USERS = (
    "ぺんぎん",
    "たぬき",
    "まめしば",
    "のりたま",
    "うどん",
    "かっぱ",
    "こけし",
    "だるま",
    "しらす",
    "もなか",
)


def _user(number: int) -> str:
    return f"{_USERS[number % len(_USERS)]}{number}"
