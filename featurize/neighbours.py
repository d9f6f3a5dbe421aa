"""A contact sheet of photos with their nearest neighbours: the quickest check of whether vectors are useful.

N photos of a dataset that have vectors, Q of them queries, K neighbours each, D values in a vector, n in a
batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, ImageDraw, ImageOps

from dataset import read
from featurize.read import matching, vectors
from store.errors import UserError
from store.photo.decode import decode
from store.photo.errors import UnusablePhoto
from store.place import Place
from store.shards import shard_paths
from store.whole_file import whole_file

TILE, GAP, TEXT = 144, 8, 14
"""Pixels: the side of a photo on the sheet, the gap between two, the height of a line of text."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest neighbours of some photos.

    Attributes:
        sha256s: (N,) of all photos compared.
        queries: (Q,) int64 rows of `sha256s`.
        nearest: (Q, K) int64 rows of `sha256s`, the most similar first; never the photo itself.
        similarity: (Q, K) float32, the cosine of the vectors minus their mean: -1 to 1.
    """

    sha256s: Sequence[str]
    queries: np.ndarray
    nearest: np.ndarray
    similarity: np.ndarray


def nearest(directory: Path, sha256s: Sequence[str], queries: int, count: int, seed: int = 0) -> Neighbours:
    """Return the nearest neighbours, among the photos `sha256s`, of a random sample of them.

    The mean is subtracted first: vectors after ReLU are never negative, so all point nearly the same way,
    which hides their differences. Vectors are streamed twice, so memory does not grow with their number.

    Args:
        directory: a cache, `features/<key>`.
        queries: Q, how many photos to find neighbours of.
        count: K, how many neighbours of each.
        seed: of the sample.

    Raises:
        UserError: fewer than two of the photos have vectors.
    """
    paths, wanted = shard_paths(directory), pa.array(sorted(set(sha256s)), pa.string())
    mean, present = mean_vector(paths, wanted)
    if present.sum() < 2:
        place = Place.using(directory)
        has = f"vectors of {present.sum()} of these photos; neighbours need 2"
        raise UserError(f"{directory} has {has}. Compute them with: {place.command('features')}")
    compared = wanted.filter(pa.array(present))
    sample = np.random.default_rng(seed).permutation(len(compared))[:queries]
    unit = unit_vectors(vectors(directory, compared.take(pa.array(sample)).to_pylist()) - mean)  # (Q, D)
    kept = min(count, len(compared) - 1)
    best, found = np.full((len(unit), kept), -np.inf), np.zeros((len(unit), kept), np.int64)
    for rows, values in matching(paths, compared):
        similarity = unit @ unit_vectors(values - mean).T  # (Q, D) @ (D, n)
        similarity[sample[:, None] == rows] = -np.inf  # a photo is not its own neighbour
        best, found = _merge(best, found, similarity, rows)
    return Neighbours(compared.to_pylist(), sample, found, best.astype(np.float32))


def mean_vector(paths: Sequence[Path], wanted: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean vector (D,) float32 of the photos `wanted` (N,), and which have a vector, (N,) bool."""
    present = np.zeros(len(wanted), bool)
    total: np.ndarray | float = 0.0
    for rows, values in matching(paths, wanted) if paths else ():
        present[rows] = True
        total = total + values.sum(0, dtype=np.float64)  # float32 would lose digits over many photos
    return np.asarray(total / max(1, present.sum()), np.float32), present


def unit_vectors(values: np.ndarray) -> np.ndarray:
    """Return vectors (n, D) scaled to length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _merge(
    best: np.ndarray, found: np.ndarray, similarity: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the K highest of similarities (Q, K) and (Q, n) together, highest first, and their rows."""
    both = np.concatenate([best, similarity], axis=1)  # (Q, K + n)
    both_rows = np.concatenate([found, np.broadcast_to(rows, similarity.shape)], axis=1)
    order = np.argsort(-both, axis=1, kind="stable")[:, : best.shape[1]]
    return np.take_along_axis(both, order, 1), np.take_along_axis(both_rows, order, 1)


def neighbours(
    directory: Path, dataset: Path, sheet: Path, *, photos: int = 12, count: int = 7, seed: int = 0
) -> Path:
    """Draw a contact sheet: on each line a photo of the dataset, then the photos most similar to it.

    Args:
        directory: a cache, `features/<key>`.
        dataset: a dataset whose photos have vectors in it.
        sheet: where to write it: .png, .jpg or .webp.
        photos: lines, each with a randomly chosen photo.
        count: neighbours of each.
        seed: of the choice.

    Raises:
        MissingStage: there is no dataset.
        UserError: there are no vectors, or `sheet` has another ending.
    """
    check_ending(sheet)
    sha256s = read.photos(dataset)["sha256"].to_pylist()
    found = nearest(directory, sha256s, photos, count, seed)
    lines = []
    for query, rows, values in zip(found.queries, found.nearest, found.similarity, strict=True):
        name = found.sha256s[query]
        near = [(found.sha256s[row], f"{value:.2f}") for row, value in zip(rows, values, strict=True)]
        lines.append([(name, name[:12]), *near])
    contact_sheet(lines, dataset, sheet)
    return sheet


def check_ending(sheet: Path) -> None:
    """Raise UserError if a picture cannot be written to a file of this name."""
    if sheet.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise UserError(f"{sheet} must end in .png, .jpg or .webp")


def contact_sheet(lines: Sequence[Sequence[tuple[str, str]]], dataset: Path, sheet: Path) -> None:
    """Draw photos of a dataset in lines of equal length, with a gap behind the first of each.

    Args:
        lines: the sha256 of each photo, and what to write under it.
        sheet: where to write it.
    """
    shown = {sha256 for line in lines for sha256, _ in line}
    draw_sheet(lines, dict(read.photo_bytes(dataset, shown)), sheet)


def draw_sheet(lines: Sequence[Sequence[tuple[str, str]]], photos: Mapping[str, bytes], sheet: Path) -> None:
    """Draw photos in lines of equal length, by their names, with a gap behind the first of each."""
    tiles = {name: _tile(image) for name, image in photos.items()}
    with whole_file(sheet) as temporary, temporary.open("wb") as file:
        _draw(lines, tiles).save(file, Image.registered_extensions()[sheet.suffix.lower()])


def _tile(photo: bytes) -> Image.Image:
    try:
        return ImageOps.fit(decode(photo).image, (TILE, TILE))
    except UnusablePhoto:
        return Image.new("RGB", (TILE, TILE), "lightgrey")


def _draw(lines: Sequence[Sequence[tuple[str, str]]], tiles: dict[str, Image.Image]) -> Image.Image:
    across, down = TILE + GAP, TILE + TEXT + GAP
    size = (max(map(len, lines)) * across + 3 * GAP, len(lines) * down + GAP)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for row, line in enumerate(lines):
        top = GAP + row * down
        for column, (sha256, words) in enumerate(line):
            left = column * across + (3 * GAP if column else GAP)
            sheet.paste(tiles[sha256], (left, top))
            draw.text((left, top + TILE + 1), words, "black")
    return sheet
