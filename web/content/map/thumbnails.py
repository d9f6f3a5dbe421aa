"""The photos of a map as small squares, and all of them on one sheet.

N photos. A square is kept as its pixels, SIZE × SIZE × 3 bytes of R, G, B: nothing has to decode it again.
"""

import io
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageOps

from dataset import read
from store.errors import DamagedFile
from store.schema import PHOTOS
from store.shard_reader import Shard, unreadable
from web.content.catalogue import Catalogue
from web.pictures import UnusablePhoto, opened

SIZE = 64
"""Pixels of a thumbnail's side."""
QUALITY = 80


def thumbnails(
    catalogue: Catalogue, numbers: NDArray[np.int64], report: Callable[[int, int], None]
) -> list[bytes]:
    """Return the pixels of the middle square of each photo; empty where it cannot be decoded.

    Args:
        numbers: (N,) of the photos.
        report: is told how many of how many are done.

    Raises:
        DamagedFile: a shard cannot be read, or is no longer there.
    """
    found = [b""] * len(numbers)
    order = np.argsort(numbers)  # as they lie in the shards: a row group is read once
    for done, (place, content) in enumerate(zip(order, _contents(catalogue, numbers[order]), strict=True), 1):
        found[place] = _thumbnail(content)
        report(done, len(numbers))
    return found


def _contents(catalogue: Catalogue, numbers: NDArray[np.int64]) -> Iterator[bytes]:
    """Yield the bytes of photos, given in the dataset's order."""
    where = ((int(number), catalogue.locate(int(number))) for number in numbers)
    for (path, group), some in groupby(where, key=lambda each: (each[1].path, each[1].group)):
        photos = list(some)
        try:
            with Shard(path, PHOTOS) as shard:
                table = shard.read_row_group(group, columns=read.PHOTO).take([row.row for _, row in photos])
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from error
        if table["sha256"].to_pylist() != [catalogue.sha256s[number] for number, _ in photos]:
            raise DamagedFile(path, "its rows are others than a moment ago")
        yield from (content.as_py() or b"" for content in read.photo_contents(path, table))


def _thumbnail(content: bytes) -> bytes:
    try:
        picture = opened(content, (SIZE, SIZE))
    except UnusablePhoto:
        return b""
    return ImageOps.fit(picture.image.convert("RGB"), (SIZE, SIZE)).tobytes()


def jpeg(square: bytes) -> bytes:
    """Return a thumbnail as a JPEG."""
    return _jpeg(Image.frombytes("RGB", (SIZE, SIZE), square))


def sheet(squares: Sequence[bytes]) -> bytes:
    """Return all thumbnails on one JPEG, `columns(N)` beside each other, from the top left, row by row."""
    across = columns(len(squares))
    whole = Image.new("RGB", (across * SIZE, max(1, -(-len(squares) // across)) * SIZE), "#888888")
    for number, square in enumerate(squares):
        if square:
            place = (number % across * SIZE, number // across * SIZE)
            whole.paste(Image.frombytes("RGB", (SIZE, SIZE), square), place)
    return _jpeg(whole)


def columns(count: int) -> int:
    """Return how many thumbnails of so many lie beside each other on the sheet."""
    return max(1, math.isqrt(max(0, count - 1)) + 1)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
