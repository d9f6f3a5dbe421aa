"""The embedded site as it grows: odai appear, get boke and stars for some days, and are quiet after that."""

from datetime import timedelta
from math import floor

from demo.content import CATEGORIES, LISTS, Boke, EmbeddedSite, Odai, digest, odai_id
from demo.orders import Listing, Order
from demo.taste.stars import stars, views
from demo.users import user_count, user_name, user_number

WEEKLY = 0.03
"""The new odai of a week, as a share of those at the beginning."""
LIVELY_DAYS = 6.0
"""How long an odai gets boke. The first comes at once, the last so many days later."""
STARRED_DAYS = 4.0
"""How long a boke gets stars."""
_WEEK = 7.0


class GrowingSite(EmbeddedSite):
    """A site of so many photos, some days later: the same odai and boke with the same numbers, and more.

    Odai appear evenly, in the past as in the days to come. Boke are numbered by time, as on the fixed site,
    and whatever there is depends on the seed and the day alone. Categories and `recent` are in the order of
    time, the other lists by stars.

    Args:
        photos: how many photos, and so odai, the site had at the beginning.
        captions_per_photo: how many boke each photo comes to have.
        seed: another seed gives another site.
        day: how many days have passed since the beginning.
        dependence: as that of the fixed site.
    """

    def __init__(
        self, photos: int, captions_per_photo: int, seed: int, day: float, dependence: float = 1.0
    ) -> None:
        self._day, self._first = day, photos
        self._rate = photos * WEEKLY / _WEEK  # odai a day
        super().__init__(photos + floor(self._rate * day + 1e-9), captions_per_photo, seed, dependence)
        self._posted = sorted(
            (moment, photo, turn)
            for photo in range(self.photos)
            for turn in range(captions_per_photo)
            if (moment := self._moment(photo, turn)) <= day
        )
        self.bokes = len(self._posted)
        self._places = {(photo, turn): number for number, (_, photo, turn) in enumerate(self._posted)}
        self._user_count = user_count(photos * captions_per_photo)
        self._lists = self._listings()

    def _moment(self, photo: int, turn: int) -> float:
        """Return the day on which a photo's boke is posted, a negative one before the beginning."""
        appeared = (photo + 1 - self._first) / self._rate
        return appeared + LIVELY_DAYS * (turn / max(self.captions_per_photo - 1, 1)) ** 2

    def _listings(self) -> dict[str, Order]:
        newest = list(reversed(range(self.bokes)))
        shown = [self._boke(number) for number in range(self.bokes)]
        popular = sorted((n for n in newest if shown[n].stars), key=lambda n: -shown[n].stars)
        legends = len(popular) // 100 + 1
        parts = {"recent": newest, "popular": popular, "hot": popular[legends:], "legend": popular[:legends]}
        parts |= {"select": popular[::7], "pickup": popular[1::11]}
        assert parts.keys() == set(LISTS)
        parts |= {name: [n for n in newest if shown[n].category == name] for name in CATEGORIES}
        return {name: Listing(numbers) for name, numbers in parts.items()}

    def odai_listed(self, start: int, count: int = 10) -> list[Odai]:
        """Return `count` entries of the list of odai from index `start`, the newest first."""
        photos = range(self.photos - 1 - start, max(self.photos - 1 - start - count, -1), -1)
        return [odai for photo in photos if (odai := self.odai(odai_id(self.seed, photo)))]

    def posted_by(self, user: str, start: int, count: int = 10) -> list[Boke]:
        """Return `count` of a user's boke from index `start`, the newest first; none for an unknown user."""
        if user_number(user) is None:
            return []
        found = (number for number in reversed(range(self.bokes)) if self._boke(number).user == user)
        return [self._boke(number) for number in list(found)[start : start + count]]

    def _numbers(self, photo: int) -> list[int]:
        turns = range(self.captions_per_photo)
        found = [self._places[photo, turn] for turn in turns if (photo, turn) in self._places]
        return sorted(found, key=lambda number: (-self._boke(number).stars, number))

    def _boke(self, number: int) -> Boke:
        moment, photo, turn = self._posted[number]
        drawn = digest(f"{self.seed}/{photo}/{turn}/growing")
        age = self._day - moment
        text, points = self._captions(photo)[turn]
        starred = self._stars_at((drawn % 1_000_003 + 0.5) / 1_000_003, age, points)
        return Boke(
            boke_id=self._first_boke + number,
            odai_id=odai_id(self.seed, photo),
            photo=photo,
            text=text,
            stars=starred,
            raters=-(-starred // (2 + drawn % 3)),
            category=CATEGORIES[drawn % len(CATEGORIES)],
            user=user_name(drawn // 7 % self._user_count),
            age=timedelta(days=age),
        )

    @staticmethod
    def _stars_at(seen_more: float, age: float, points: int) -> int:
        """Return the stars of a boke at an age in days; a share of all boke is seen more often in the end."""
        return stars(views(seen_more), min(age / STARRED_DAYS, 1.0), points)
