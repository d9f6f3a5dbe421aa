"""Animals: a function per kind of `demo.things.KINDS`, with its name. Shapes are drawn from back to front."""

from random import Random

from demo.drawing.pen import BLACK, INK, WHITE, Colour, Pen, shade, vary

PINK = (242, 160, 160)


def cat(pen: Pen, random: Random) -> None:
    """A cat that sits and looks at you."""
    coat = vary(random, random.choice([(232, 148, 62), (120, 120, 128), (48, 46, 52), (238, 226, 208)]))
    pen.line([(0.4, 0.8), (0.85, 0.7), (0.9, 0.3), (0.75, 0.05)], shade(coat, 0.8), 0.16)
    pen.oval(0, 0.52, 0.46, 0.48, coat)
    for x in (-0.18, 0.18):
        pen.oval(x, 0.92, 0.17, 0.1, shade(coat, 1.12))
    for x in (-1, 1):
        pen.shape([(0.52 * x, -0.32), (0.46 * x, -0.95), (0.1 * x, -0.62)], coat)
        pen.shape([(0.44 * x, -0.45), (0.42 * x, -0.8), (0.2 * x, -0.6)], PINK, edge=False)
    pen.oval(0, -0.25, 0.56, 0.46, coat)
    for x in (-0.14, 0, 0.14):
        pen.line([(x, -0.68), (x * 0.8, -0.5)], shade(coat, 0.6), 0.06)
    _eyes(pen, 0.24, -0.28, 0.12, random.choice([(120, 190, 70), (240, 200, 60), (90, 170, 220)]), slit=True)
    pen.oval(0, -0.03, 0.2, 0.13, shade(coat, 1.35), edge=False)
    pen.shape([(-0.06, -0.12), (0.06, -0.12), (0, -0.05)], PINK, edge=False)
    for y in (-0.08, 0.0, 0.08):
        for x in (-1, 1):
            pen.line([(0.22 * x, y * 0.5 - 0.04), (0.8 * x, y * 1.6 - 0.06)], WHITE, 0.012)


def dog(pen: Pen, random: Random) -> None:
    """A dog in profile, wagging its tail."""
    coat = vary(random, random.choice([(176, 116, 62), (222, 186, 130), (110, 74, 48), (236, 232, 224)]), 9)
    dark = shade(coat, 0.68)
    pen.line([(0.72, 0.1), (0.92, -0.2), (0.88, -0.42)], coat, 0.13)
    for x in (-0.3, 0.55):
        pen.box(x - 0.09, 0.3, x + 0.09, 0.9, dark, 0.08)
    pen.oval(0.15, 0.2, 0.68, 0.34, coat)
    for x in (-0.42, 0.68):
        pen.box(x - 0.1, 0.2, x + 0.1, 0.95, coat, 0.09)
    pen.oval(-0.52, -0.32, 0.38, 0.36, coat)
    pen.oval(-0.86, -0.18, 0.24, 0.17, shade(coat, 1.2))
    pen.oval(-1.04, -0.26, 0.09, 0.075, BLACK)
    pen.oval(-0.82, 0.04, 0.09, 0.14, (226, 92, 100))
    pen.box(-0.98, -0.08, -0.66, -0.04, INK, 0.02, edge=False)
    pen.oval(-0.62, -0.42, 0.065, 0.075, BLACK, edge=False)
    pen.oval(-0.64, -0.44, 0.02, 0.02, WHITE, edge=False)
    pen.oval(-0.26, -0.22, 0.15, 0.36, dark)
    pen.line([(-0.62, 0.06), (-0.2, 0.12)], random.choice([(208, 40, 50), (40, 90, 200)]), 0.1)


def rabbit(pen: Pen, random: Random) -> None:
    """A rabbit with its ears up."""
    coat = vary(random, random.choice([(246, 240, 236), (206, 178, 150), (176, 172, 176)]), 8)
    for x in (-0.2, 0.2):
        pen.oval(x, -0.72, 0.13, 0.4, coat)
        pen.oval(x, -0.7, 0.065, 0.3, PINK, edge=False)
    pen.oval(0.48, 0.62, 0.16, 0.16, WHITE)
    pen.oval(0, 0.5, 0.46, 0.46, coat)
    pen.oval(0, -0.12, 0.4, 0.36, coat)
    _eyes(pen, 0.2, -0.18, 0.075, (180, 40, 60))
    pen.oval(0, -0.03, 0.055, 0.04, PINK)
    pen.box(-0.06, 0.06, 0.06, 0.17, WHITE, 0.02)
    for x in (-0.24, 0.24):
        pen.oval(x, 0.9, 0.2, 0.1, coat)
    if random.random() < 0.5:
        pen.shape([(-0.1, 0.3), (0.1, 0.3), (0, 0.8)], (240, 130, 40))
        pen.line([(0, 0.3), (0.1, 0.14)], (70, 160, 60), 0.07)


def panda(pen: Pen, random: Random) -> None:
    """A panda that sits and eats bamboo."""
    black = vary(random, (34, 34, 40), 8)
    white = vary(random, (240, 240, 236), 8)
    for x in (-0.42, 0.42):
        pen.oval(x, -0.7, 0.18, 0.18, black)
    pen.oval(0, 0.45, 0.62, 0.5, white)
    for x in (-0.5, 0.5):
        pen.oval(x, 0.3, 0.2, 0.32, black)
        pen.oval(x * 0.9, 0.86, 0.24, 0.18, black)
    pen.oval(0, -0.3, 0.58, 0.48, white)
    for x in (-0.24, 0.24):
        pen.oval(x, -0.3, 0.15, 0.18, black, edge=False)
        pen.oval(x * 0.92, -0.32, 0.06, 0.06, WHITE, edge=False)
        pen.oval(x * 0.92, -0.32, 0.03, 0.03, BLACK, edge=False)
    pen.oval(0, -0.1, 0.08, 0.055, black)
    pen.arc(0, -0.06, 0.12, 0.1, 20, 160, INK, 0.03)
    pen.line([(0.7, 0.7), (0.42, -0.2)], (96, 160, 60), 0.08)
    for y in (-0.2, 0.05):
        pen.oval(0.6, y, 0.16, 0.05, (110, 190, 80))


def bear(pen: Pen, random: Random) -> None:
    """A bear that stands up."""
    coat = vary(random, (102, 66, 42), 14)
    for x in (-0.36, 0.36):
        pen.oval(x, -0.72, 0.16, 0.16, coat)
        pen.oval(x, -0.72, 0.08, 0.08, shade(coat, 1.5), edge=False)
        pen.oval(x * 0.8, 0.88, 0.22, 0.14, coat)
    pen.oval(0, 0.4, 0.6, 0.55, coat)
    pen.oval(0, 0.48, 0.36, 0.38, shade(coat, 1.35), edge=False)
    for x in (-1, 1):
        pen.line([(0.5 * x, 0.15), (0.82 * x, -0.25)], shade(coat, 0.92), 0.26)
        for claw in (-0.07, 0.0, 0.07):
            pen.line([((0.82 + claw) * x, -0.34), ((0.85 + claw * 1.6) * x, -0.46)], (236, 226, 200), 0.04)
    pen.oval(0, -0.36, 0.48, 0.42, coat)
    pen.oval(0, -0.2, 0.22, 0.18, shade(coat, 1.7))
    pen.oval(0, -0.3, 0.09, 0.06, BLACK)
    pen.pie(0, -0.16, 0.12, 0.12, 0, 180, (150, 40, 44))
    _eyes(pen, 0.2, -0.45, 0.06, BLACK)


def penguin(pen: Pen, random: Random) -> None:
    """A penguin."""
    black = vary(random, (38, 44, 66), 10)
    for x in (-0.24, 0.24):
        pen.oval(x, 0.92, 0.22, 0.08, (244, 160, 40))
    for x in (-1, 1):
        pen.shape([(0.44 * x, -0.15), (0.82 * x, 0.5), (0.5 * x, 0.42)], black)
    pen.oval(0, 0.22, 0.54, 0.7, black)
    pen.oval(0, 0.36, 0.4, 0.54, WHITE, edge=False)
    pen.oval(0, -0.5, 0.38, 0.36, black)
    for x in (-0.14, 0.14):
        pen.oval(x, -0.42, 0.17, 0.2, WHITE, edge=False)
        pen.oval(x, -0.5, 0.055, 0.065, BLACK, edge=False)
    pen.shape([(-0.12, -0.4), (0.12, -0.4), (0, -0.24)], (250, 170, 40))
    if random.random() < 0.3:
        pen.shape([(-0.2, -0.1), (-0.2, 0.1), (0.2, -0.1), (0.2, 0.1)], (210, 40, 50))


def elephant(pen: Pen, random: Random) -> None:
    """An elephant in profile."""
    grey = vary(random, (142, 148, 162), 14)
    pen.line([(0.82, 0.0), (0.95, 0.3), (0.9, 0.45)], shade(grey, 0.8), 0.06)
    for x in (-0.06, 0.45):
        pen.box(x - 0.13, 0.3, x + 0.13, 0.95, shade(grey, 0.8), 0.06)
    pen.oval(0.25, 0.08, 0.66, 0.52, grey)
    for x in (-0.22, 0.68):
        pen.box(x - 0.15, 0.25, x + 0.15, 0.98, grey, 0.07)
        for toe in (-0.08, 0.0, 0.08):
            pen.oval(x + toe, 0.95, 0.035, 0.035, (236, 230, 220), edge=False)
    pen.oval(-0.46, -0.24, 0.42, 0.42, grey)
    pen.line([(-0.78, -0.15), (-0.95, 0.25), (-0.9, 0.62), (-1.05, 0.7)], shade(grey, 0.45), 0.28)
    pen.line([(-0.78, -0.15), (-0.95, 0.25), (-0.9, 0.62), (-1.05, 0.7)], grey, 0.23)
    pen.shape([(-0.7, 0.12), (-0.56, 0.16), (-0.82, 0.46)], (248, 244, 228))
    pen.oval(-0.14, -0.2, 0.3, 0.42, shade(grey, 1.08))
    pen.oval(-0.12, -0.18, 0.2, 0.3, (206, 160, 168), edge=False)
    pen.oval(-0.62, -0.32, 0.055, 0.065, BLACK, edge=False)
    pen.oval(-0.64, -0.34, 0.02, 0.02, WHITE, edge=False)


def chick(pen: Pen, random: Random) -> None:
    """A chick."""
    down = vary(random, (252, 216, 74), 14)
    for x in (-0.18, 0.18):
        pen.line([(x, 0.7), (x, 0.95)], (240, 140, 40), 0.07)
        pen.line([(x - 0.12, 0.97), (x + 0.12, 0.97)], (240, 140, 40), 0.06)
    pen.oval(0, 0.3, 0.62, 0.54, down)
    pen.oval(0, -0.38, 0.46, 0.42, down)
    for x in (-1, 1):
        pen.oval(0.58 * x, 0.28, 0.16, 0.28, shade(down, 0.9))
        pen.oval(0.3 * x, -0.22, 0.08, 0.05, (250, 160, 110), edge=False)
    _eyes(pen, 0.2, -0.42, 0.065, BLACK)
    pen.shape([(-0.12, -0.32), (0.12, -0.32), (0, -0.16)], (246, 130, 36))
    pen.line([(0, -0.78), (-0.06, -0.94)], down, 0.06)
    pen.line([(0, -0.78), (0.08, -0.92)], down, 0.06)


def fish(pen: Pen, random: Random) -> None:
    """A fish in profile, with bubbles."""
    scales = vary(random, random.choice([(240, 110, 50), (70, 130, 210), (230, 200, 60), (200, 70, 90)]))
    pen.shape([(0.55, 0), (1.0, -0.42), (0.88, 0), (1.0, 0.42)], shade(scales, 0.8))
    pen.shape([(-0.2, -0.35), (0.15, -0.75), (0.4, -0.25)], shade(scales, 0.8))
    pen.shape([(-0.05, 0.35), (0.15, 0.65), (0.3, 0.25)], shade(scales, 0.8))
    pen.oval(-0.12, 0, 0.76, 0.45, scales)
    for x in (0.0, 0.22, 0.42):
        pen.arc(x - 0.2, 0, 0.22, 0.36, -60, 60, shade(scales, 1.4), 0.035)
    pen.pie(-0.12, 0, 0.76, 0.45, 140, 220, shade(scales, 1.15))
    _eye(pen, -0.55, -0.12, 0.11, BLACK)
    pen.oval(-0.84, 0.08, 0.07, 0.05, (220, 90, 90))
    for step in range(3):
        pen.oval(-0.95 - 0.05 * step, -0.25 - 0.25 * step, 0.07, 0.07, (226, 244, 255))


def _eyes(pen: Pen, x: float, y: float, radius: float, iris: Colour, slit: bool = False) -> None:
    for side in (-1, 1):
        _eye(pen, side * x, y, radius, iris, slit)


def _eye(pen: Pen, x: float, y: float, radius: float, iris: Colour, slit: bool = False) -> None:
    pen.oval(x, y, radius, radius, iris if slit else WHITE)
    pen.oval(x, y, radius * (0.35 if slit else 0.6), radius * (0.85 if slit else 0.6), BLACK, edge=False)
    pen.oval(x - radius * 0.25, y - radius * 0.35, radius * 0.22, radius * 0.22, WHITE, edge=False)
