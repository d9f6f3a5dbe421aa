"""The scenes that the embedded site's photos show, chosen at random from a seed.

A scene is a subject in a place, at a time of day, in some weather, perhaps with companions. `demo.drawing`
draws it and `demo.captions.jokes` writes captions for it; neither knows anything else about the photo.
"""

from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING, TypeVar

from demo.things import KINDS, PLACES, SUBJECTS, TIMES, TRAITS, WEATHERS

if TYPE_CHECKING:
    # Pillow is imported where something is drawn: pages and captions do without it.
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
        """All fields but `seed` and `photo`: equal for two photos that show the same."""
        return self.subject, self.traits, self.companions, self.place, self.time, self.weather

    @property
    def category(self) -> str:
        """The photo's category, in Japanese."""
        return KINDS[self.subject].category

    @property
    def labels(self) -> list[tuple[str, int]]:
        """Japanese words for what the photo shows, each with its confidence in percent, highest first."""
        words = [KINDS[self.subject].label, KINDS[self.subject].category]
        words += [TRAITS[trait].label for trait in self.traits]
        words += [KINDS[companion].label for companion in self.companions]
        words += [PLACES[self.place].label, WEATHERS[self.weather].label, TIMES[self.time].label]
        random = Random(f"{self.seed}/{self.photo}/labels")
        shown = [word for word in dict.fromkeys(words) if word]
        return list(zip(shown, sorted(random.sample(range(51, 100), len(shown)), reverse=True), strict=True))


def scene(seed: int, photo: int) -> Scene:
    """Return the scene of a photo; the same arguments give the same scene on every machine."""
    # Random hashes a text seed with SHA-512, the same on every machine. Each use has its own source: a change
    # to the drawing leaves scenes and captions as they are.
    return any_scene(seed, photo, Random(f"{seed}/{photo}/scene"))


def any_scene(seed: int, photo: int, random: Random) -> Scene:
    """Return a scene drawn from a source, by the probabilities that every photo's has.

    Args:
        seed, photo: the site and the photo that it is drawn for.
        random: the source.
    """
    subject = _choose(random, SUBJECTS)
    kind = KINDS[subject]
    place = _choose(random, kind.places)
    outdoors = PLACES[place].outdoors
    worn = tuple(trait for trait, share in kind.traits.items() if random.random() < share)
    return Scene(
        seed=seed,
        photo=photo,
        subject=subject,
        traits=visible_traits(worn),
        companions=tuple(c for c, share in kind.companions.items() if random.random() < share),
        place=place,
        time=_choose(random, {key: time.weight for key, time in TIMES.items()} if outdoors else {"day": 1}),
        weather=_choose(random, {key: w.weight for key, w in WEATHERS.items()} if outdoors else {"clear": 1}),
    )


def visible_traits(worn: tuple[str, ...]) -> tuple[str, ...]:
    """Return those traits that can be seen: a hat hides a bald head. Labels and captions mention no other."""
    return tuple(trait for trait in worn if trait != "bald" or "hat" not in worn)


def draw(scene: Scene) -> "Image.Image":
    """Return an RGB picture of a scene, 600 pixels wide and 400 to 600 high; always the same for a scene."""
    from demo.drawing.picture import picture

    random = Random(f"{scene.seed}/{scene.photo}/picture")
    return picture(*scene.contents, random)


def jpeg(scene: Scene, width: int = 600) -> bytes:
    """Return the picture of a scene as the bytes of a JPEG file, `width` pixels wide."""
    image = draw(scene)
    if width != image.width:
        image = image.resize((width, image.height * width // image.width))
    file = BytesIO()
    image.save(file, "JPEG", quality=87)
    return file.getvalue()


def _choose(random: Random, weights: dict[T, float]) -> T:
    return random.choices(list(weights), list(weights.values()))[0]
