"""The scores of a catalogue's photos and captions: to filter by, and to show.

P photos, C captions, N of either.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset.scores.figures import Of, by_name


@dataclass(frozen=True)
class Score:
    """One score.

    Args:
        of: what has it.
        values: (N,) of each, not a number where it has none.
    """

    of: Of
    values: NDArray[np.float32]

    def within(self, least: float | None, most: float | None) -> NDArray[np.bool_]:
        """Return which have it (N,), between two values if these are given."""
        passing = ~np.isnan(self.values)
        if least is not None:
            passing &= self.values >= stored(least)
        if most is not None:
            passing &= self.values <= stored(most)
        return passing


def stored(value: float) -> np.float32:
    """Return a value as scores are stored; what is beyond the greatest of these is infinite."""
    with np.errstate(over="ignore"):
        return np.float32(value)


def gathered(photos: list[pa.ChunkedArray], captions: list[pa.ChunkedArray]) -> dict[str, Score]:
    """Return the scores by name, of the columns `scores` of all photos (P,) and captions (C,)."""
    found = {}
    columns: tuple[tuple[Of, list[pa.ChunkedArray]], ...] = (("photos", photos), ("captions", captions))
    for of, parts in columns:
        whole = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
        for name, places, values in by_name(whole.combine_chunks()):
            everywhere = np.full(len(whole), np.nan, np.float32)
            everywhere[places] = values
            found[name] = Score(of, everywhere)
    return dict(sorted(found.items()))


def at(scores: dict[str, Score], of: Of, place: int) -> dict[str, float]:
    """Return the scores that one photo, or caption, has."""
    there = {name: float(score.values[place]) for name, score in scores.items() if score.of == of}
    return {name: value for name, value in there.items() if not np.isnan(value)}
