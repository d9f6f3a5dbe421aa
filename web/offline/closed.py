"""What licences keep out of a copy: photos, with their captions, and decoders.

A copy is made to be passed on. A photo whose licence, or that of one of its captions, is known and lets
nobody pass copies on (`dataset.rights.licences`) is in none of its pages; a model that learned from such rows
writes there, but its weights stay at home. Where no licence is known, nobody says no: its owner has to judge.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dataset.rights.publishing import not_to_pass_on
from store.errors import UserError
from store.place import Place
from train.captions.measurements import Measurement
from train.sharing.learned_from import kept
from web.content.shown.learning import Learning

SHOWN = 5
"""So many licences are named in a message."""
log = logging.getLogger(__name__)


def left_out(place: Place, sha256s: Sequence[str]) -> frozenset[str]:
    """Return the photos that no page of a copy shows, and say how many they are.

    Args:
        sha256s: all photos of the dataset.

    Raises:
        UserError: no photo is left.
    """
    closed = not_to_pass_on(place.dataset)
    if closed:
        number, total = len(closed), len(sha256s)
        named = _named(Counter(closed.values()))
        if number == total:
            public = place.command("dataset", "--set", "dataset.public_only=true")
            raise UserError(
                f"A copy would show none of the {total:,} photos: licences let nobody pass on these or their "
                f"captions ({named}). Build a dataset of rows that may be: {public}. Or show the pages from "
                "here, without --export"
            )
        log.warning(
            "The copy leaves out %s of %s photos: licences let nobody pass on these or their captions (%s)",
            *(f"{number:,}", f"{total:,}", named),
        )
    return frozenset(closed)


def keeps_model(run: Path) -> bool:
    """Tell whether licences of what a run learned from keep its weights out of a copy, and say so."""
    learned = kept(run)
    closed = learned.not_to_pass_on() if learned else Counter[str]()
    if closed:
        log.warning(
            "The copy writes no captions by itself with the run %s: it learned from photos or captions that "
            "licences let nobody pass on (%s). Train on a dataset of dataset.public_only=true to bring it",
            *(run.name, _named(closed)),
        )
    return bool(closed)


def without(learned: Learning | None, closed: frozenset[str]) -> Learning | None:
    """Return what runs wrote while they learned, without some photos; None where none is left."""
    if learned is None or not closed:
        return learned
    rows = [row for row in learned.rows if row[0]["sha256"] not in closed]
    runs = {name: [_without(line, closed) for line in lines] for name, lines in learned.runs.items()}
    return replace(learned, rows=rows, runs=runs) if rows else None


def _without(line: Measurement, closed: frozenset[str]) -> Measurement:
    photos = [photo for photo in line["photos"] if photo["sha256"] not in closed]
    return Measurement(epoch=line["epoch"], photos=photos)


def _named(licences: Mapping[str, int]) -> str:
    found = Counter(licences).most_common()
    more = [f"{len(found) - SHOWN:,} more licences"] if len(found) > SHOWN else []
    return ", ".join([*(f"{number:,} {licence}" for licence, number in found[:SHOWN]), *more])
