"""Food on its plate, board or pan: a function per kind of `demo.things.KINDS`, with its name."""

from math import cos, pi, sin
from random import Random

from demo.drawing.pen import WHITE, Colour, Pen, shade, vary

_GREEN, _RED, _YOLK = (96, 176, 70), (214, 58, 48), (252, 190, 40)


def sushi(pen: Pen, random: Random) -> None:
    """Nigiri on a wooden stand."""
    pen = pen.at(0, -0.1, 1.2)
    pen.box(-1.0, 0.45, 1.0, 0.62, (206, 160, 100), 0.04)
    for x in (-0.75, 0.75):
        pen.box(x - 0.08, 0.62, x + 0.08, 0.85, (170, 124, 74))
    toppings = [(238, 90, 60), (250, 160, 120), (190, 40, 56), (252, 224, 130)]
    random.shuffle(toppings)
    for x, topping in zip((-0.62, 0.0, 0.62), toppings, strict=False):
        pen.oval(x, 0.28, 0.27, 0.2, (250, 248, 240))
        pen.pie(x, 0.2, 0.31, 0.26, 180, 360, shade(topping, 0.5))
        pen.pie(x, 0.2, 0.29, 0.24, 180, 360, topping)
        for step in (-0.14, 0, 0.14):
            pen.line([(x + step, 0.16), (x + step + 0.06, 0.0)], shade(topping, 1.3), 0.03)
        if topping == (252, 224, 130):
            pen.box(x - 0.05, -0.05, x + 0.05, 0.45, (30, 40, 36), edge=False)
    pen.oval(0.86, 0.36, 0.1, 0.08, (150, 200, 90))


def ramen(pen: Pen, random: Random) -> None:
    """A bowl of noodles with an egg, pork, a fish cake and chopsticks."""
    bowl = vary(random, random.choice([(204, 40, 40), (40, 60, 110), (60, 60, 60)]))
    _bowl(pen, bowl, vary(random, (222, 150, 70), 14))
    for step in range(9):
        x = -0.6 + 0.15 * step
        pen.arc(x, -0.08, 0.22, 0.12, 180, 360, (250, 220, 130), 0.045)
    pen.oval(-0.4, -0.18, 0.22, 0.12, (184, 120, 84))
    pen.oval(-0.4, -0.18, 0.12, 0.06, (226, 170, 140), edge=False)
    pen.oval(0.1, -0.22, 0.19, 0.13, WHITE)
    pen.oval(0.1, -0.22, 0.1, 0.07, _YOLK, edge=False)
    pen.oval(0.5, -0.15, 0.16, 0.11, WHITE)
    pen.arc(0.5, -0.15, 0.09, 0.06, 0, 270, (240, 90, 130), 0.035)
    pen.box(0.55, -0.6, 0.82, -0.12, (34, 54, 46), 0.02)
    for y in (0.0, 0.1):
        pen.line([(0.2, -0.5 - y), (1.15, -0.85 - y)], (150, 90, 50), 0.045)
    _steam(pen, -0.4)


def curry(pen: Pen, random: Random) -> None:
    """Curry and rice."""
    _plate(pen, vary(random, (236, 238, 242), 8))
    pen.oval(0.3, 0.18, 0.56, 0.27, vary(random, (166, 96, 34), 12))
    pen.oval(-0.42, 0.1, 0.46, 0.3, (252, 250, 244))
    for x, y, colour in (
        (0.35, 0.1, (240, 130, 50)),
        (0.55, 0.25, (232, 196, 110)),
        (0.2, 0.3, (120, 60, 40)),
    ):
        pen.oval(x, y, 0.11, 0.08, colour)
    pen.oval(-0.5, 0.02, 0.08, 0.05, _RED)
    pen.line([(0.95, 0.5), (1.2, -0.2)], (190, 194, 200), 0.06)
    pen.oval(1.22, -0.3, 0.1, 0.16, (206, 210, 216))


def cake(pen: Pen, random: Random) -> None:
    """A birthday cake with strawberries and candles."""
    cream = vary(random, random.choice([(255, 250, 244), (255, 214, 224), (112, 68, 44)]), 6)
    pen.oval(0, 0.8, 0.95, 0.14, (226, 230, 236))
    pen.box(-0.75, 0.0, 0.75, 0.75, cream, 0.05)
    pen.box(-0.75, 0.34, 0.75, 0.46, (240, 110, 110), edge=False)
    pen.oval(0, 0.0, 0.75, 0.2, shade(cream, 1.03))
    for step in range(6):
        pen.oval(-0.62 + 0.25 * step, 0.12, 0.13, 0.1, WHITE, edge=False)
    for x in (-0.5, 0.0, 0.5):
        pen.shape([(x - 0.14, -0.1), (x + 0.14, -0.1), (x, 0.12)], _RED)
        pen.oval(x, -0.13, 0.14, 0.09, _RED, edge=False)
        pen.oval(x, -0.2, 0.08, 0.035, _GREEN, edge=False)
    for x in (-0.25, 0.25):
        pen.box(x - 0.035, -0.6, x + 0.035, -0.05, random.choice([(90, 170, 240), (250, 200, 60)]))
        pen.oval(x, -0.7, 0.05, 0.1, (255, 170, 40), edge=False)


def onigiri(pen: Pen, random: Random) -> None:
    """Rice balls with seaweed."""
    pen.oval(0, 0.72, 1.05, 0.2, vary(random, (120, 160, 130)))
    for x, y, size in ((0.45, 0.2, 0.55), (-0.35, 0.18, 0.7)):
        ball = pen.at(x, y, size)
        ball.shape(
            [(-0.25, -0.85), (0.25, -0.85), (0.95, 0.55), (0.75, 0.82), (-0.75, 0.82), (-0.95, 0.55)],
            (252, 252, 248),
        )
        ball.oval(0, -0.72, 0.3, 0.26, (252, 252, 248), edge=False)
        ball.box(-0.42, 0.15, 0.42, 0.84, (30, 44, 38), 0.03)
        if random.random() < 0.6:
            ball.oval(0, -0.3, 0.14, 0.12, (200, 50, 70))


def burger(pen: Pen, random: Random) -> None:
    """A hamburger, with chips beside it."""
    bun = vary(random, (224, 150, 70), 12)
    pen.box(-0.78, 0.5, 0.78, 0.82, bun, 0.14)
    pen.box(-0.84, 0.3, 0.84, 0.52, (110, 62, 40), 0.1)
    pen.shape([(-0.8, 0.28), (0.8, 0.28), (0.55, 0.5), (0.3, 0.3), (0.0, 0.48), (-0.4, 0.3)], (252, 200, 60))
    pen.box(-0.8, 0.16, 0.8, 0.28, _RED, 0.06)
    for step in range(8):
        pen.oval(-0.77 + 0.22 * step, 0.1, 0.16, 0.08, _GREEN)
    pen.pie(0, 0.06, 0.82, 0.72, 180, 360, shade(bun, 0.5))
    pen.pie(0, 0.04, 0.8, 0.7, 180, 360, bun)
    for x, y in ((-0.4, -0.3), (-0.1, -0.48), (0.25, -0.4), (0.5, -0.2), (0.05, -0.2), (-0.25, -0.12)):
        pen.oval(x, y, 0.05, 0.03, (252, 236, 190), edge=False)


def egg(pen: Pen, random: Random) -> None:
    """A fried egg in a pan."""
    pan = vary(random, (58, 60, 66), 10)
    pen.line([(0.6, 0.3), (1.35, 0.62)], shade(pan, 0.7), 0.16)
    pen.oval(0, 0.1, 0.95, 0.66, pan)
    pen.oval(0, 0.08, 0.82, 0.55, shade(pan, 1.35), edge=False)
    yolks = random.choice([1, 1, 2])
    for step in range(yolks):
        x = 0.0 if yolks == 1 else -0.3 + 0.6 * step
        for turn in range(6):
            angle = turn * pi / 3 + step
            pen.oval(x + 0.27 * cos(angle), 0.06 + 0.17 * sin(angle), 0.27, 0.19, (254, 252, 246), edge=False)
    for step in range(yolks):
        x = 0.0 if yolks == 1 else -0.3 + 0.6 * step
        pen.oval(x, 0.02, 0.22, 0.17, _YOLK)
        pen.oval(x - 0.08, -0.05, 0.06, 0.035, (255, 240, 170), edge=False)


def gyoza(pen: Pen, random: Random) -> None:
    """Dumplings in a row."""
    pen = pen.at(0, 0, 1.1)
    _plate(pen, vary(random, random.choice([(226, 232, 240), (70, 90, 140)])))
    skin = vary(random, (246, 224, 176), 8)
    for step in range(5):
        piece = pen.at(-0.64 + 0.32 * step, 0.08, 0.42)
        piece.oval(0, 0.1, 0.5, 0.62, skin)
        piece.pie(0, 0.1, 0.5, 0.62, 20, 160, (198, 126, 54))
        for fold in (-0.28, -0.1, 0.1, 0.28):
            piece.line([(fold, -0.42), (fold * 0.7, -0.12)], shade(skin, 0.75), 0.05)
    pen.oval(0.85, 0.62, 0.24, 0.11, WHITE)
    pen.oval(0.85, 0.6, 0.17, 0.07, (70, 40, 30), edge=False)


def _plate(pen: Pen, colour: Colour) -> None:
    pen.oval(0, 0.22, 1.1, 0.55, colour)
    pen.oval(0, 0.2, 0.9, 0.42, shade(colour, 0.94), edge=False)


def _bowl(pen: Pen, colour: Colour, soup: Colour) -> None:
    pen.pie(0, 0, 1.0, 0.95, 0, 180, shade(colour, 0.5))
    pen.pie(0, 0, 0.98, 0.93, 0, 180, colour)
    pen.box(-0.4, 0.82, 0.4, 0.95, shade(colour, 0.8))
    pen.oval(0, 0, 1.0, 0.32, shade(colour, 1.2))
    pen.oval(0, 0, 0.9, 0.26, soup, edge=False)


def _steam(pen: Pen, x: float) -> None:
    for step in (0.0, 0.3, 0.6):
        points = [(x + step + 0.05 * sin(turn), -0.5 - 0.1 * turn) for turn in range(6)]
        pen.line(points, (244, 244, 244), 0.04)
