"""A contact sheet of photos with their nearest neighbours: the quickest way to see if vectors mean anything.

Shapes: N photos of a dataset that have vectors, Q of them asked about, K neighbours each, D values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, ImageDraw, ImageOps

from dataset import read
from featurize.preprocess import Undecodable, decode
from featurize.read import matching, vectors
from store.errors import UserError
from store.place import Place
from store.shards import shard_paths
from store.whole_file import whole_file

TILE, GAP, TEXT = 144, 8, 14
"""Pixels: the side of a photo on the sheet, the space between two, the height of a line of text."""


@dataclass(frozen=True)
class Neighbours:
    """The photos most like each of some photos.

    Attributes:
        sha256s: (N,) of all photos compared.
        asked: (Q,) int64 rows of `sha256s`.
        nearest: (Q, K) int64 rows of `sha256s`, the most alike first; never the photo itself.
        similarity: (Q, K) float32, the cosine of the vectors once their mean is taken off: -1 to 1.
    """

    sha256s: Sequence[str]
    asked: np.ndarray
    nearest: np.ndarray
    similarity: np.ndarray


def nearest(directory: Path, sha256s: Sequence[str], asked: int, count: int, seed: int = 0) -> Neighbours:
    """Return the nearest neighbours, among the photos `sha256s`, of some of them drawn by chance.

    The mean is taken off first: vectors after ReLU all point the same way, which hides what sets them
    apart. Vectors are streamed twice, so memory does not grow with their number.

    Args:
        directory: a cache, `features/<key>`.
        asked: Q, how many photos to ask about.
        count: K, how many neighbours of each.

    Raises:
        UserError: fewer than two of the photos have vectors.
    """
    paths, wanted = shard_paths(directory), pa.array(sorted(set(sha256s)), pa.string())
    there = np.zeros(len(wanted), bool)
    total: np.ndarray | float = 0.0
    for rows, values in matching(paths, wanted) if paths else ():
        there[rows] = True
        total = total + values.sum(0, dtype=np.float64)
    if there.sum() < 2:
        place = Place.using(directory)
        has = f"vectors of {there.sum()} of these photos; neighbours need 2"
        raise UserError(f"{directory} has {has}. Compute them with: {place.command('features')}")
    mean = (total / there.sum()).astype(np.float32)
    compared = wanted.filter(pa.array(there))
    chosen = np.random.default_rng(seed).permutation(len(compared))[:asked]
    queries = _unit(vectors(directory, compared.take(pa.array(chosen)).to_pylist()) - mean)
    kept = min(count, len(compared) - 1)
    best, found = np.full((len(queries), kept), -np.inf), np.zeros((len(queries), kept), np.int64)
    for rows, values in matching(paths, compared):
        alike = queries @ _unit(values - mean).T
        alike[chosen[:, None] == rows] = -np.inf
        best, found = _merge(best, found, alike, rows)
    return Neighbours(compared.to_pylist(), chosen, found, best.astype(np.float32))


def _unit(values: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _merge(
    best: np.ndarray, found: np.ndarray, alike: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest of two sets of similarities (Q, K) and (Q, n), in falling order, and their rows."""
    similarity = np.concatenate([best, alike], axis=1)
    names = np.concatenate([found, np.broadcast_to(rows, alike.shape)], axis=1)
    order = np.argsort(-similarity, axis=1, kind="stable")[:, : best.shape[1]]
    return np.take_along_axis(similarity, order, 1), np.take_along_axis(names, order, 1)


def neighbours(
    directory: Path, dataset: Path, sheet: Path, *, photos: int = 12, count: int = 7, seed: int = 0
) -> Path:
    """Draw a contact sheet: on each line a photo of the dataset, then the photos most like it.

    Args:
        directory: a cache, `features/<key>`.
        dataset: a dataset whose photos have vectors in it.
        sheet: where to write it: .png, .jpg or .webp.
        photos: lines, a photo drawn by chance on each.
        count: neighbours of each.

    Raises:
        MissingStage: there is no dataset.
        UserError: no vectors, or a file type that is none of those.
    """
    if sheet.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise UserError(f"{sheet} should end in .png, .jpg or .webp")
    names = read.photos(dataset)["sha256"].to_pylist()
    found = nearest(directory, names, photos, count, seed)
    shown = {found.sha256s[row] for row in (*found.asked, *found.nearest.reshape(-1))}
    tiles = {sha256: _tile(image) for sha256, image in read.photo_bytes(dataset, shown)}
    with whole_file(sheet) as temporary, temporary.open("wb") as file:
        _draw(found, tiles).save(file, Image.registered_extensions()[sheet.suffix.lower()])
    return sheet


def _tile(photo: bytes) -> Image.Image:
    try:
        return ImageOps.fit(decode(photo), (TILE, TILE))
    except Undecodable:
        return Image.new("RGB", (TILE, TILE), "lightgrey")


def _draw(found: Neighbours, tiles: dict[str, Image.Image]) -> Image.Image:
    """Return the sheet: lines of tiles, with the similarity under each neighbour."""
    across, down = TILE + GAP, TILE + TEXT + GAP
    width = (1 + found.nearest.shape[1]) * across + 3 * GAP
    sheet = Image.new("RGB", (width, len(found.asked) * down + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for line, (asked, rows) in enumerate(zip(found.asked, found.nearest, strict=True)):
        top = GAP + line * down
        sheet.paste(tiles[found.sha256s[asked]], (GAP, top))
        draw.text((GAP, top + TILE + 1), found.sha256s[asked][:12], "black")
        for place, row in enumerate(rows, 1):
            left = place * across + 3 * GAP
            sheet.paste(tiles[found.sha256s[row]], (left, top))
            draw.text((left, top + TILE + 1), f"{found.similarity[line, place - 1]:.2f}", "black")
    return sheet
