"""What runs wrote for the same photos of dev while they learned, without what may not be shown.

Runs on one dataset show the same photos (`train.captions.progress`), so they can stand side by side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from train.captions.measurements import NAME, Measurement, Watched, Written, measurements
from web.content.catalogue import Catalogue
from web.content.file_cache import file_version
from web.content.shown.tokens import Token

MOST = 200
"""Measurements of a run that are shown at once: of more some are passed over, evenly, but never the last."""


@dataclass(frozen=True)
class Said:
    """What a run wrote for a photo by some epoch; None where nothing is there, or may be shown."""

    run: str
    greedy: list[Token] | None
    sample: list[Token] | None


@dataclass(frozen=True)
class Learning:
    """The page's part: the first and last epoch that was measured, the one that is shown, its captions.

    Attributes:
        runs: each one's measurements, by name.
        rows: each photo with what each run wrote for it by `epoch`.
    """

    first: int
    last: int
    epoch: int
    runs: dict[str, list[Measurement]]
    rows: list[tuple[dict[str, Any], list[Said]]]


def learning(runs: Sequence[Path], catalogue: Catalogue, epoch: int | None = None) -> Learning | None:
    """Return what some runs wrote while they learned; None where no dev was measured yet.

    Args:
        epoch: the one to show, or the nearest that is there; by default the last.
    """
    found = {run.name: shown(run, catalogue) for run in runs}
    epochs = [line["epoch"] for lines in found.values() for line in lines]
    if not epochs:
        return None
    first, last = min(epochs), max(epochs)
    at = last if epoch is None else min(max(epoch, first), last)
    return Learning(first, last, at, found, _rows(found, catalogue, at))


def shown(run: Path, catalogue: Catalogue, after: int = 0) -> list[Measurement]:
    """Return the measurements of a run after an epoch, evenly thinned out where there are very many.

    Photos that the dataset has no more are left out, and captions that the settings hide are None.
    """
    path = run / NAME
    lines = [line for line in _lines(path, file_version(path)) if line["epoch"] > after]
    step = math.ceil(len(lines) / MOST) if lines else 1
    return [_allowed(line, catalogue) for line in lines[::-1][::step][::-1]]


@lru_cache(20)
def _lines(path: Path, version: object) -> list[Measurement]:
    # `version` changes with the file, and so makes lru_cache read it again.
    return list(measurements(path))


def _allowed(line: Measurement, catalogue: Catalogue) -> Measurement:
    def kept(caption: Written | None) -> Written | None:
        return None if caption is None or catalogue.rule.hides(caption["text"]) else caption

    photos = [
        Watched(sha256=photo["sha256"], greedy=kept(photo["greedy"]), sample=kept(photo["sample"]))
        for photo in line["photos"]
        if photo["sha256"] in catalogue.index
    ]
    return Measurement(epoch=line["epoch"], photos=photos)


def photos_of(found: dict[str, list[Measurement]]) -> list[str]:
    """Return the sha256 of the photos that are shown of some runs, in their order."""
    lasts = (lines[-1] for lines in found.values() if lines)
    return list(dict.fromkeys(photo["sha256"] for line in lasts for photo in line["photos"]))


def _rows(
    found: dict[str, list[Measurement]], catalogue: Catalogue, epoch: int
) -> list[tuple[dict[str, Any], list[Said]]]:
    by_run = {name: _by_photo(lines, epoch) for name, lines in found.items()}
    return [
        (
            catalogue.photo(catalogue.index[sha256]),
            [_said(name, photos.get(sha256)) for name, photos in by_run.items()],
        )
        for sha256 in photos_of(found)
    ]


def _said(run: str, photo: Watched | None) -> Said:
    """Return what a run wrote for a photo; nothing where it was not measured by then."""
    if photo is None:
        return Said(run, None, None)
    return Said(run, _tokens(photo["greedy"]), _tokens(photo["sample"]))


def _by_photo(lines: Sequence[Measurement], epoch: int) -> dict[str, Watched]:
    """Return what was written last by an epoch, by photo."""
    until = [line for line in lines if line["epoch"] <= epoch]
    return {photo["sha256"]: photo for photo in until[-1]["photos"]} if until else {}


def _tokens(caption: Written | None) -> list[Token] | None:
    if caption is None:
        return None
    # Not strict: the last log-probability is that of the end, which has no text.
    pairs = zip(caption["tokens"], caption["log_probabilities"], strict=False)
    return [Token(text, 0.0 if log is None else math.exp(min(log, 0.0))) for text, log in pairs]
