"""Draws photos that are no copies of each other, pictures without content, and copies of each kind."""

import io
from collections.abc import Callable
from functools import cache
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from demo.scenes import draw, scene

_OCTAVES = 6
"""Clouds of so many sizes make a picture whose frequencies fall off as those of photos do."""
_LETTERS = "あいうえおかきくけこabcdefghijklmnopqrstuvwxyz"


def photo(seed: int, width: int = 240, height: int = 180) -> Image.Image:
    """Return clouds of all sizes with a few shapes in front: as unlike any other seed's as photos are."""
    source, shapes = np.random.default_rng(seed), Random(seed)
    fall = source.uniform(0.45, 0.7)
    total = np.zeros((height, width, 3))
    for octave in range(_OCTAVES):
        cells = source.integers(0, 256, (2 ** (octave + 1), 2 ** (octave + 1), 3), np.uint8)
        cloud = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
        total += fall**octave * np.asarray(cloud, float)
    total = (total - total.mean()) / total.std() * source.uniform(35, 65) + source.uniform(90, 165, 3)
    image = Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(shapes.randrange(5)):
        x, y = shapes.randrange(width - 40), shapes.randrange(height - 40)
        box = (x, y, x + shapes.randrange(20, width // 3), y + shapes.randrange(20, height // 3))
        colour = tuple(shapes.randrange(256) for _ in range(3))
        shapes.choice([pen.ellipse, pen.rectangle])(box, fill=colour)
    return image


@cache
def embedded(seed: int) -> Image.Image:
    """Return a photo of the embedded site, 240 pixels wide."""
    drawn = draw(scene(7, seed))
    return drawn.resize((240, drawn.height * 240 // drawn.width))


def card(seed: int) -> Image.Image:
    """Return a white card with a short word."""
    random = Random(seed)
    image = Image.new("RGB", random.choice([(600, 450), (400, 400), (600, 300)]), "white")
    word = "".join(random.choice(_LETTERS[10:]) for _ in range(random.randint(2, 9)))
    font = ImageFont.load_default(size=random.choice([36, 48, 64]))
    ImageDraw.Draw(image).text(
        (image.width / 2, image.height / 2), word, fill="black", anchor="mm", font=font
    )
    return image


def page(seed: int) -> Image.Image:
    """Return a white card full of words, in lines."""
    random, image = Random(seed), Image.new("RGB", (600, 450), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=28)
    for line in range(8):
        words = "".join(random.choice(f"{_LETTERS[10:]}    ") for _ in range(random.randint(20, 36)))
        pen.text((30, 20 + 52 * line), words, fill="black", font=font)
    return image


def line_drawing(seed: int) -> bytes:
    """Return lines on nothing, a PNG with an alpha channel."""
    random, image = Random(seed), Image.new("RGBA", (500, 500), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        pen.line([random.randrange(500) for _ in range(4)], fill="black", width=4)
        x, y = random.randrange(400), random.randrange(400)
        pen.ellipse(
            (x, y, x + random.randrange(10, 100), y + random.randrange(10, 100)), outline="black", width=4
        )
    return saved(image, "PNG")


def saved(image: Image.Image, kind: str = "JPEG", quality: int = 87) -> bytes:
    """Return the bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, quality=quality)
    return file.getvalue()


Copy = Callable[[Image.Image, Random], bytes]
"""Makes a copy of a photo."""


def _cut(image: Image.Image, *edges: float) -> Image.Image:
    """Return a picture without shares of its left, top, right and bottom."""
    left, top, right, bottom = edges
    wide, high = image.size
    return image.crop(
        (round(wide * left), round(high * top), round(wide * (1 - right)), round(high * (1 - bottom)))
    )


def _bar(image: Image.Image, random: Random) -> Image.Image:
    """Return a picture over or under a bar with words."""
    high = round(image.height * random.uniform(0.1, 0.22))
    paper, ink = random.choice([("white", "black"), ("black", "white")])
    on_top = random.random() < 0.5
    framed = Image.new("RGB", (image.width, image.height + high), paper)
    framed.paste(image, (0, high if on_top else 0))
    place = (image.width * 0.1, (0 if on_top else image.height) + high * 0.2)
    words = "".join(random.choice(_LETTERS[10:]) for _ in range(14))
    ImageDraw.Draw(framed).text(place, words, fill=ink, font=ImageFont.load_default(size=high // 2))
    return framed


def _framed(image: Image.Image, random: Random) -> Image.Image:
    colour = random.choice([(255,) * 3, (0,) * 3, tuple(random.randrange(256) for _ in range(3))])
    return ImageOps.expand(image, round(image.width * random.uniform(0.02, 0.12)), colour)


_TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
_EXIF = 0x0112
"""The tag of the orientation."""


def _turned_by_exif(image: Image.Image, random: Random) -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif[_EXIF] = random.choice([3, 6, 8])
    image.save(file, "JPEG", quality=87, exif=exif)
    return file.getvalue()


COPIES: dict[str, Copy] = {
    "recompressed": lambda image, random: saved(image, quality=random.randint(20, 60)),
    "resized": lambda image, random: saved(
        image.resize((round(image.width * (s := random.uniform(0.4, 1.6))), round(image.height * s)))
    ),
    "as PNG": lambda image, _: saved(image, "PNG"),
    "mirrored": lambda image, _: saved(ImageOps.mirror(image)),
    "turned": lambda image, random: saved(image.transpose(random.choice(_TURNS))),
    "turned by EXIF": _turned_by_exif,
    "framed": lambda image, random: saved(_framed(image, random)),
    "bar with words": lambda image, random: saved(_bar(image, random)),
    "5% cut from one edge": lambda image, random: saved(_cut(image, *random.sample([0.05, 0, 0, 0], 4))),
    "5% cut from two edges": lambda image, random: saved(
        _cut(image, *random.choice([(0.05, 0.05, 0, 0), (0, 0, 0.05, 0.05)]))
    ),
    "5% cut, half from each edge": lambda image, _: saved(_cut(image, 0.025, 0.025, 0.025, 0.025)),
    "5% cut from each edge": lambda image, _: saved(_cut(image, 0.05, 0.05, 0.05, 0.05)),
    "10% cut from each edge": lambda image, _: saved(_cut(image, 0.1, 0.1, 0.1, 0.1)),
    "mirrored and cut": lambda image, _: saved(ImageOps.mirror(_cut(image, 0.05, 0.05, 0.05, 0.05))),
}
"""The kinds of copies, by what was done."""
