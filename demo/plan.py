"""What an embedded site is made of: all that decides what its pages and photos show."""

from dataclasses import dataclass
from typing import TypedDict

from demo.content import EmbeddedSite
from demo.evaluation import EvaluatedSite
from demo.growth import GrowingSite


class More(TypedDict, total=False):
    """What a `Plan` may name beyond the size and the seed."""

    day: float | None
    dependence: float
    evaluation_photos: int
    evaluation_captions: int


@dataclass(frozen=True)
class Plan:
    """The arguments of a site.

    Args:
        photos: how many photos, and so odai, the site has.
        captions_per_photo: how many boke each has.
        seed: another seed draws another site.
        day: how many days the site has been growing; None for a site that stays as it is.
        dependence: the share of captions that are written for their photo; the others are written for photos
            drawn at random.
        evaluation_photos: how many photos for evaluation stand beside these, the same on every site.
        evaluation_captions: how many boke each of those has.
    """

    photos: int = 600
    captions_per_photo: int = 5
    seed: int = 1
    day: float | None = None
    dependence: float = 1.0
    evaluation_photos: int = 0
    evaluation_captions: int = 5

    def site(self) -> EmbeddedSite:
        """Return the site.

        Raises:
            ValueError: it would grow and have evaluation photos.
        """
        own = self.photos, self.captions_per_photo, self.seed
        if self.evaluation_photos and self.day is not None:
            raise ValueError("a site that grows has no evaluation photos: leave out one of the two")
        if self.evaluation_photos:
            more = self.evaluation_photos, self.evaluation_captions
            return EvaluatedSite(*own, self.dependence, *more)
        if self.day is not None:
            return GrowingSite(*own, self.day, self.dependence)
        return EmbeddedSite(*own, self.dependence)
