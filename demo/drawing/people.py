"""People, with what they wear: the functions of `demo.things.KINDS` that take traits."""

from collections.abc import Collection
from random import Random

from demo.drawing.pen import BLACK, INK, WHITE, Colour, Pen, shade, vary

_SKINS = [(250, 214, 182), (240, 194, 152), (214, 160, 116), (156, 104, 72)]
_HAIRS = [(34, 28, 30), (74, 48, 34), (120, 78, 44), (150, 150, 156), (196, 150, 70)]


def man(pen: Pen, random: Random, traits: Collection[str]) -> None:
    """A man from the chest up: in a suit with a tie, otherwise in a shirt."""
    skin, hair = vary(random, random.choice(_SKINS), 8), random.choice(_HAIRS)
    suit = "tie" in traits
    cloth = random.choice([(44, 54, 84), (60, 60, 66), (84, 66, 54)] if suit else _SHIRTS)
    _shoulders(pen, vary(random, cloth), 0.9)
    if suit:
        _tie(pen, random)
    pen.box(-0.17, 0.1, 0.17, 0.5, shade(skin, 0.88), 0.1)
    for x in (-0.5, 0.5):
        pen.oval(x, -0.24, 0.09, 0.13, skin)
    pen.oval(0, -0.25, 0.48, 0.56, skin)
    if "bald" in traits:
        for x in (-1.0, 1.0):
            pen.pie(0.4 * x, -0.32, 0.14, 0.24, 0, 360, hair)
        pen.oval(0, -0.32, 0.45, 0.5, skin, edge=False)
        pen.oval(-0.16, -0.64, 0.13, 0.07, shade(skin, 1.25), edge=False)
    else:
        _short_hair(pen, random, hair)
    if "beard" in traits:
        pen.pie(0, -0.12, 0.47, 0.47, 8, 172, shade(hair, 0.9))
        pen.oval(0, 0.0, 0.24, 0.13, shade(hair, 0.9), edge=False)
    _face(pen, random, hair, mouth=(190, 84, 76))
    _wear(pen, random, traits)


def woman(pen: Pen, random: Random, traits: Collection[str]) -> None:
    """A woman from the chest up, with long hair."""
    skin, hair = vary(random, random.choice(_SKINS), 8), vary(random, random.choice(_HAIRS), 8)
    length = random.choice([0.35, 0.62, 0.9])
    pen.oval(0, -0.28, 0.62, 0.64, hair)
    pen.box(-0.62, -0.3, 0.62, length, hair, 0.16)
    _shoulders(pen, vary(random, random.choice(_DRESSES)), 0.72)
    pen.box(-0.13, 0.1, 0.13, 0.5, shade(skin, 0.88), 0.08)
    pen.pie(0, 0.36, 0.3, 0.22, 0, 180, shade(skin, 0.95))
    pen.oval(0, -0.2, 0.43, 0.5, skin)
    pen.pie(0, -0.26, 0.47, 0.52, 180, 360, hair)
    pen.pie(random.choice([-0.18, 0.18]), -0.28, 0.3, 0.2, 0, 180, skin)
    pen.oval(0, -0.22, 0.38, 0.2, skin, edge=False)
    for x in (-0.26, 0.26):
        pen.oval(x, 0.02, 0.09, 0.05, (246, 160, 150), edge=False)
    _face(pen, random, hair, mouth=(206, 50, 66), lashes=True)
    _wear(pen, random, traits)


def baby(pen: Pen, random: Random, traits: Collection[str]) -> None:
    """A baby that sits, in a romper suit, with a dummy."""
    skin, cloth = vary(random, (250, 214, 186), 8), vary(random, random.choice(_PASTELS), 10)
    for x in (-1.0, 1.0):
        pen.line([(0.3 * x, 0.3), (0.66 * x, 0.56)], shade(cloth, 0.92), 0.22)
        pen.oval(0.7 * x, 0.6, 0.12, 0.11, skin)
        pen.oval(0.48 * x, 0.86, 0.26, 0.14, shade(cloth, 0.95))
        pen.oval(0.58 * x, -0.26, 0.1, 0.12, skin)
    pen.oval(0, 0.52, 0.44, 0.42, cloth)
    pen.shape([(-0.2, 0.16), (0.2, 0.16), (0, 0.42)], WHITE)
    pen.oval(0, -0.3, 0.6, 0.54, skin)
    pen.arc(0.02, -0.82, 0.12, 0.1, 90, 360, (90, 60, 40), 0.05)
    for x in (-0.24, 0.24):
        pen.oval(x, -0.26, 0.085, 0.1, BLACK, edge=False)
        pen.oval(x - 0.03, -0.3, 0.03, 0.03, WHITE, edge=False)
        pen.oval(x * 1.5, -0.08, 0.11, 0.07, (248, 170, 160), edge=False)
    pen.oval(0, -0.02, 0.16, 0.11, random.choice([(80, 150, 230), (240, 120, 160)]))
    pen.oval(0, -0.02, 0.07, 0.07, (250, 230, 120))
    _wear(pen, random, traits)


_SHIRTS = [(220, 70, 60), (70, 140, 200), (240, 200, 80), (90, 160, 100), (236, 236, 236), (240, 140, 60)]
_DRESSES = [(214, 60, 100), (150, 90, 190), (60, 160, 160), (250, 150, 120), (240, 240, 240), (60, 80, 150)]
_PASTELS = [(170, 210, 250), (255, 200, 210), (255, 240, 170), (190, 236, 190)]


def _shoulders(pen: Pen, cloth: Colour, width: float) -> None:
    pen.shape(
        [(-width, 1.3), (-width, 0.68), (-width + 0.22, 0.45), (-0.18, 0.34), (0.18, 0.34),
         (width - 0.22, 0.45), (width, 0.68), (width, 1.3)], cloth,
    )  # fmt: skip
    for x in (-0.62, 0.62):
        pen.line([(x * width, 0.8), (x * width * 1.02, 1.3)], shade(cloth, 0.7), 0.025)


def _tie(pen: Pen, random: Random) -> None:
    colour = random.choice([(200, 40, 50), (40, 80, 190), (230, 180, 40), (120, 50, 140)])
    pen.shape([(-0.24, 0.36), (0.24, 0.36), (0.1, 1.3), (-0.1, 1.3)], (246, 246, 250))
    pen.shape([(-0.1, 0.44), (0.1, 0.44), (0.06, 0.58), (-0.06, 0.58)], colour)
    pen.shape([(-0.06, 0.58), (0.06, 0.58), (0.16, 1.1), (0, 1.28), (-0.16, 1.1)], colour)
    for y in (0.72, 0.88, 1.04):
        pen.line([(-0.08, y), (0.08, y - 0.08)], shade(colour, 1.6), 0.04)


def _short_hair(pen: Pen, random: Random, hair: Colour) -> None:
    pen.pie(0, -0.38, 0.53, 0.5, 180, 360, hair)
    side = random.choice([-1, 1])
    pen.shape([(-0.53, -0.4), (-0.4, -0.2), (-0.38, -0.42)], hair, edge=False)
    pen.shape([(0.53, -0.4), (0.4, -0.2), (0.38, -0.42)], hair, edge=False)
    pen.shape(
        [(0.5 * side, -0.45), (-0.46 * side, -0.42), (-0.3 * side, -0.3), (0.1 * side, -0.4)], hair, False
    )


def _face(pen: Pen, random: Random, hair: Colour, mouth: Colour, lashes: bool = False) -> None:
    brow = random.uniform(-0.05, 0.05)
    for x in (-1.0, 1.0):
        pen.oval(0.19 * x, -0.23, 0.075, 0.06, WHITE, edge=False)
        pen.oval(0.19 * x, -0.23, 0.045, 0.05, INK, edge=False)
        pen.line([(0.28 * x, -0.38 - brow), (0.11 * x, -0.38 + brow)], shade(hair, 0.8), 0.045)
        if lashes:
            pen.arc(0.19 * x, -0.22, 0.1, 0.09, 190, 350, INK, 0.028)
    pen.line([(0.0, -0.2), (0.05, -0.05), (-0.02, -0.04)], (176, 110, 84), 0.026)
    match random.choice(["smile", "open", "flat"]):
        case "smile":
            pen.arc(0, 0.0, 0.18, 0.14, 15, 165, mouth, 0.045)
        case "open":
            pen.oval(0, 0.12, 0.1, 0.09, (130, 40, 44))
            pen.box(-0.07, 0.05, 0.07, 0.09, WHITE, 0.01, edge=False)
        case _:
            pen.line([(-0.12, 0.12), (0.12, 0.12)], mouth, 0.045)


def _wear(pen: Pen, random: Random, traits: Collection[str]) -> None:
    if "hat" in traits:
        colour = vary(random, random.choice([(200, 50, 50), (230, 190, 110), (60, 90, 160), (60, 60, 64)]))
        pen.pie(0, -0.5, 0.46, 0.58, 180, 360, shade(colour, 0.45))
        pen.pie(0, -0.5, 0.44, 0.56, 180, 360, colour)
        pen.box(-0.45, -0.62, 0.45, -0.5, shade(colour, 0.6), 0.02, edge=False)
        pen.oval(0, -0.5, 0.76, 0.1, colour)
    if "glasses" in traits:
        frame = random.choice([(24, 24, 28), (150, 40, 40), (70, 50, 30)])
        for x in (-0.2, 0.2):
            pen.arc(x, -0.22, 0.19, 0.17, 0, 360, frame, 0.05)
            pen.line([(x - 0.06, -0.28), (x + 0.02, -0.32)], WHITE, 0.025)
        pen.line([(-0.04, -0.24), (0.04, -0.24)], frame, 0.05)
        for x in (-1.0, 1.0):
            pen.line([(0.38 * x, -0.25), (0.5 * x, -0.28)], frame, 0.04)
