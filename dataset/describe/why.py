"""Says why a caption or photo is in a dataset or not, by the dataset's own rows and those of `left_out/`."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dataset import read
from dataset.builds import left_out
from dataset.caption_rows import caption_rows, caption_shards
from dataset.damage import explained
from dataset.options import DatasetOptions
from dataset.text.captions import normalise
from store.addresses import numbered
from store.errors import UserError
from store.photo.near.kept import KeptLooks
from store.photo.near.near_to import near_to
from store.place import Place
from store.schema import LEFT_OUT_CAPTIONS
from store.shard_reader import sql_rows
from store.sql import literal

NEAR = 50
"""Of so many photos at most the near copies are looked for."""
MEANINGS = {
    "opt_outs": "it, its odai or its photo is denied by an opt-out, or named in dataset.opt_outs",
    "no_photo": "its photo is not there: not fetched, missing, or refused",
    "stand_in": "its picture stands for photos that are not there; crawl.not_stand_ins keeps what is a photo",
    "unusable_photo": "its photo is outside the limits in photos:, or damaged",
    "near_both_splits": "its photo is near to photos of both splits",
    "empty": "nothing is left of its text once it is normalised",
    "broken_characters": "its text has U+FFFD",
    "duplicate": "a better caption of the same photo has the same text",
}
"""What the filters mean that are not settings of the dataset."""
_KEPT = """
    SELECT boke_id, odai_id, text, sha256, phash, url, split, NULL AS filter,
        caption_licence AS licence, NULL AS found, category FROM ({rows})"""
_LEFT_OUT = """
    SELECT boke_id, odai_id, text, sha256, phash, url, NULL, filter, licence, found, category FROM {rows}"""


@dataclass(frozen=True)
class Answer:
    """What became of one caption.

    Args:
        text: as the crawl has it; None where it was opted out.
        sha256: its photo, where there is one.
        page: the address of the boke, or of a page that shows it.
        split: train or dev, if it is in the dataset.
        reason: the name of the filter that left it out, if it is not.
        meaning: what that filter leaves out, with the setting's value if it is one.
        licence: None where it is not known.
        found: what the columns that `dataset.where` names were, if that left it out.
        near: the photos that are near copies of its photo, each with its split, None where it has no caption
            in the dataset.
        near_by_phash: whether that is by pHash alone, as no build has kept what its photo looks like.
    """

    boke_id: int | None
    odai_id: int | None
    text: str | None
    sha256: str | None
    page: str | None
    split: str | None
    reason: str | None
    meaning: str | None
    licence: str | None = None
    found: dict[str, object] = field(default_factory=dict)
    near: dict[str, str | None] = field(default_factory=dict)
    near_by_phash: bool = False

    def __str__(self) -> str:
        number = "a boke without a number" if self.boke_id is None else f"boke {self.boke_id}"
        text = "" if self.text is None else f" 「{self.text}」"
        odai = "an odai without one" if self.odai_id is None else f"odai {self.odai_id}"
        what = f"{number} of {odai}{text}"
        if self.split:
            return f"{what}: kept, in {self.split}, on photo {self.sha256}"
        values = ", ".join(f"{name} = {json.dumps(v, ensure_ascii=False)}" for name, v in self.found.items())
        return f"{what}: left out by {self.reason} ({self.meaning}{f' Here {values}' if values else ''})"

    def details(self) -> str:
        """Return where it comes from, and the near copies of its photo."""
        copies = (f"{sha256} ({split or 'not in the dataset'})" for sha256, split in self.near.items())
        how = ", by pHash alone" if self.near_by_phash else ""
        near = f"; near copies of its photo{how}: {', '.join(copies)}" if self.near else ""
        return f"  on {self.page}, licence {self.licence or 'unknown'}{near}"


def why(
    query: str, directory: Path, hides: Callable[[str, str | None], bool] = lambda text, category: False
) -> list[Answer]:
    """Return what became of the captions that `query` names, when the dataset `directory` was built.

    Args:
        query: a boke's number (or a caption that is one), the address of a boke or an odai, the sha256 of a
            photo, or a part of a text, whatever its width and case.
        hides: tells of a text and its category whether there is to be no answer about it.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read.
        UserError: the dataset is of a version that did not keep what was left out.
    """
    rows, gone = caption_rows(directory), left_out.paths(directory)
    if not gone:
        again = Place.of(directory).command("dataset")
        raise UserError(f"{directory} does not tell what was left out of it. Build it again: {again}")
    options = DatasetOptions.model_validate(read.settings(directory), strict=False)
    with explained([*caption_shards(directory), *gone]), duckdb.connect() as connection:
        connection.create_function("plain", _plain, ["VARCHAR"], "VARCHAR")
        kept = _KEPT.format(rows=rows)
        others = _LEFT_OUT.format(rows=sql_rows(gone, LEFT_OUT_CAPTIONS))
        connection.execute(f"CREATE VIEW caption AS {kept} UNION ALL {others}")
        found = connection.execute(
            f"FROM caption WHERE {_condition(query)} ORDER BY odai_id, boke_id, text, sha256"
        ).fetchall()
        found = [row for row in found if not hides(row[2] or "", row[-1])]
        looks, photos = KeptLooks(Place.of(directory).photos), [row[3] for row in found]
        near, unseen = _near_copies(connection, photos, looks, options.near_duplicate_bits)
    return [_answer(row, near, unseen, options) for row in found]


def _near_copies(
    connection: duckdb.DuckDBPyConnection, photos: Iterable[str | None], kept: KeptLooks, bits: int
) -> tuple[dict[str, dict[str, str | None]], set[str]]:
    """Return the near copies of the first NEAR of some photos, their splits, and which no build knows."""
    some = list(dict.fromkeys(photo for photo in photos if photo))[:NEAR]
    if not some:
        return {}, set()
    everything = connection.sql("SELECT DISTINCT sha256, phash FROM caption WHERE sha256 IS NOT NULL")
    near = near_to(kept, everything.to_arrow_table(), some, bits)
    named = pa.table({"sha256": pa.array(sorted(set().union(*near.copies.values())), pa.string())})
    connection.from_arrow(named).create("near")
    rows = "SELECT sha256, any_value(split) FROM caption SEMI JOIN near USING (sha256) GROUP BY sha256"
    splits = dict(connection.execute(rows).fetchall())
    copies = {photo: {one: splits[one] for one in sorted(others)} for photo, others in near.copies.items()}
    return copies, near.unseen


def _condition(query: str) -> str:
    if query.isdecimal():
        of_number = f"boke_id = {int(query)} OR " if len(query) < 19 else ""
        return f"({of_number}plain(text) = {literal(_plain(query))})"  # some jokes are a number
    if page := numbered(query):
        kind, number = page
        return f"{kind}_id = {number}"
    if len(query) == 64 and set(query.lower()) <= set("0123456789abcdef"):
        return f"sha256 = {literal(query.lower())}"
    return f"contains(plain(text), {literal(_plain(query))})"


def _plain(text: str) -> str:
    return normalise(text).casefold()


def _answer(
    row: tuple[Any, ...],
    near: dict[str, dict[str, str | None]],
    unseen: Collection[str],
    options: DatasetOptions,
) -> Answer:
    boke_id, odai_id, text, sha256, _, url, split, reason, licence, found, _ = row
    meaning = _meaning(reason, options) if reason else None
    copies = near.get(sha256 or "", {})
    return Answer(
        *(boke_id, odai_id, text, sha256, url, split, reason, meaning, licence),
        found=json.loads(found) if found else {},
        near=copies,
        near_by_phash=sha256 in unseen,
    )


def _meaning(reason: str, options: DatasetOptions) -> str:
    if reason in MEANINGS:
        return MEANINGS[reason]
    field = type(options).model_fields.get(reason)
    if field is None and options.filters:
        return f"a filter of other people's code, which dataset.filters names: {', '.join(options.filters)}"
    if field is None:
        return "a filter without a setting: docs/data.md"
    return f"dataset.{reason} is {getattr(options, reason)!r}: {field.description}"


def lines(answers: Sequence[Answer], most: int) -> Iterator[str]:
    """Yield two lines for each answer, up to `most`, and one that says how many more there are."""
    for answer in answers[:most]:
        yield str(answer).replace("\n", " / ")
        yield answer.details()
    if len(answers) > most:
        yield f"and {len(answers) - most:,} more: --json lists all"


def by_phash(answers: Sequence[Answer], directory: Path) -> Iterator[str]:
    """Yield a line if pHashes alone told the near copies of some photos of the dataset `directory`."""
    if unseen := len({answer.sha256 for answer in answers if answer.near_by_phash}):
        place = Place.of(directory)
        lacks = f"{place.photos} does not say what {unseen:,} of these photos look like"
        again = place.command("dataset", "--force")
        yield f"{lacks}, so their pHashes alone were compared. Build it anew: {again}"
