"""Says why a caption or photo is in a dataset or not: the build's own steps run again, up to the filters."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from dataset import filters, read
from dataset.build import crawl_tables
from dataset.build.publish import Origin
from dataset.build.stage import WORK, connect
from dataset.build.stand_ins import stand_ins
from dataset.build.steps import STEPS, Inputs
from dataset.options import DatasetOptions
from dataset.text.captions import normalise
from store.forget.forgotten import Forgotten
from store.sql import literal
from store.stand_ins import StandInRule

_LAST = "filters by fact"
"""The last step that is run: what comes behind it depends on the texts alone."""
MEANINGS = {
    "forgotten": "it is on the forget list",
    "no_photo": "its photo is not there: not fetched, missing, or refused",
    "stand_in": "its picture stands for photos that are not there; crawl.not_stand_ins keeps what is a photo",
    "unusable_photo": "its photo is outside the limits in photos:, or damaged",
    "near_both_splits": "its photo is near to photos of both splits",
    "empty": "nothing is left of its text once it is normalised",
    "broken_characters": "its text has U+FFFD",
    "duplicate": "a better caption of the same photo has the same text",
}
"""What the filters mean that are not settings of the dataset."""
_FOUND = """
    SELECT boke_id, odai_id, text, sha256, filter_name FROM candidate LEFT JOIN photo USING (photo_id)
    WHERE {condition} ORDER BY odai_id, boke_id, text"""


@dataclass(frozen=True)
class Answer:
    """What became of one caption.

    Args:
        sha256: its photo, where there is one.
        split: train or dev, if it is in the dataset.
        reason: the name of the filter that left it out, if it is not.
        meaning: what that filter leaves out, with the setting's value if it is one.
    """

    boke_id: int | None
    odai_id: int | None
    text: str
    sha256: str | None
    split: str | None
    reason: str | None
    meaning: str | None

    def __str__(self) -> str:
        number = "a boke without a number" if self.boke_id is None else f"boke {self.boke_id}"
        what = f"{number} of odai {self.odai_id} 「{self.text}」"
        if self.split:
            return f"{what}: kept, in {self.split}, on photo {self.sha256}"
        return f"{what}: left out by {self.reason} ({self.meaning})"


def why(query: str, crawls: Sequence[Path], directory: Path, rule: StandInRule) -> list[Answer]:
    """Return what became of the captions that `query` names, by the settings that the dataset was built with.

    Args:
        query: a boke's number (or a caption that is one), the sha256 of a photo, or a part of a text,
            whatever its width and case.
        crawls: what the dataset is built from.
        directory: the dataset.
        rule: which pictures stand for photos.

    Raises:
        MissingStage: there is no dataset, or a crawl is not there.
    """
    options = DatasetOptions.model_validate(read.settings(directory), strict=False)
    kept = _kept(directory)
    with TemporaryDirectory() as folder, connect(Path(folder)) as connection:
        (Path(folder) / WORK).mkdir()
        inputs = _inputs(options, crawls, directory, Path(folder), rule)
        for step in STEPS[: 1 + next(n for n, step in enumerate(STEPS) if step.name == _LAST)]:
            step(connection, inputs)
        connection.create_function("plain", _plain, ["VARCHAR"], "VARCHAR")
        found = connection.execute(_FOUND.format(condition=_condition(query))).fetchall()
    return [_answer(row, kept, options, inputs.words) for row in found]


def _inputs(
    options: DatasetOptions, crawls: Sequence[Path], directory: Path, new: Path, rule: StandInRule
) -> Inputs:
    pages, images = crawl_tables.crawl_shards(crawls)
    forgotten = {one for crawl in (directory, *crawls) for one in Forgotten.load(crawl.parent).digests()}
    words, outs = filters.forbidden_words(options.forbidden_words), filters.opt_outs(options.opt_outs)
    origin = Origin(directory.parent.name, "", {}, [str(crawl) for crawl in crawls], [], "", {})
    no_photos = stand_ins(crawls, rule)
    return Inputs(pages, images, options, forgotten, words, outs, directory, new, origin, no_photos)


def _condition(query: str) -> str:
    if query.isdecimal():
        of_number = f"boke_id = {int(query)} OR " if len(query) < 19 else ""
        return f"({of_number}plain(text) = {literal(_plain(query))})"  # some jokes are a number
    if len(query) == 64 and set(query.lower()) <= set("0123456789abcdef"):
        return f"sha256 = {literal(query.lower())}"
    return f"contains(plain(text), {literal(_plain(query))})"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


_Kept = Mapping[str, Mapping[tuple[int | None, str], str]]
"""The split of each caption in the dataset, by its photo, then by number and text."""


def _kept(directory: Path) -> _Kept:
    kept: dict[str, dict[tuple[int | None, str], str]] = {}
    for split in read.SPLITS:
        table = read.captions(directory, split)
        columns = (table[name].to_pylist() for name in ("sha256", "boke_id", "text"))
        for sha256, boke_id, text in zip(*columns, strict=True):
            kept.setdefault(sha256, {})[boke_id, text] = split
    return kept


def _answer(row: tuple[Any, ...], kept: _Kept, options: DatasetOptions, words: Sequence[str]) -> Answer:
    boke_id, odai_id, text, sha256, filter_name = row
    others = kept.get(sha256 or "", {})
    split = others.get((boke_id, text)) if filter_name is None else None
    reason = (
        None if split else filter_name or _by_text(text, options, words) or _by_photo(text, others, options)
    )
    meaning = _meaning(reason, options) if reason else None
    return Answer(boke_id, odai_id, text, sha256, split, reason, meaning)


def _by_text(text: str, options: DatasetOptions, words: Sequence[str]) -> str | None:
    """Return the filter on a text that leaves it out, if any."""
    reason = filters.first_match(filters.by_text(options, words))
    row = duckdb.execute(f"SELECT {reason} FROM (SELECT $1 AS text_nfkc)", [normalise(text)]).fetchone()
    return str(row[0]) if row and row[0] else None


def _by_photo(text: str, others: Mapping[tuple[int | None, str], str], options: DatasetOptions) -> str:
    """Return the filter that leaves out a caption by comparing it with those that its photo keeps."""
    if not others:
        return "min_captions_per_photo" if options.min_captions_per_photo > 1 else "no_photo"
    form = normalise(text)
    is_copy = any(normalise(other) == form for _, other in others)
    return "duplicate" if is_copy else "max_captions_per_photo"


def _meaning(reason: str, options: DatasetOptions) -> str:
    if reason in MEANINGS:
        return MEANINGS[reason]
    field = type(options).model_fields.get(reason)
    if field is None:
        return "a filter without a setting: docs/data.md"
    return f"dataset.{reason} is {getattr(options, reason)!r}: {field.description}"


def lines(answers: Sequence[Answer], most: int) -> Iterator[str]:
    """Yield a line for each answer, up to `most`, and one that says how many more there are."""
    yield from (str(answer).replace("\n", " / ") for answer in answers[:most])
    if len(answers) > most:
        yield f"and {len(answers) - most:,} more: --json lists all"
