"""A pen that draws shapes in coordinates relative to the thing that is drawn."""

from collections.abc import Sequence
from random import Random

from PIL import ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

WHITE, BLACK, INK = (255, 255, 255), (20, 20, 24), (45, 38, 42)
SUPERSAMPLING = 2
"""Pixels drawn for one pixel of the finished photo, each way: Pillow draws without antialiasing."""


class Pen:
    """Draws in units around a centre: x to the right, y down; a thing reaches from about -1 to 1 each way.

    All coordinates, radii and widths of the methods are in these units, all angles in degrees clockwise from
    the right. `edge` tells whether a shape gets an outline in a darker shade.

    Args:
        draw: Pillow's object that draws on the picture.
        x: the centre, in pixels from the left.
        y: the centre, in pixels from the top.
        size: pixels of one unit.
        flip: whether x points to the left.
        outline: width of outlines, in units; 0 draws none.
    """

    def __init__(
        self,
        draw: ImageDraw.ImageDraw,
        x: float,
        y: float,
        size: float,
        flip: bool = False,
        outline: float = 0.022,
    ) -> None:
        self._draw, self._x, self._y, self._size = draw, x, y, size
        self._sign = -1 if flip else 1
        self._outline = outline

    def at(self, x: float, y: float, size: float) -> "Pen":
        """Return a pen with its centre at a point of this one and `size` times its unit."""
        centre_x, centre_y = self._pixel((x, y))
        return Pen(self._draw, centre_x, centre_y, size * self._size, self._sign < 0, self._outline)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour, edge: bool = True) -> None:
        """Fill an ellipse with semi-axes `rx` and `ry`."""
        if edge and self._outline:
            self._draw.ellipse(self._box(x, y, rx + self._outline, ry + self._outline), shade(colour, 0.45))
        self._draw.ellipse(self._box(x, y, rx, ry), colour)

    def shape(self, points: Sequence[Point], colour: Colour, edge: bool = True) -> None:
        """Fill a polygon."""
        pixels = [self._pixel(point) for point in points]
        if edge and self._outline:
            # The line is centred on the edge, so half of it lies under the fill.
            width = max(1, round(2 * self._outline * self._size))
            self._draw.line([*pixels, *pixels[:2]], shade(colour, 0.45), width, joint="curve")
        self._draw.polygon(pixels, colour)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: Colour,
        radius: float = 0,
        edge: bool = True,
    ) -> None:
        """Fill a rectangle, its corners rounded by `radius`."""
        x, y, half, high = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
        layers = [(self._outline, shade(colour, 0.45))] if edge and self._outline else []
        for grown, fill in [*layers, (0.0, colour)]:
            corners = self._box(x, y, half + grown, high + grown)
            self._draw.rounded_rectangle(corners, (radius + grown) * self._size, fill)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a line through points, with round joints and ends."""
        pixels = [self._pixel(point) for point in points]
        thick = max(1, round(width * self._size))
        self._draw.line(pixels, colour, thick, joint="curve")
        if thick > 4:  # Pillow rounds joints only; thinner lines show no ends
            for x, y in (pixels[0], pixels[-1]):
                self._draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), colour)

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: float, end: float, colour: Colour, width: float
    ) -> None:
        """Draw the edge of an ellipse from angle `start` to `end`."""
        if self._sign < 0:
            # A mirror image runs the other way round.
            start, end = 180 - end, 180 - start
        thick = max(1, round(width * self._size))
        self._draw.arc(self._box(x, y, rx, ry), start, end, colour, thick)

    def pie(self, x: float, y: float, rx: float, ry: float, start: float, end: float, colour: Colour) -> None:
        """Fill the sector of an ellipse from angle `start` to `end`."""
        if self._sign < 0:
            start, end = 180 - end, 180 - start
        self._draw.pieslice(self._box(x, y, rx, ry), start, end, colour)

    def _pixel(self, point: Point) -> Point:
        return self._x + self._sign * point[0] * self._size, self._y + point[1] * self._size

    def _box(self, x: float, y: float, rx: float, ry: float) -> tuple[float, float, float, float]:
        centre_x, centre_y = self._pixel((x, y))
        half, high = max(rx * self._size, 0.5), max(ry * self._size, 0.5)  # Pillow refuses an empty box
        return centre_x - half, centre_y - high, centre_x + half, centre_y + high


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker (below 1) or lighter (above 1)."""
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue


def vary(random: Random, colour: Colour, by: int = 18) -> Colour:
    """Return a colour with each channel moved at random by up to `by` of 255."""
    red, green, blue = (min(255, max(0, part + random.randint(-by, by))) for part in colour)
    return red, green, blue


def ground(
    draw: ImageDraw.ImageDraw, width: int, height: int, colour: Colour, random: Random, horizon: float = 0.66
) -> float:
    """Fill the lower part of the canvas; return the y at which it begins, in pixels.

    Args:
        horizon: that y as a share of the height, varied by up to 0.06.
    """
    level = height * (horizon + random.uniform(-0.06, 0.06))
    draw.rectangle((0, level, width, height), colour)
    return level
