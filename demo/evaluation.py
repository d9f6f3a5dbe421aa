"""Photos for evaluation only: the same ones on every embedded site, whatever its size and seed.

They have numbers of their own, above those of any site's photos, and stand in its lists among the others.
So pipelines whose sites differ in size, in captions per photo or in `dependence` can be compared on the
same photos, and the dataset stage knows by the number of an odai that its photo belongs to dev.
"""

from bisect import bisect_left
from collections.abc import Callable

from demo.content import PAGE_SIZE, Boke, EmbeddedSite, Odai, first_odai, odai_photo
from demo.scenes import Scene

EVALUATION_SEED = 20_261_130
"""The seed of all evaluation photos: a site's own seed does not count for them."""
EVALUATION_PHOTO = 1_000_000
"""The number of the first one: more than any site has photos."""
_EVALUATION_BOKE = 110_000_000


def evaluation_odai(photos: int) -> tuple[int, int]:
    """Return the first and the last id that the odai of so many evaluation photos may have."""
    return first_odai(EVALUATION_PHOTO), first_odai(EVALUATION_PHOTO + photos) - 1


def site_photo(seed: int, odai: int) -> tuple[int, int] | None:
    """Return the seed and the number of the photo that an odai of a site shows, None where it has none.

    Args:
        seed: the site's.
        odai: the odai's id.
    """
    is_evaluation = odai >= first_odai(EVALUATION_PHOTO)
    drawn_from = EVALUATION_SEED if is_evaluation else seed
    photo = odai_photo(drawn_from, odai)
    return None if photo is None else (drawn_from, photo)


class EvaluatedSite(EmbeddedSite):
    """An embedded site with evaluation photos beside its own.

    Lists hold the boke of both, in one order. What is asked of a photo, an odai or a boke is answered by the
    part that has it.

    Args:
        photos, captions_per_photo, seed, dependence: as those of `EmbeddedSite`, for the site's own photos.
        evaluation_photos: how many photos for evaluation there are.
        evaluation_captions: how many captions each of these has; `dependence` holds for them, too.
    """

    def __init__(
        self,
        photos: int,
        captions_per_photo: int,
        seed: int,
        dependence: float,
        evaluation_photos: int,
        evaluation_captions: int,
    ) -> None:
        super().__init__(photos, captions_per_photo, seed, dependence)
        self.evaluation = EmbeddedSite(
            evaluation_photos,
            evaluation_captions,
            EVALUATION_SEED,
            dependence,
            first_photo=EVALUATION_PHOTO,
            first_boke=_EVALUATION_BOKE,
        )

    @property
    def odai_count(self) -> int:
        """How many entries the list of odai has."""
        return self.photos + self.evaluation.photos

    def scene(self, photo: int) -> Scene:
        """Return the scene that a photo shows."""
        return super().scene(photo) if photo < EVALUATION_PHOTO else self.evaluation.scene(photo)

    def photo_name(self, photo: int) -> str:
        """Return the 32 hexadecimal digits that name a photo's file."""
        return super().photo_name(photo) if photo < EVALUATION_PHOTO else self.evaluation.photo_name(photo)

    def photo_named(self, name: str) -> int | None:
        """Return the photo whose file has this name, None where the site has none."""
        own = super().photo_named(name)
        return self.evaluation.photo_named(name) if own is None else own

    def odai(self, odai: int) -> Odai | None:
        """Return the odai with this id, None where the site has none."""
        return super().odai(odai) or self.evaluation.odai(odai)

    def odai_listed(self, start: int, count: int = PAGE_SIZE) -> list[Odai]:
        """Return `count` entries of the list of odai from index `start`: those of evaluation photos last."""
        own = super().odai_listed(start, count)
        return own + self.evaluation.odai_listed(max(start - self.photos, 0), count - len(own))

    def odai_bokes(self, photo: int, page: int) -> list[Boke]:
        """Return one page of a photo's boke, most stars first; empty past the last page."""
        if photo < EVALUATION_PHOTO:
            return super().odai_bokes(photo, page)
        return self.evaluation.odai_bokes(photo, page)

    def odai_pages(self, photo: int) -> int:
        """Return how many pages a photo's odai has."""
        return super().odai_pages(photo) if photo < EVALUATION_PHOTO else self.evaluation.odai_pages(photo)

    def boke(self, boke_id: int) -> Boke | None:
        """Return the boke with this id, None where the site has none."""
        return super().boke(boke_id) or self.evaluation.boke(boke_id)

    def listed(self, name: str, start: int, count: int = PAGE_SIZE) -> list[Boke]:
        """Return `count` entries of a list from index `start`; fewer at its end."""
        merged = self._merged(name)
        found = []
        for place in range(start, min(start + count, self.list_length(name))):
            is_own, index = merged.part(place)
            part: Callable[..., list[Boke]] = super().listed if is_own else self.evaluation.listed
            found += part(name, index, 1)
        return found

    def list_length(self, name: str) -> int:
        """Return how many entries a list has."""
        return super().list_length(name) + self.evaluation.list_length(name)

    def index_after(self, name: str, boke_id: int) -> int:
        """Return the index of the entry that follows `boke_id` in a list that contains it."""
        merged = self._merged(name)
        if boke_id < _EVALUATION_BOKE:
            return merged.own_place(super().index_after(name, boke_id) - 1) + 1
        return merged.other_place(self.evaluation.index_after(name, boke_id) - 1) + 1

    def posted_by(self, user: str, start: int, count: int = PAGE_SIZE) -> list[Boke]:
        """Return `count` of a user's boke from index `start`, those of evaluation photos last."""
        own = super().posted_by(user, start, count)
        before = self._of_user(user).length
        return own + self.evaluation.posted_by(user, max(start - before, 0), count - len(own))

    def _merged(self, name: str) -> "Merged":
        return Merged(super().list_length(name), self.evaluation.list_length(name))


class Merged:
    """Two lists as one, in which each is spread evenly; where two entries are due at once, `own` is first.

    Args:
        own, other: how many entries each has.
    """

    def __init__(self, own: int, other: int) -> None:
        self._own, self._other = own, other

    def own_place(self, index: int) -> int:
        """Return the place of an entry of `own`: entry i is due at (i + 1) / own of the way."""
        return index + (-(-(index + 1) * self._other // self._own) - 1 if self._other else 0)

    def other_place(self, index: int) -> int:
        """Return the place of an entry of `other`."""
        return index + (index + 1) * self._own // self._other

    def part(self, place: int) -> tuple[bool, int]:
        """Return whether the entry at a place is one of `own`, and its index there."""
        index = bisect_left(range(self._other), place, key=self.other_place)
        if index < self._other and self.other_place(index) == place:
            return False, index
        return True, place - index
