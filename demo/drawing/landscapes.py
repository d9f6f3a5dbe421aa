"""Places under the sky.

Every function draws on a canvas of `width` by `height` pixels. `light` is how bright things outdoors are
(`demo.drawing.weather.LIGHT`).
"""

from random import Random

from PIL import ImageDraw

from demo.drawing.pen import Pen, ground, shade, vary


def field(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """A field with hills, grass and flowers."""
    grass = shade(vary(random, (112, 182, 76), 20), light)
    hill = shade(grass, 0.84)
    for _ in range(2):
        x = random.uniform(0, width)
        draw.ellipse((x - 0.6 * width, 0.5 * height, x + 0.6 * width, 1.2 * height), hill)
    level = ground(draw, width, height, grass, random)
    for _ in range(70):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.line((x, y, x + random.uniform(-8, 8), y - 22), shade(grass, 0.8), 4)
    for _ in range(random.randint(0, 14)):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.ellipse(
            (x, y, x + 13, y + 13), random.choice([(250, 220, 80), (250, 250, 250), (240, 110, 140)])
        )


def beach(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """The sea, perhaps with a beach in front."""
    sea = shade(vary(random, (36, 120, 190), 16), light)
    level = ground(draw, width, height, sea, random, 0.48)
    for _ in range(26):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.arc((x, y, x + 110, y + 26), 180, 360, shade(sea, 1.35), 5)
    if random.random() < 0.4:
        draw.ellipse((-0.3 * width, 0.86 * height, 1.3 * width, 1.6 * height), shade((238, 214, 160), light))


def town(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """A street with houses; at night some windows are lit."""
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


def mountain(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """Mountains, and trees in front of them."""
    for layer, base in enumerate([(120, 140, 170), (90, 120, 110)]):
        colour = shade(vary(random, base, 12), light)
        for _ in range(3):
            x, half = random.uniform(0, width), random.uniform(0.2, 0.4) * width
            peak = (0.3 + 0.12 * layer + random.uniform(0, 0.1)) * height
            draw.polygon([(x - half, 0.8 * height), (x, peak), (x + half, 0.8 * height)], colour)
    level = ground(draw, width, height, shade(vary(random, (96, 130, 80), 12), light), random, 0.74)
    for _ in range(random.randint(4, 10)):
        tree = Pen(draw, random.uniform(0, width), level, 0.05 * width, outline=0)
        tree.box(-0.1, 0, 0.1, 0.5, shade((96, 70, 50), light))
        tree.shape([(-0.6, 0.2), (0, -1.5), (0.6, 0.2)], shade((44, 100, 66), light), edge=False)


def in_sky(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """High in the sky, above clouds."""
    for _ in range(7):
        cloud = Pen(
            draw, random.uniform(0, width), random.uniform(0.7, 1.0) * height, 0.16 * width, outline=0
        )
        for dx, radius in ((-0.7, 0.5), (0, 0.7), (0.7, 0.5)):
            cloud.oval(dx, 0, radius, radius * 0.5, shade((246, 248, 252), max(0.5, light)))


def ice(draw: ImageDraw.ImageDraw, width: int, height: int, light: float, random: Random) -> None:
    """Ice with icebergs."""
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
    level = ground(draw, width, height, shade((238, 246, 252), bright), random, 0.66)
    for _ in range(8):
        x, y = random.uniform(0, width), random.uniform(level, height)
        draw.line(
            (x, y, x + random.uniform(60, 200), y + random.uniform(-10, 10)),
            shade((190, 214, 236), bright),
            5,
        )
