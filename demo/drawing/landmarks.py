"""Landmarks: a function per kind of `demo.things.KINDS`, with its name."""

from collections.abc import Collection
from random import Random

from demo.drawing.pen import BLACK, WHITE, Pen, shade, vary


def fuji(pen: Pen, random: Random) -> None:
    """Mount Fuji with its snow cap."""
    rock = vary(random, random.choice([(72, 100, 160), (96, 88, 140), (120, 84, 90)]))
    pen.shape([(-1.7, 0.9), (-0.25, -0.75), (0.2, -0.75), (1.7, 0.9)], rock)
    pen.shape(
        [(-0.25, -0.75), (0.2, -0.75), (0.62, -0.3), (0.4, -0.16), (0.22, -0.34), (0.02, -0.1),
         (-0.2, -0.34), (-0.42, -0.12), (-0.66, -0.28)], (248, 250, 255), edge=False,
    )  # fmt: skip
    for step in range(12):
        x = -1.65 + 0.3 * step
        pen.shape([(x - 0.14, 1.0), (x, 0.62 + 0.05 * (step % 3)), (x + 0.14, 1.0)], (44, 96, 66), edge=False)


def castle(pen: Pen, random: Random) -> None:
    """A Japanese castle on its stone base."""
    roof = vary(random, random.choice([(56, 70, 86), (50, 110, 90), (90, 60, 50)]))
    pen.shape([(-0.95, 1.0), (-0.72, 0.45), (0.72, 0.45), (0.95, 1.0)], (150, 146, 140))
    for row in range(3):
        for column in range(7):
            pen.oval(
                -0.72 + 0.24 * column + 0.06 * (row % 2),
                0.56 + 0.16 * row,
                0.1,
                0.06,
                (126, 122, 118),
                edge=False,
            )
    for width, top in ((0.66, 0.08), (0.48, -0.32), (0.32, -0.7)):
        pen.box(-width, top, width, top + 0.38, (248, 246, 238))
        windows = round(width * 7)
        for step in range(windows):
            x = -width + 2 * width * (step + 0.5) / windows
            pen.box(x - 0.035, top + 0.14, x + 0.035, top + 0.28, (60, 56, 56), edge=False)
        pen.shape(
            [
                (-width - 0.22, top + 0.06),
                (-width + 0.06, top - 0.14),
                (width - 0.06, top - 0.14),
                (width + 0.22, top + 0.06),
            ],
            roof,
        )
    pen.shape([(-0.3, -0.84), (0, -1.1), (0.3, -0.84)], roof)
    for x in (-0.12, 0.12):
        pen.shape([(x - 0.04, -1.0), (x, -1.14), (x + 0.04, -1.0)], (250, 200, 60), edge=False)


def buildings(pen: Pen, random: Random) -> None:
    """Tall buildings side by side."""
    x = -1.5
    while x < 1.4:
        width, height = random.uniform(0.3, 0.5), random.uniform(0.6, 1.8)
        colour = vary(
            random, random.choice([(120, 130, 150), (90, 110, 140), (160, 150, 146), (70, 84, 104)])
        )
        pen.box(x, 0.98 - height, x + width, 1.0, colour)
        rows, columns = int(height / 0.14), int(width / 0.12)
        for row in range(rows - 1):
            for column in range(columns):
                lit = (255, 226, 130) if random.random() < 0.55 else shade(colour, 0.6)
                left, top = x + 0.04 + 0.12 * column, 1.05 - height + 0.14 * row
                pen.box(left, top, left + 0.07, top + 0.08, lit, edge=False)
        x += width + random.uniform(0.02, 0.1)


def snowman(pen: Pen, random: Random, traits: Collection[str]) -> None:
    """A snowman with a carrot for a nose."""
    scarf = random.choice([(214, 50, 60), (50, 100, 210), (60, 150, 80)])
    for x in (-1.0, 1.0):
        pen.line([(0.4 * x, 0.2), (0.92 * x, -0.18)], (110, 76, 50), 0.06)
        pen.line([(0.75 * x, -0.06), (0.92 * x, 0.04)], (110, 76, 50), 0.04)
    pen.oval(0, 0.45, 0.62, 0.54, (246, 250, 255))
    pen.oval(0, -0.36, 0.46, 0.44, (250, 252, 255))
    pen.line([(-0.38, -0.02), (0.0, 0.06), (0.38, -0.02)], scarf, 0.16)
    pen.line([(0.22, 0.04), (0.28, 0.42)], scarf, 0.15)
    for y in (0.28, 0.5, 0.72):
        pen.oval(0, y, 0.05, 0.05, BLACK, edge=False)
    for x in (-0.17, 0.17):
        pen.oval(x, -0.46, 0.06, 0.06, BLACK, edge=False)
    pen.shape([(-0.02, -0.38), (-0.02, -0.26), (0.4, -0.28)], (244, 130, 40))
    pen.arc(0, -0.3, 0.22, 0.18, 30, 150, BLACK, 0.04)
    if "hat" in traits:
        pen.box(-0.3, -1.08, 0.3, -0.7, (40, 40, 48), 0.03)
        pen.box(-0.3, -0.82, 0.3, -0.74, scarf, edge=False)
        pen.box(-0.48, -0.74, 0.48, -0.66, (40, 40, 48), 0.03)
    elif random.random() < 0.6:
        pen.shape([(-0.3, -0.68), (-0.22, -1.05), (0.22, -1.05), (0.3, -0.68)], (90, 150, 220))
        pen.line([(-0.18, -0.98), (0.18, -0.98)], WHITE, 0.03)
