"""Whether a dataset's figures are those of its rows: statistics, vocabulary, card and Croissant."""

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dataset.build.catalogue import create
from dataset.describe.card import card
from dataset.describe.statistics import DatasetCounts, asked_share, statistics
from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile
from store.manifest import NAME as MANIFEST
from store.register.verify import Problem, Problems
from store.schema import PHOTOS
from store.shard_reader import completed
from store.whole_file import read_object, read_whole

NOT_IN_ROWS = ("filters",)
"""Of statistics.json: what was left out is in no row."""


class Recount:
    """Counts a dataset's rows as its build does.

    Args:
        connection: keeps what may outgrow memory.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        create(connection, "left_out_by")
        self._connection, self._counts = connection, DatasetCounts(connection)

    def add(self, split: str, rows: pa.Table) -> None:
        """Count some rows of a split, with the columns of PHOTOS that their version has."""
        wanted = pa.schema([field for field in PHOTOS if field.name != "image"])
        photos = completed(rows, wanted)
        self._counts.add(photos.append_column("split", pa.array([split] * len(rows), pa.string())))

    def check(self, directory: Path, manifest: Mapping[str, Any]) -> Problems:
        """Yield where the files beside the shards say something else than the rows."""
        if not sum(self._counts.captions.values()):
            return
        settings = manifest.get("settings")
        vocabulary = self._vocabulary(settings) if isinstance(settings, dict) else None
        if vocabulary:
            yield from _check_vocabulary(directory / "vocabulary.json", vocabulary)
        asked = asked_share(settings) if isinstance(settings, dict) else None
        figures = self._figures(vocabulary, asked)
        yield from _check_statistics(directory / "statistics.json", figures)
        if isinstance(settings, dict):
            yield from _check_card(directory, figures, settings)

    def _vocabulary(self, settings: Mapping[str, Any]) -> Vocabulary | None:
        limits = settings.get("min_count", 1), settings.get("max_size")
        if not isinstance(limits[0], int) or not isinstance(limits[1], int | None):
            return None
        return Vocabulary.from_counts(self._counts.tokens["train"], *limits)

    def _figures(self, vocabulary: Vocabulary | None, dev_fraction: float | None) -> dict[str, Any]:
        vocabulary = vocabulary or Vocabulary.from_counts(self._counts.tokens["train"])
        figures = statistics(self._connection, self._counts, vocabulary, dev_fraction)
        kept = {name: value for name, value in figures.items() if name not in NOT_IN_ROWS}
        plain: dict[str, Any] = json.loads(json.dumps(kept))  # tuples and keys as a file has them
        return plain


def _check_vocabulary(path: Path, right: Vocabulary) -> Problems:
    try:
        stated = Vocabulary.load(path)
    except DamagedFile:  # said already
        return
    counts = stated.counts or right.counts or ()
    pairs = zip_longest(
        zip(stated.tokens, counts, strict=True), zip(right.tokens, right.counts or (), strict=True)
    )
    for place, (found, expected) in enumerate(pairs):
        if found != expected:
            right_one = f"by the captions of train it is {_token(expected)}"
            yield Problem(f"{path}: token {place} is {_token(found)}, but {right_one}")
            return


def _token(pair: tuple[str, int] | None) -> str:
    return "none" if pair is None else f"{pair[0]!r}, {pair[1]:,} times"


def _check_statistics(path: Path, right: Mapping[str, Any]) -> Problems:
    try:
        stated = read_object(path)
    except (DamagedFile, FileNotFoundError):
        return
    if found := list(differences(stated, right)):
        others = f", and {len(found) - 1} more figures differ" if found[1:] else ""
        yield Problem(f"{path}: {found[0]}{others}")


def differences(stated: object, right: object, name: str = "") -> Iterator[str]:
    """Yield where two JSON values differ; of objects, only what both have: versions add figures."""
    if isinstance(stated, dict) and isinstance(right, dict):
        for key in right:
            if key in stated:
                yield from differences(stated[key], right[key], f"{name}.{key}" if name else key)
    elif stated != right:
        yield f"{name} is {_short(stated)}, but the rows make it {_short(right)}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 80 else f"{text[:80]}…"


def _check_card(directory: Path, figures: Mapping[str, Any], settings: Mapping[str, Any]) -> Problems:
    """Yield a line of the card's tables and settings that is another than the rows and the manifest make."""
    path = directory / "README.md"
    try:
        stated = set(read_whole(path).decode(errors="replace").splitlines())
        filters = read_object(directory / "statistics.json").get("filters", {})
        right = card("", {**figures, "filters": filters}, settings, [])
    except (DamagedFile, OSError, KeyError, AttributeError, TypeError, ValueError):  # said already
        return
    for line in right.splitlines():
        if line.startswith(_DECIDED) and line not in stated:
            makers = f"the rows and {directory / MANIFEST}"
            yield Problem(f"{path} lacks the line {line!r}, which {makers} make")


_DECIDED = ("| train |", "| dev |", "| **kept** |", "- `")
"""How the lines of a card begin that every version writes alike."""


def check_croissant(directory: Path, sums: Mapping[str, str]) -> Problems:
    """Yield where croissant.json describes other shards than there are.

    Args:
        sums: sha256 of each shard by its name, as the manifest has them.
    """
    path = directory / "croissant.json"
    try:
        listed = read_object(path)["distribution"]
        files = {file["contentUrl"]: file for file in listed if "contentUrl" in file}
    except FileNotFoundError:
        return
    except (DamagedFile, KeyError, TypeError, ValueError):
        yield Problem(f"{path} is damaged: it does not list the dataset's files")
        return
    for name, sha256 in sums.items():
        size = (directory / name).stat().st_size if (directory / name).is_file() else None
        stated = files.get(name, {})
        if (found := stated.get("sha256")) != sha256:
            yield Problem(f"{path}: the sha256 of {name} is {found}, but the manifest's is {sha256}")
        elif size is not None and (found := stated.get("contentSize")) != f"{size} B":
            yield Problem(f"{path}: the size of {name} is {found}, but the file has {size} B")
