"""What is behind the things in a scene: places, at a time of day, in some weather."""

from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw

from demo.drawing.pen import WHITE, Colour, Pen, shade, vary
from demo.drawing.weather import LIGHT, gradient, open_sky, sun_and_clouds


def backdrop(place: str, time: str, weather: str, width: int, height: int, random: Random) -> Image.Image:
    """Return a picture of a place without anything in front of it.

    Args:
        place: a key of `demo.things.PLACES`.
        time: a key of `demo.things.TIMES`.
        weather: a key of `demo.things.WEATHERS`.
        width: in pixels.
        height: in pixels.
        random: where colours and positions come from.
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


def _ground(
    draw: ImageDraw.ImageDraw, width: int, height: int, colour: Colour, random: Random, horizon: float = 0.66
) -> float:
    """Fill the lower part of the canvas; return where it begins, in pixels."""
    level = height * (horizon + random.uniform(-0.06, 0.06))
    draw.rectangle((0, level, width, height), colour)
    return level


def _room(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    floor = vary(random, (170, 118, 76), 16)
    level = _ground(draw, width, height, floor, random, 0.76)
    for step in range(1, 5):
        y = level + (height - level) * step / 5
        draw.line((0, y, width, y), shade(floor, 0.85), 4)
    window = Pen(draw, random.choice([0.14, 0.86]) * width, 0.3 * height, 0.12 * width)
    window.box(-1, -1.2, 1, 1.2, WHITE)
    window.box(-0.88, -1.08, 0.88, 1.08, (160, 208, 240), edge=False)
    window.box(-0.05, -1.08, 0.05, 1.08, WHITE, edge=False)
    window.box(-0.88, -0.05, 0.88, 0.05, WHITE, edge=False)


def _office(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    _ground(draw, width, height, (128, 132, 142), random, 0.82)
    blinds = random.uniform(0, 0.4) * width
    draw.rectangle((blinds, 0.08 * height, blinds + 0.6 * width, 0.5 * height), (206, 226, 238))
    for step in range(9):
        y = (0.08 + 0.42 * step / 9) * height
        draw.line((blinds, y, blinds + 0.6 * width, y), (240, 244, 248), 6)
    shelf = Pen(draw, random.choice([0.1, 0.9]) * width, 0.62 * height, 0.16 * width)
    shelf.box(-0.8, -1.0, 0.8, 1.4, (120, 96, 80))
    for row in range(3):
        for step in range(6):
            colour = random.choice([(200, 60, 60), (60, 100, 180), (80, 150, 90), (230, 200, 90)])
            shelf.box(
                -0.7 + 0.23 * step,
                -0.9 + 0.75 * row,
                -0.5 + 0.23 * step,
                -0.35 + 0.75 * row,
                colour,
                edge=False,
            )


def _table(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    cloth = vary(
        random,
        random.choice([(186, 130, 80), (222, 196, 160), (150, 96, 60), (206, 90, 80), (236, 228, 210)]),
    )
    level = _ground(draw, width, height, cloth, random, 0.42)
    if random.random() < 0.5:
        for step in range(14):
            x = width * step / 13
            draw.line((x, level, (x - width / 2) * 1.7 + width / 2, height), shade(cloth, 0.88), 10)
    draw.line((0, level, width, level), shade(cloth, 0.7), 8)


def _field(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    grass = shade(vary(random, (112, 182, 76), 20), light)
    hill = shade(grass, 0.84)
    for _ in range(2):
        x = random.uniform(0, width)
        draw.ellipse((x - 0.6 * width, 0.5 * height, x + 0.6 * width, 1.2 * height), hill)
    level = _ground(draw, width, height, grass, random)
    for _ in range(70):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.line((x, y, x + random.uniform(-8, 8), y - 22), shade(grass, 0.8), 4)
    for _ in range(random.randint(0, 14)):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.ellipse(
            (x, y, x + 13, y + 13), random.choice([(250, 220, 80), (250, 250, 250), (240, 110, 140)])
        )


def _beach(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    sea = shade(vary(random, (36, 120, 190), 16), light)
    level = _ground(draw, width, height, sea, random, 0.48)
    for _ in range(26):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.arc((x, y, x + 110, y + 26), 180, 360, shade(sea, 1.35), 5)
    if random.random() < 0.4:
        draw.ellipse((-0.3 * width, 0.86 * height, 1.3 * width, 1.6 * height), shade((238, 214, 160), light))


def _town(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    x = -random.uniform(0, 120)
    while x < width:
        across, tall = random.uniform(110, 230), random.uniform(0.25, 0.55) * height
        wall = shade(
            vary(random, random.choice([(206, 180, 150), (170, 176, 190), (196, 140, 120), (226, 214, 190)])),
            light,
        )
        top = 0.74 * height - tall
        draw.rectangle((x, top, x + across, 0.8 * height), wall)
        for left in range(int(x) + 18, int(x + across) - 40, 56):
            for y in range(int(top) + 22, int(0.7 * height), 70):
                lit = (
                    (255, 220, 120)
                    if light < 0.5 and random.random() < 0.6
                    else shade((110, 140, 170), light)
                )
                draw.rectangle((left, y, left + 28, y + 36), lit)
        x += across + random.uniform(0, 30)
    road = shade((104, 104, 110), max(light, 0.6))
    draw.rectangle((0, 0.76 * height, width, height), road)
    draw.rectangle((0, 0.74 * height, width, 0.78 * height), shade(road, 1.35))
    for left in range(-40, width, 190):
        draw.rectangle((left, 0.92 * height, left + 100, 0.935 * height), (240, 240, 230))


def _mountain(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    for layer, base in enumerate([(120, 140, 170), (90, 120, 110)]):
        colour = shade(vary(random, base, 12), light)
        for _ in range(3):
            x, half = random.uniform(0, width), random.uniform(0.2, 0.4) * width
            peak = (0.3 + 0.12 * layer + random.uniform(0, 0.1)) * height
            draw.polygon([(x - half, 0.8 * height), (x, peak), (x + half, 0.8 * height)], colour)
    level = _ground(draw, width, height, shade(vary(random, (96, 130, 80), 12), light), random, 0.74)
    for _ in range(random.randint(4, 10)):
        tree = Pen(draw, random.uniform(0, width), level, 0.05 * width, outline=0)
        tree.box(-0.1, 0, 0.1, 0.5, shade((96, 70, 50), light))
        tree.shape([(-0.6, 0.2), (0, -1.5), (0.6, 0.2)], shade((44, 100, 66), light), edge=False)


def _in_sky(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    for _ in range(7):
        cloud = Pen(
            draw, random.uniform(0, width), random.uniform(0.7, 1.0) * height, 0.16 * width, outline=0
        )
        for dx, radius in ((-0.7, 0.5), (0, 0.7), (0.7, 0.5)):
            cloud.oval(dx, 0, radius, radius * 0.5, shade((246, 248, 252), max(0.5, light)))


def _ice(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    bright = max(light, 0.6)
    for _ in range(4):
        x = random.uniform(0, width)
        berg = [
            (x - 160, 0.7 * height),
            (x - 60, random.uniform(0.4, 0.55) * height),
            (x + 50, 0.5 * height),
            (x + 180, 0.7 * height),
        ]
        draw.polygon(berg, shade((206, 228, 246), bright))
    level = _ground(draw, width, height, shade((238, 246, 252), bright), random, 0.66)
    for _ in range(8):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.line(
            (x, y, x + random.uniform(60, 200), y + random.uniform(-10, 10)),
            shade((190, 214, 236), bright),
            5,
        )


def _space(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    for _ in range(130):
        x, y, size = random.uniform(0, width), random.uniform(0, height), random.choice([2, 3, 3, 6])
        draw.ellipse((x, y, x + size, y + size), (250, 248, 226))
    planet = Pen(
        draw, random.choice([0.15, 0.85]) * width, random.uniform(0.2, 0.8) * height, 0.13 * width, outline=0
    )
    colour = vary(random, random.choice([(210, 110, 70), (80, 140, 210), (220, 190, 120)]))
    planet.oval(0, 0, 1, 1, colour)
    planet.oval(-0.2, -0.25, 0.6, 0.3, shade(colour, 1.15))
    planet.arc(0, 0, 1.6, 0.4, 0, 180, (236, 220, 190), 0.12)


_WALLS: dict[str, list[Colour]] = {
    "room": [(246, 226, 190), (206, 226, 206), (250, 210, 200), (200, 216, 236)],
    "office": [(216, 220, 226), (196, 206, 216)],
    "space": [(10, 8, 30), (30, 14, 50)],
    "table": [(240, 220, 190), (216, 206, 196), (190, 160, 130), (236, 236, 230)],
}
_PLACES: dict[str, Callable[[ImageDraw.ImageDraw, int, int, float, Random], None]] = {
    "room": _room, "office": _office, "table": _table, "field": _field, "beach": _beach, "town": _town,
    "mountain": _mountain, "sky": _in_sky, "ice": _ice, "space": _space,
}  # fmt: skip
