"""The sky of a scene, by time of day and weather, and the rain or snow that falls from it."""

from random import Random

from PIL import Image, ImageDraw

from demo.drawing.pen import WHITE, Colour, Pen, shade, vary

_SKIES = {
    "day": [
        ((84, 164, 236), (206, 232, 250)),
        ((120, 190, 240), (236, 244, 250)),
        ((70, 140, 220), (180, 220, 250)),
    ],
    "dusk": [
        ((110, 70, 130), (255, 160, 90)),
        ((220, 90, 80), (255, 206, 120)),
        ((80, 60, 120), (250, 130, 100)),
    ],
    "night": [((8, 12, 36), (34, 44, 86)), ((14, 10, 44), (50, 40, 96)), ((4, 14, 30), (24, 56, 84))],
}
LIGHT = {"day": 1.0, "dusk": 0.78, "night": 0.42}
"""The factor by which the time of day darkens things outdoors."""


def open_sky(time: str, weather: str, width: int, height: int, random: Random) -> Image.Image:
    """Return an RGB canvas of `width` by `height` pixels with a sky from top to bottom."""
    top, bottom = random.choice(_SKIES[time])
    if weather != "clear":
        grey = 196 if weather == "snow" else 140
        top, bottom = (_mix(colour, (grey, grey, grey + 8), 0.7, LIGHT[time]) for colour in (top, bottom))
    return gradient(vary(random, top, 10), vary(random, bottom, 10), width, height)


def sun_and_clouds(
    draw: ImageDraw.ImageDraw, time: str, weather: str, width: int, height: int, random: Random
) -> None:
    """Draw the sun or the moon, stars at night, and clouds, more of them in bad weather."""
    x, y = random.uniform(0.1, 0.9) * width, random.uniform(0.08, 0.22) * height
    body = Pen(draw, x, y, 0.075 * width, outline=0)
    if time == "night":
        for _ in range(60):
            star = random.uniform(0, width), random.uniform(0, 0.6 * height)
            draw.ellipse((*star, star[0] + 4, star[1] + 4), (250, 246, 214))
    if weather == "clear":
        colour = {"day": (255, 240, 140), "dusk": (255, 110, 60), "night": (250, 244, 200)}[time]
        body.oval(0, 0, 1, 1, colour)
    shown = _mix(WHITE, (150, 150, 160), 0.0 if weather == "clear" else 0.6, 1.0)
    for _ in range(random.randint(0, 3) + 2 * (weather != "clear")):
        cloud = Pen(
            draw, random.uniform(0, width), random.uniform(0.05, 0.3) * height, 0.1 * width, outline=0
        )
        colour = shade(shown, {"day": 1.0, "dusk": 0.9, "night": 0.4}[time])
        for dx, dy, radius in ((-0.8, 0.1, 0.5), (0, -0.15, 0.7), (0.8, 0.1, 0.55), (0.3, 0.2, 0.5)):
            cloud.oval(dx, dy, radius, radius * 0.6, colour)


def fall(draw: ImageDraw.ImageDraw, weather: str, width: int, height: int, random: Random) -> None:
    """Draw rain or snow in front of everything."""
    if weather == "rain":
        slant = random.uniform(-0.2, 0.2)
        for _ in range(190):
            x, y, length = random.uniform(0, width), random.uniform(-40, height), random.uniform(25, 70)
            draw.line((x, y, x + slant * length, y + length), (206, 222, 240), random.choice([2, 3, 4]))
    if weather == "snow":
        for _ in range(240):
            x, y, radius = (
                random.uniform(0, width),
                random.uniform(0, height),
                random.choice([3, 4, 5, 7, 10]),
            )
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), (250, 252, 255))


def gradient(top: Colour, bottom: Colour, width: int, height: int) -> Image.Image:
    """Return an RGB canvas of `width` by `height` pixels that fades from `top` down to `bottom`."""
    steps = 32
    # 32 steps, interpolated by Pillow: much faster than a loop over all rows.
    column = Image.new("RGB", (1, steps))
    for y in range(steps):
        share = y / (steps - 1)
        red, green, blue = (round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        column.putpixel((0, y), (red, green, blue))
    # Every row has one colour, so only the height needs to be interpolated.
    smooth = column.resize((1, height), Image.Resampling.BILINEAR)
    return smooth.resize((width, height), Image.Resampling.NEAREST)


def _mix(colour: Colour, other: Colour, share: float, light: float) -> Colour:
    red, green, blue = (round(a + (b * light - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue
