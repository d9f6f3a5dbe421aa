"""Whether photos are what their rows say: each is hashed and decoded, on all cores where there are many."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.photo.computed import Answer, description
from store.photo.spread import spread
from store.register.verify import Problem, Problems
from store.schema import DECODER


@dataclass(frozen=True)
class PhotoRow:
    """A photo that is to be held to its row.

    Args:
        path: the shard.
        row: sha256 (or image_sha256, where the bytes are not as they were fetched), width and height in
            pixels, phash, format if the table has it, and whatever else.
        content: its bytes.
        decoder: the version that described it.
    """

    path: Path
    row: dict[str, Any]
    content: bytes | None
    decoder: int

    def problems(self, found: Answer | None) -> Problems:
        """Yield where its bytes are not those that the row describes.

        What another version of the decoder said of a photo is no damage, nor is one outside today's limits.

        Args:
            found: what today's decoder says of it; None if it was not asked.
        """
        name, row = f"{self.path}: photo {self.row['sha256']}", self.row
        if not self.content:
            yield Problem(f"{name} has no bytes")
        elif (digest := hashlib.sha256(self.content).hexdigest()) != (
            row.get("image_sha256") or row["sha256"]
        ):
            yield Problem(f"{name} hashes to {digest}")
        elif found and not found.get("limits"):
            yield from _differences(name, row, found)


def _differences(name: str, row: dict[str, Any], found: Answer) -> Problems:
    if "error" in found:
        yield Problem(f"{name} cannot be decoded: {found['error']}")
        return
    size, stated = ((each["width"], each["height"]) for each in (found, row))
    if size != stated:
        yield Problem(f"{name} is {size[0]}x{size[1]}, not {stated[0]}x{stated[1]}")
    for fact in ("format", "phash"):
        if fact in row and row[fact] != found[fact]:
            yield Problem(f"{name} has {fact} {found[fact]}, not {row[fact]}")


def check_photos(rows: Iterator[Problem | PhotoRow], total: int) -> Problems:
    """Yield the problems in `rows`, and those of its photos, in order.

    Args:
        total: about how many photos there are.
    """
    photos = ((each, _to_decode(each)) for each in rows)
    with closing(spread(description, photos, total)) as found:
        for each, answer in found:
            if isinstance(each, Problem):
                yield each
            else:
                yield from each.problems(answer)


def _to_decode(each: Problem | PhotoRow) -> bytes | None:
    """Return the bytes that today's decoder is asked about; None where there are none."""
    if isinstance(each, Problem) or each.decoder != DECODER:
        return None
    return each.content or None
