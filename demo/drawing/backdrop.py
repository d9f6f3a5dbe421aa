"""Backdrops: a place, at a time of day, in some weather, with nothing in front of it."""

from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw

from demo.drawing import interiors, landscapes
from demo.drawing.pen import Colour, shade, vary
from demo.drawing.weather import LIGHT, gradient, open_sky, sun_and_clouds


def backdrop(place: str, time: str, weather: str, width: int, height: int, random: Random) -> Image.Image:
    """Return an RGB picture of a place.

    Args:
        place: a key of `demo.things.PLACES`.
        time: a key of `demo.things.TIMES`.
        weather: a key of `demo.things.WEATHERS`.
        width: in pixels.
        height: in pixels.
        random: the source of colours and positions.
    """
    if place in _WALLS:
        colour = vary(random, random.choice(_WALLS[place]), 14)
        image = gradient(colour, shade(colour, 0.88), width, height)
    else:
        image = open_sky(time, weather, width, height, random)
    draw = ImageDraw.Draw(image)
    if place not in _WALLS:
        sun_and_clouds(draw, time, weather, width, height, random)
    _PLACES[place](draw, width, height, LIGHT[time], random)
    return image


# The colours behind a place that has no sky.
_WALLS: dict[str, list[Colour]] = {
    "room": [(246, 226, 190), (206, 226, 206), (250, 210, 200), (200, 216, 236)],
    "office": [(216, 220, 226), (196, 206, 216)],
    "space": [(10, 8, 30), (30, 14, 50)],
    "table": [(240, 220, 190), (216, 206, 196), (190, 160, 130), (236, 236, 230)],
}
_PLACES: dict[str, Callable[[ImageDraw.ImageDraw, int, int, float, Random], None]] = {
    "room": interiors.room, "office": interiors.office, "table": interiors.table, "space": interiors.space,
    "field": landscapes.field, "beach": landscapes.beach, "town": landscapes.town, "ice": landscapes.ice,
    "mountain": landscapes.mountain, "sky": landscapes.in_sky,
}  # fmt: skip
