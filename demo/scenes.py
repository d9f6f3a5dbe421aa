"""What the embedded site's photos show: scenes, drawn at random from a seed.

A scene is a subject in front of a place, at a time of day, in some weather, perhaps with companions. It is
all that both halves of the site see: `demo.drawing` paints it, `demo.captions.jokes` writes captions for it.
"""

from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING, TypeVar

from demo.things import KINDS, PLACES, SUBJECTS, TIMES, TRAITS, WEATHERS

if TYPE_CHECKING:
    # Pillow is imported where something is drawn: most of the site never draws.
    from PIL import Image

T = TypeVar("T")
Contents = tuple[str, tuple[str, ...], tuple[str, ...], str, str, str]


@dataclass(frozen=True)
class Scene:
    """The contents of one photo.

    Args:
        seed: the site's seed.
        photo: the photo's number on that site, from 0.
        subject: the key in `KINDS` of the large thing in front.
        traits: keys in `TRAITS`: what a person wears or lacks.
        companions: keys in `KINDS` of smaller things beside the subject.
        place: a key of `PLACES`.
        time: a key of `TIMES`.
        weather: a key of `WEATHERS`.
    """

    seed: int
    photo: int
    subject: str
    traits: tuple[str, ...]
    companions: tuple[str, ...]
    place: str
    time: str
    weather: str

    @property
    def contents(self) -> "Contents":
        """What the photo shows, whichever photo it is: all but `seed` and `photo`."""
        return self.subject, self.traits, self.companions, self.place, self.time, self.weather

    @property
    def category(self) -> str:
        """The photo's category, in Japanese."""
        return KINDS[self.subject].category

    @property
    def labels(self) -> list[tuple[str, int]]:
        """Japanese words for what the photo shows, surest first, each with a confidence in percent."""
        words = [KINDS[self.subject].label, KINDS[self.subject].category]
        words += [TRAITS[trait].label for trait in self.traits]
        words += [KINDS[companion].label for companion in self.companions]
        words += [PLACES[self.place].label, WEATHERS[self.weather].label, TIMES[self.time].label]
        random = Random(f"{self.seed}/{self.photo}/labels")
        shown = [word for word in dict.fromkeys(words) if word]
        return list(zip(shown, sorted(random.sample(range(51, 100), len(shown)), reverse=True), strict=True))


def scene(seed: int, photo: int) -> Scene:
    """Return the scene of a photo: the same for the same arguments, on every machine."""
    random = Random(f"{seed}/{photo}/scene")
    subject = _choose(random, SUBJECTS)
    kind = KINDS[subject]
    place = _choose(random, kind.places)
    outdoors = PLACES[place].outdoors
    traits = tuple(trait for trait, share in kind.traits.items() if random.random() < share)
    return Scene(
        seed=seed,
        photo=photo,
        subject=subject,
        # A hat hides what is under it, and labels and captions tell only what can be seen.
        traits=tuple(trait for trait in traits if trait != "bald" or "hat" not in traits),
        companions=tuple(c for c, share in kind.companions.items() if random.random() < share),
        place=place,
        time=_choose(random, {key: time.weight for key, time in TIMES.items()} if outdoors else {"day": 1}),
        weather=_choose(random, {key: w.weight for key, w in WEATHERS.items()} if outdoors else {"clear": 1}),
    )


def draw(scene: Scene) -> "Image.Image":
    """Return a picture of a scene, RGB, 600 pixels wide and 400 to 600 high: the same for the same scene."""
    from demo.drawing.picture import picture

    random = Random(f"{scene.seed}/{scene.photo}/picture")
    return picture(*scene.contents, random)


def jpeg(scene: Scene, width: int = 600) -> bytes:
    """Return the picture of a scene as a JPEG file, scaled to `width` pixels."""
    image = draw(scene)
    if width != image.width:
        image = image.resize((width, image.height * width // image.width))
    file = BytesIO()
    image.save(file, "JPEG", quality=87)
    return file.getvalue()


def _choose(random: Random, weights: dict[T, float]) -> T:
    return random.choices(list(weights), list(weights.values()))[0]
