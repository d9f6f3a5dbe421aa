"""Which photos are asked for, and which are left of a catalogue.

P photos, C captions. What is asked of captions has to hold for one and the same caption of a photo.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset.describe.mentions import with_label
from dataset.text.captions import normalise
from dataset.text.names import spellings
from web.content.catalogue import DAY, NEVER, Catalogue

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Filter:
    """Which photos to show; None and empty mean any. Both ends of a range belong to it.

    Attributes:
        split, category, label, group: a photo's. A category is its own, or that of any of its captions.
        captions_min, captions_max: how many captions of it are shown.
        stars, stars_max, text: a caption's; one whose stars are not known has 0.
        length_min, length_max: how many characters its text has.
        posted_from, posted_to: the day on which it was posted, in UTC.
        score, score_min, score_max: a photo's or a caption's, whichever has the score.
    """

    split: str | None = None
    category: str | None = None
    label: str | None = None
    group: str = ""
    captions_min: int | None = None
    captions_max: int | None = None
    text: str = ""
    stars: int = 0
    stars_max: int | None = None
    length_min: int | None = None
    length_max: int | None = None
    posted_from: date | None = None
    posted_to: date | None = None
    score: str = ""
    score_min: float | None = None
    score_max: float | None = None


@dataclass(frozen=True)
class Selection:
    """What a filter leaves.

    Attributes:
        photos: (P,) which photos pass.
        asked: (C,) which captions hold all that is asked of one; None where nothing is asked.
        captions: (C,) those captions of the photos that pass; all that are shown where nothing is asked.
    """

    photos: NDArray[np.bool_]
    asked: NDArray[np.bool_] | None
    captions: NDArray[np.bool_]


def select(catalogue: Catalogue, wanted: Filter) -> Selection:
    """Return what a filter leaves of a catalogue."""
    # A page after the first asks for the same again, and a search reads every caption.
    wanted = replace(wanted, category=wanted.category or None, label=wanted.label or None)
    return catalogue.selected.get(wanted, None, lambda: _select(catalogue, wanted))


def _select(catalogue: Catalogue, wanted: Filter) -> Selection:
    passing = _photos(catalogue, wanted)
    asked = _captions(catalogue, wanted)
    if asked is not None:
        passing &= _any(catalogue, asked)
    captions = np.repeat(passing, np.diff(catalogue.offsets))
    captions &= ~catalogue.hidden if asked is None else asked
    return Selection(passing, asked, captions)


def _photos(catalogue: Catalogue, wanted: Filter) -> NDArray[np.bool_]:
    """Return which photos hold what is asked of photos, (P,)."""
    passing = np.ones(len(catalogue), bool)
    if wanted.split:
        passing &= catalogue.of_split(wanted.split)
    if wanted.label:
        passing &= with_label(catalogue.photos["labels"], wanted.label)
    if wanted.category:
        names = pa.array(spellings(wanted.category), pa.string())
        own, theirs = (_true(pc.is_in(table["category"], names)) for table in _tables(catalogue))
        passing &= own | _any(catalogue, theirs & ~catalogue.hidden)
    if wanted.group:
        passing &= _true(pc.equal(catalogue.photos["group"], wanted.group))
    if (wanted.captions_min, wanted.captions_max) != (None, None):
        _within(passing, catalogue.counts, wanted.captions_min, wanted.captions_max)
    score = catalogue.scores.get(wanted.score)
    if wanted.score and score is None:
        passing[:] = False
    if score and score.of == "photos":
        passing &= score.within(wanted.score_min, wanted.score_max)
    return passing


def _captions(catalogue: Catalogue, wanted: Filter) -> NDArray[np.bool_] | None:
    """Return which captions hold what is asked of captions, (C,); None where nothing is."""
    score = catalogue.scores.get(wanted.score)
    has_score = score is not None and score.of == "captions"
    # A text of blanks alone asks for every caption, and so for a photo that has one.
    if not (asks_of_captions(wanted) or has_score):
        return None
    passing = ~catalogue.hidden
    _within(passing, catalogue.stars, wanted.stars or None, wanted.stars_max)
    _within(passing, catalogue.lengths, wanted.length_min, wanted.length_max)
    if wanted.posted_from or wanted.posted_to:
        passing &= catalogue.posted != NEVER
        _within(passing, catalogue.posted // DAY, _day(wanted.posted_from), _day(wanted.posted_to))
    if score is not None and has_score:
        passing &= score.within(wanted.score_min, wanted.score_max)
    if text := normalise(wanted.text):
        passing &= _true(pc.match_substring(catalogue.captions["text_nfkc"], text, ignore_case=True))
    return passing


def asks_of_captions(wanted: Filter) -> bool:
    """Tell whether a filter asks anything of captions but for a score."""
    ends = wanted.stars_max, wanted.length_min, wanted.length_max, wanted.posted_from, wanted.posted_to
    return bool(wanted.text or wanted.stars or any(end is not None for end in ends))


def _within(
    passing: NDArray[np.bool_], values: NDArray[np.integer], least: int | None, most: int | None
) -> None:
    """Leave in `passing` those whose value is between two."""
    if least is not None:
        passing &= values >= least
    if most is not None:
        passing &= values <= most


def _day(day: date | None) -> int | None:
    """Return the days from 1970 to a day."""
    return day.toordinal() - _EPOCH if day else None


def _any(catalogue: Catalogue, captions: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each photo, (P,), whether any of its captions is in a selection, (C,)."""
    # The count of selected captions before each offset: it grows over a photo with any.
    selected = np.concatenate([[0], np.cumsum(captions)])
    return np.asarray(selected[catalogue.offsets[1:]] > selected[catalogue.offsets[:-1]])


def _tables(catalogue: Catalogue) -> tuple[pa.Table, pa.Table]:
    return catalogue.photos, catalogue.captions


def _true(values: pa.ChunkedArray | pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), bool)
