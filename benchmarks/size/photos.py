"""Photos for a large pipeline: cheap to draw, none like another but for the copies that are meant.

A photo is a field of random colours with some discs on it: two differ in about half the bits of their hashes.
"""

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

COPY_EVERY = 50
"""One photo in so many is a near copy of the one before it: smaller, and saved at a lower quality."""
_SIZES = ((160, 120), (120, 160), (160, 107), (144, 144))
_SMALLER = 0.8
_CELLS = (7, 9)
_DISCS = 3


def original(number: int) -> int:
    """Return the number of the photo that a photo shows: its own, unless it is a copy."""
    return number - 1 if number % COPY_EVERY == COPY_EVERY - 1 else number


def jpeg(seed: int, number: int) -> bytes:
    """Return photo `number`, from 0, as a JPEG file of 2 to 5 kB; no two are equal."""
    shown = original(number)
    picture = _picture(seed, shown)
    if shown != number:
        width, height = picture.size
        picture = picture.resize((round(width * _SMALLER), round(height * _SMALLER)))
    file = BytesIO()
    picture.save(file, "JPEG", quality=80 if shown == number else 60)
    return file.getvalue()


@lru_cache(2)  # a copy follows its original
def _picture(seed: int, number: int) -> Image.Image:
    source = np.random.default_rng((seed, number))
    width, height = _SIZES[number % len(_SIZES)]
    cells = source.integers(0, 256, (*_CELLS, 3), dtype=np.uint8)
    picture = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for left, top, wide, high, *colour in source.integers(0, 256, (_DISCS, 7)).tolist():
        x, y = left * width // 256, top * height // 256
        pen.ellipse((x, y, x + 8 + wide // 6, y + 8 + high // 6), fill=tuple(colour))
    return picture
