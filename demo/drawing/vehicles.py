"""Vehicles: a function per kind of `demo.things.KINDS`, with its name."""

from random import Random

from demo.drawing.pen import BLACK, WHITE, Colour, Pen, shade, vary

_PAINTS = [(214, 44, 48), (40, 100, 210), (250, 200, 50), (240, 240, 244), (60, 150, 90), (60, 60, 70)]
_GLASS = (176, 216, 238)


def car(pen: Pen, random: Random) -> None:
    """A car from the side."""
    paint = vary(random, random.choice(_PAINTS))
    pen.shape([(-0.62, 0.15), (-0.4, -0.36), (0.34, -0.36), (0.66, 0.15)], paint)
    pen.shape([(-0.5, 0.1), (-0.34, -0.27), (-0.05, -0.27), (-0.05, 0.1)], _GLASS)
    pen.shape([(0.03, 0.1), (0.03, -0.27), (0.29, -0.27), (0.5, 0.1)], _GLASS)
    pen.box(-1.0, 0.1, 1.0, 0.56, paint, 0.14)
    pen.box(-1.0, 0.42, 1.0, 0.54, shade(paint, 0.75), 0.05, edge=False)
    pen.line([(-0.01, 0.14), (-0.01, 0.5)], shade(paint, 0.5), 0.018)
    pen.box(0.06, 0.22, 0.2, 0.26, shade(paint, 0.5), 0.02, edge=False)
    pen.oval(-0.93, 0.26, 0.08, 0.07, (255, 240, 170))
    pen.box(0.9, 0.2, 1.0, 0.32, (220, 40, 40), 0.02)
    for x in (-0.56, 0.56):
        _wheel(pen, x, 0.58, 0.24)


def train(pen: Pen, random: Random) -> None:
    """A train from the front quarter, on its rails."""
    stripe = vary(random, random.choice([(60, 160, 90), (230, 110, 40), (40, 110, 200), (210, 50, 70)]))
    pen.box(-1.6, 0.86, 1.6, 0.92, (120, 116, 112), edge=False)
    for step in range(11):
        pen.box(-1.5 + 0.3 * step, 0.92, -1.38 + 0.3 * step, 1.0, (110, 84, 60), edge=False)
    pen.box(-0.92, -0.46, 1.5, 0.7, (226, 230, 234), 0.08)
    pen.box(-0.92, 0.2, 1.5, 0.42, stripe, edge=False)
    for step in range(5):
        pen.box(-0.2 + 0.36 * step, -0.28, 0.06 + 0.36 * step, 0.1, _GLASS, 0.03)
    pen.box(-0.92, -0.46, -0.34, 0.72, stripe, 0.1)
    pen.box(-0.86, -0.34, -0.4, 0.1, (60, 80, 100), 0.05)
    for x in (-0.8, -0.46):
        pen.oval(x, 0.34, 0.07, 0.07, (255, 246, 190))
    for x in (-0.6, -0.2, 0.5, 0.95, 1.3):
        pen.oval(x, 0.76, 0.13, 0.13, (70, 70, 76))
    pen.line([(0.2, -0.5), (0.42, -0.72), (0.64, -0.5)], (90, 90, 96), 0.035)
    pen.line([(-1.7, -0.74), (1.7, -0.74)], (70, 70, 74), 0.018)


def bus(pen: Pen, random: Random) -> None:
    """A bus from the side."""
    paint = vary(random, random.choice(_PAINTS))
    pen.box(-1.05, -0.56, 1.05, 0.6, paint, 0.1)
    pen.box(-1.05, 0.16, 1.05, 0.28, WHITE, edge=False)
    for step in range(5):
        pen.box(-0.62 + 0.32 * step, -0.4, -0.36 + 0.32 * step, 0.06, _GLASS, 0.03)
    pen.box(-1.02, -0.42, -0.72, 0.06, _GLASS, 0.04)
    pen.box(-0.3, -0.4, -0.04, 0.58, shade(_GLASS, 0.85), 0.02)
    pen.line([(-0.17, -0.4), (-0.17, 0.56)], shade(paint, 0.6), 0.02)
    pen.box(-0.98, -0.53, -0.5, -0.45, (30, 30, 36), 0.01, edge=False)
    pen.oval(-0.98, 0.42, 0.06, 0.06, (255, 244, 180))
    for x in (-0.64, 0.6):
        _wheel(pen, x, 0.62, 0.22)


def bicycle(pen: Pen, random: Random) -> None:
    """A bicycle from the side."""
    paint = vary(random, random.choice([(210, 50, 50), (40, 120, 200), (50, 150, 90), (240, 160, 40)]))
    for x in (-0.62, 0.62):
        pen.arc(x, 0.45, 0.46, 0.46, 0, 360, (36, 36, 40), 0.07)
        for dx, dy in ((0.38, 0), (0.27, 0.27), (0, 0.38), (-0.27, 0.27)):
            pen.line([(x - dx, 0.45 - dy), (x + dx, 0.45 + dy)], (170, 174, 180), 0.014)
        pen.oval(x, 0.45, 0.06, 0.06, (90, 90, 96))
    for points in (
        [(-0.62, 0.45), (-0.36, -0.25), (0.3, -0.2), (0.0, 0.45), (-0.36, -0.25)],
        [(0.0, 0.45), (0.62, 0.45), (0.3, -0.2)],
    ):
        pen.line(points, paint, 0.075)
    pen.line([(-0.36, -0.25), (-0.44, -0.5), (-0.3, -0.56), (-0.2, -0.52)], (60, 60, 66), 0.06)
    pen.line([(0.3, -0.2), (0.25, -0.42)], (60, 60, 66), 0.06)
    pen.oval(0.25, -0.46, 0.2, 0.07, (50, 40, 36))
    pen.oval(0.0, 0.45, 0.12, 0.12, (150, 150, 156))
    pen.shape([(-0.9, -0.36), (-0.5, -0.36), (-0.56, -0.06), (-0.84, -0.06)], (200, 170, 120))


def plane(pen: Pen, random: Random) -> None:
    """An aeroplane in flight, from the side."""
    paint = vary(random, random.choice([(210, 50, 60), (40, 90, 190), (60, 160, 140), (250, 150, 40)]))
    pen.shape([(0.62, -0.05), (0.78, -0.62), (1.04, -0.62), (0.95, 0.0)], paint)
    pen.shape([(-0.05, -0.1), (0.35, -0.52), (0.5, -0.52), (0.3, -0.08)], (200, 206, 214))
    pen.oval(0, 0.0, 1.02, 0.24, (244, 246, 250))
    pen.box(-0.7, 0.06, 0.9, 0.12, paint, 0.02, edge=False)
    for step in range(8):
        pen.oval(-0.5 + 0.16 * step, -0.05, 0.045, 0.05, (80, 120, 160), edge=False)
    pen.shape([(-0.94, -0.06), (-0.74, -0.14), (-0.7, -0.04)], (60, 90, 120))
    pen.shape([(-0.2, 0.08), (0.42, 0.62), (0.62, 0.6), (0.3, 0.08)], (214, 220, 228))
    pen.box(0.02, 0.3, 0.3, 0.42, (120, 126, 136), 0.06)
    pen.shape([(0.75, 0.0), (1.1, 0.2), (1.18, 0.16), (0.98, -0.02)], (214, 220, 228))


def ship(pen: Pen, random: Random) -> None:
    """A liner at sea."""
    hull = vary(random, random.choice([(40, 60, 110), (190, 40, 46), (44, 44, 50), (40, 120, 110)]))
    for x in (-0.1, 0.3):
        pen.box(x - 0.1, -0.75, x + 0.1, -0.3, (226, 90, 60))
        pen.box(x - 0.1, -0.75, x + 0.1, -0.62, BLACK, edge=False)
        pen.oval(x + 0.18, -0.9, 0.2, 0.1, (220, 220, 224), edge=False)
    pen.box(-0.45, -0.36, 0.6, -0.1, WHITE, 0.03)
    pen.box(-0.66, -0.1, 0.78, 0.18, WHITE, 0.03)
    for step in range(7):
        pen.oval(-0.5 + 0.18 * step, 0.04, 0.045, 0.045, (60, 110, 160), edge=False)
    pen.shape([(-1.08, 0.14), (1.0, 0.14), (0.8, 0.72), (-0.78, 0.72)], hull)
    pen.box(-0.98, 0.2, 0.96, 0.26, WHITE, edge=False)
    for step in range(8):
        pen.pie(-1.05 + 0.3 * step, 0.76, 0.18, 0.1, 180, 360, (236, 248, 255))


def rocket(pen: Pen, random: Random) -> None:
    """A rocket that takes off."""
    paint = vary(random, random.choice([(214, 50, 50), (50, 100, 210), (250, 140, 40)]))
    pen.shape([(-0.22, 0.6), (0.22, 0.6), (0, 1.25)], (255, 120, 30), edge=False)
    pen.shape([(-0.12, 0.6), (0.12, 0.6), (0, 1.0)], (255, 230, 90), edge=False)
    for x in (-1, 1):
        pen.shape([(0.26 * x, 0.2), (0.58 * x, 0.72), (0.22 * x, 0.6)], paint)
    pen.oval(0, -0.1, 0.32, 0.82, (240, 242, 246))
    pen.pie(0, -0.1, 0.32, 0.82, 235, 305, paint)
    pen.shape([(-0.2, -0.72), (0.2, -0.72), (0, -1.0)], paint)
    pen.box(-0.22, 0.54, 0.22, 0.66, (110, 114, 122), 0.03)
    for y in (-0.3, 0.14):
        pen.oval(0, y, 0.14, 0.14, (150, 154, 162))
        pen.oval(0, y, 0.1, 0.1, (110, 190, 230), edge=False)


def _wheel(pen: Pen, x: float, y: float, radius: float, rim: Colour = (190, 194, 200)) -> None:
    pen.oval(x, y, radius, radius, (34, 34, 38), edge=False)
    pen.oval(x, y, radius * 0.55, radius * 0.55, rim, edge=False)
    pen.oval(x, y, radius * 0.2, radius * 0.2, (90, 92, 98), edge=False)
