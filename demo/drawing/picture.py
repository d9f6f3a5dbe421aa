"""Whole pictures: a backdrop, companions, the subject, and what falls from the sky."""

from collections.abc import Callable, Sequence
from random import Random

from PIL import Image, ImageDraw

from demo.drawing import animals, food, landmarks, people, vehicles
from demo.drawing.backdrop import backdrop
from demo.drawing.pen import SUPERSAMPLING, Pen
from demo.drawing.weather import fall

WIDTH = 600
"""Every photo's width in pixels, as the real site scales them."""
_HEIGHTS = (400, 420, 450, 450, 480, 500, 560, 600)
# Factors of red, green and blue.
_TINTS = {"dusk": (1.04, 0.9, 0.82), "night": (0.7, 0.74, 0.94)}
_WITH_TRAITS: dict[str, Callable[[Pen, Random, Sequence[str]], None]] = {
    "man": people.man,
    "woman": people.woman,
    "baby": people.baby,
    "snowman": landmarks.snowman,
}
"""Kinds that are drawn with their traits; all others are functions without them."""
_CHEST_UP = {"man", "woman"}
"""Kinds that are drawn from the chest up: their lower edge is the photo's."""


def picture(
    subject: str,
    traits: Sequence[str],
    companions: Sequence[str],
    place: str,
    time: str,
    weather: str,
    random: Random,
) -> Image.Image:
    """Return an RGB picture, 600 pixels wide and 400 to 600 high; the arguments are those of `Scene`."""
    size = WIDTH * SUPERSAMPLING, random.choice(_HEIGHTS) * SUPERSAMPLING
    image = backdrop(place, time, weather, *size, random)
    draw = ImageDraw.Draw(image)
    side = random.choice([-1, 1])
    _subject(draw, subject, traits, size, -side if companions else random.choice([-1, 1]), random)
    # In front of the subject: what labels and captions mention must be visible.
    for number, companion in enumerate(companions):
        _companion(draw, companion, size, side if number % 2 == 0 else -side, random)
    fall(draw, weather, *size, random)
    if time in _TINTS:
        tables = [[min(255, round(level * tint)) for level in range(256)] for tint in _TINTS[time]]
        image = image.point([level for table in tables for level in table])
    # Averages each block of pixels: this is the antialiasing.
    return image.reduce(SUPERSAMPLING)


def _subject(
    draw: ImageDraw.ImageDraw,
    kind: str,
    traits: Sequence[str],
    size: tuple[int, int],
    side: int,
    random: Random,
) -> None:
    width, height = size
    unit = min(width, height) * random.uniform(0.36, 0.44)
    x = width * (0.5 + side * random.uniform(0.0, 0.14))
    y = height - 1.02 * unit if kind in _CHEST_UP else height * random.uniform(0.54, 0.6)
    _thing(Pen(draw, x, y, unit, flip=random.random() < 0.5), kind, traits, random)


def _companion(
    draw: ImageDraw.ImageDraw, kind: str, size: tuple[int, int], side: int, random: Random
) -> None:
    width, height = size
    unit = min(width, height) * random.uniform(0.16, 0.2)
    x = width * (0.5 + side * random.uniform(0.3, 0.36))
    pen = Pen(draw, x, height * random.uniform(0.74, 0.8), unit, flip=random.random() < 0.5)
    _thing(pen, kind, (), random)


def _thing(pen: Pen, kind: str, traits: Sequence[str], random: Random) -> None:
    if kind in _WITH_TRAITS:
        _WITH_TRAITS[kind](pen, random, traits)
    else:
        # A kind is drawn by the function of its name.
        module = next(module for module in (animals, food, vehicles, landmarks) if hasattr(module, kind))
        getattr(module, kind)(pen, random)
