"""Places under a roof, and space: backdrops without a sky.

Every function draws on a canvas of `width` by `height` pixels. `light` is how bright things outdoors are
(`demo.drawing.weather.LIGHT`).
"""

from random import Random

from PIL import ImageDraw

from demo.drawing.pen import WHITE, Pen, ground, shade, vary


def room(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """A room with a window."""
    floor = vary(random, (170, 118, 76), 16)
    level = ground(draw, width, height, floor, random, 0.76)
    for step in range(1, 5):
        y = level + (height - level) * step / 5
        draw.line((0, y, width, y), shade(floor, 0.85), 4)
    window = Pen(draw, random.choice([0.14, 0.86]) * width, 0.3 * height, 0.12 * width)
    window.box(-1, -1.2, 1, 1.2, WHITE)
    window.box(-0.88, -1.08, 0.88, 1.08, (160, 208, 240), edge=False)
    window.box(-0.05, -1.08, 0.05, 1.08, WHITE, edge=False)
    window.box(-0.88, -0.05, 0.88, 0.05, WHITE, edge=False)


def office(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """An office with blinds and a shelf of files."""
    ground(draw, width, height, (128, 132, 142), random, 0.82)
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


def table(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """A table top, with a striped cloth or without."""
    cloth = vary(
        random,
        random.choice([(186, 130, 80), (222, 196, 160), (150, 96, 60), (206, 90, 80), (236, 228, 210)]),
    )
    level = ground(draw, width, height, cloth, random, 0.42)
    if random.random() < 0.5:
        for step in range(14):
            x = width * step / 13
            draw.line((x, level, (x - width / 2) * 1.7 + width / 2, height), shade(cloth, 0.88), 10)
    draw.line((0, level, width, level), shade(cloth, 0.7), 8)


def space(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """Stars and a planet."""
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
