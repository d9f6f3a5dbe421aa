"""What `bokeru encoder check` says: how photos are fed to an encoder, its vectors' scale, its neighbours.

N photos, D values in a vector, M of them in a reference.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from featurize.encoder import About, open_encoder
from featurize.feeding.doubts import Scale
from featurize.mapped import BROKEN
from featurize.neighbours import draw_sheet, unit_vectors
from featurize.options import FeatureOptions
from store.errors import UsageError, UserError

BATCH = 16
LINES, COUNT = 12, 7
"""Photos of the picture that have a line, and neighbours of each."""
NEAR = 1e-3
"""How far a vector may be from its reference, as a share of the reference's largest value: other runtimes
differ by some 1e-5, another rounding of half a pixel by some 1e-2."""


@dataclass
class Checked:
    """What was found.

    Args:
        vectors: of the photos that can be used.
        reasons: why the others cannot be, by file.
        nearest: the files that are most like each file, with the cosine of the vectors minus their mean.
        apart: how far the vectors are from the reference, as a share of its largest value; None without one.
    """

    about: About
    vectors: int
    dimensions: int
    scale: Scale
    reasons: dict[str, str] = field(default_factory=dict)
    nearest: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    apart: float | None = None

    @property
    def doubts(self) -> list[str]:
        """What speaks against it, a sentence each."""
        found = [*self.about.doubts, *self.scale.doubts(self.about.settings)]
        if self.apart is not None and not self.apart <= NEAR:
            found.append(f"the vectors are {self.apart:.2g} of the reference's largest value away from it")
        return found

    def lines(self) -> list[str]:
        """Return it as lines for a terminal."""
        scale = self.scale
        lines = [self.about.description, f"photos are {self.about.feeding}"]
        several = self.vectors > 1
        lines.append(
            f"{self.vectors:,} vector{'s' * (self.vectors != 1)} of {self.dimensions:,} values: scale "
            f"{scale.scale:.3g}, sparsity {scale.sparsity:.3f}"
            + (f", {scale.spread:.0%} of them differs between photos" if several else "")
        )
        lines += [f"{name}: {reason}" for name, reason in self.reasons.items()]
        if self.apart is not None:
            lines.append(f"apart from the reference: {self.apart:.2g} of its largest value")
        for name, near in self.nearest.items():
            lines.append(f"{name}: " + ", ".join(f"{other} {cosine:.2f}" for other, cosine in near[:3]))
        return [*lines, *(f"warning: {doubt}" for doubt in self.doubts)]

    def as_answer(self) -> "EncoderCheck":
        """Return it as it is told to programs."""
        return EncoderCheck(
            description=self.about.description,
            feeding=self.about.feeding,
            settings=self.about.settings,
            vectors=self.vectors,
            dimensions=self.dimensions,
            scale=self.scale.scale,
            sparsity=self.scale.sparsity,
            spread=self.scale.spread,
            unusable=self.reasons,
            nearest=self.nearest,
            apart=self.apart,
            doubts=self.doubts,
        )


@dataclass(frozen=True)
class EncoderCheck:
    """What is to be said of an encoder.

    Args:
        description: which network it is.
        feeding: how photos are made into what it takes, in words.
        settings: the same as settings.
        vectors: how many photos have one.
        dimensions: values in a vector.
        scale: the size of a vector's values, about.
        sparsity: the share of values that are 0.
        spread: the share of a vector that differs between photos, 0 to 1.
        unusable: why photos cannot be used, by file.
        nearest: the files that are most like each file, with the cosine of their vectors minus the mean.
        apart: how far vectors are from the reference, as a share of its largest value; None without one.
        doubts: what speaks against it.
    """

    description: str
    feeding: str
    settings: Mapping[str, Any]
    vectors: int
    dimensions: int
    scale: float
    sparsity: float
    spread: float
    unusable: dict[str, str]
    nearest: dict[str, list[tuple[str, float]]]
    apart: float | None
    doubts: list[str]


def check_encoder(
    options: FeatureOptions, weights: Path, photos: Sequence[Path], reference: Path | None, sheet: Path | None
) -> Checked:
    """Return what is to be said of an encoder, and draw the photos with their nearest neighbours.

    Args:
        weights: the folder of made and fetched weights files.
        photos: N files.
        reference: a file of M vectors that the first M photos should have: .npy or JSON, (D,) or (M, D).
        sheet: where to draw neighbours; None draws nothing.

    Raises:
        UsageError: nothing says how photos are fed; a reference that is none.
        UserError: the encoder cannot be used, or no photo can.
    """
    right = None if reference is None else _read(reference)
    encoder = open_encoder(options, weights)
    found = Checked(encoder.about, 0, encoder.dimensions, Scale())
    names, vectors = [], []
    for start in range(0, len(photos), BATCH):
        batch = photos[start : start + BATCH]
        rows = encoder.rows([(f"{number:064x}", path.read_bytes()) for number, path in enumerate(batch)])
        for path, row in zip(batch, rows, strict=True):
            if row["outcome"] != "ok":
                found.reasons[str(path)] = str(row["error"])
                continue
            vectors.append(np.asarray(row["vector"], np.float32))
            names.append(path)
            found.scale.add(vectors[-1])
    if not vectors:
        raise UserError(
            f"none of {len(photos)} photos can be used, the first: {next(iter(found.reasons.values()))}"
        )
    found.vectors = len(vectors)
    if right is not None:
        found.apart = _apart(np.array(vectors), right)
    _add_neighbours(found, names, np.array(vectors))
    if sheet is not None and len(names) > 1:
        _draw(found, names, sheet)
    return found


def _read(reference: Path) -> np.ndarray:
    """Return vectors from a file, (M, D) float64; nothing in it is unpickled."""
    try:
        if reference.suffix == ".npy":
            # Mapped: a header that claims more than there is takes no memory.
            values = np.load(reference, mmap_mode="r", allow_pickle=False)
        else:
            values = np.array(json.loads(reference.read_bytes()))
        found = np.atleast_2d(np.asarray(values, np.float64))
    except (*BROKEN, RecursionError) as error:
        raise UsageError(f"{reference} holds no vectors ({error}). It takes .npy, or JSON lists") from None
    if found.ndim != 2 or not np.isfinite(found).all():
        raise UsageError(f"{reference} holds an array of {found.shape}, not finite vectors (M, D)")
    return found


def _apart(vectors: np.ndarray, right: np.ndarray) -> float:
    """Return how far the first vectors are from (M, D), as a share of the largest value of these."""
    if len(right) > len(vectors) or right.shape[1] != vectors.shape[1]:
        given = f"{len(right)} vectors of {right.shape[1]:,} values"
        raise UsageError(f"the reference has {given}, the photos {len(vectors)} of {vectors.shape[1]:,}")
    return float(np.abs(vectors[: len(right)] - right).max() / max(1e-12, float(np.abs(right).max())))


def _add_neighbours(found: Checked, names: Sequence[Path], vectors: np.ndarray) -> None:
    """Add the nearest of each photo: vectors minus their mean, as `bokeru neighbours` compares them."""
    unit = unit_vectors(vectors - vectors.mean(0))
    alike = unit @ unit.T  # (N, D) @ (D, N)
    np.fill_diagonal(alike, -np.inf)
    for number, name in enumerate(names if len(names) > 1 else ()):
        order = np.argsort(-alike[number], kind="stable")[: min(COUNT, len(names) - 1)]
        found.nearest[str(name)] = [(str(names[other]), float(alike[number, other])) for other in order]


def _draw(found: Checked, names: Sequence[Path], sheet: Path) -> None:
    lines = []
    for name in names[:LINES]:
        near = [(other, f"{cosine:.2f}") for other, cosine in found.nearest[str(name)]]
        lines.append([(str(name), name.name[:20]), *near])
    shown = {one for line in lines for one, _ in line}
    draw_sheet(lines, {name: Path(name).read_bytes() for name in shown}, sheet)
