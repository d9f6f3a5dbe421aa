"""Which of some photos' captions stay, the best first: filters on the text, then copies, then how many."""

from collections import Counter
from collections.abc import Callable, Iterable

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset import filters
from dataset.options import DatasetOptions

Numbers = NDArray[np.int64]

Prepare = Callable[[pa.StringArray], tuple[pa.StringArray, pa.StringArray]]
"""Returns the normal forms of cleaned texts, and their tokens, with SEPARATOR between them."""

LAST = 2**63 - 1
"""Sorts a boke without a number behind the others."""


class Judge:
    """Says which captions of some photos stay, and counts what is taken in `taken_by`.

    Args:
        connection: a cursor of its own; holds `candidate`, `reused`, `photo_row` and `taken_by`.
        words: the forbidden ones.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, options: DatasetOptions, words: Iterable[str]
    ) -> None:
        self._connection = connection
        self._most = options.max_captions_per_photo or LAST
        self._least = options.min_captions_per_photo
        verdict = filters.verdict(filters.by_text(options, words))
        self._verdict = f"SELECT {verdict} AS reason, hash(text_nfkc) AS form FROM ready ORDER BY i"

    def __call__(self, first: int, last: int, prepare: Prepare) -> tuple[pa.Table, pa.Table]:
        """Return the photos `first` to `last`, and their captions, a photo's best first.

        Train's photos come before dev's, each by n.

        Args:
            prepare: makes ready the texts that the last dataset did not have.
        """
        said = _ready(self._connection.sql(_SAID.format(first=first, last=last)).to_arrow_table(), prepare)
        numbers = pa.array(np.arange(len(said)))
        judged = self._query(self._verdict, ready=pa.table({"i": numbers, "text_nfkc": said["text_nfkc"]}))
        stay = np.flatnonzero(judged["reason"].is_null().to_numpy())
        order, taken = ranked(said.take(stay), judged["form"].to_numpy()[stay], self._most, self._least)
        taken.update(judged["reason"].drop_null().to_pylist())
        for reason, count in taken.items():
            self._connection.execute("INSERT INTO taken_by VALUES (?, ?)", [reason, count])
        stay = stay[order]
        is_dev = said["is_dev"].to_numpy()[stay]
        captions = said.take(np.concatenate([stay[~is_dev], stay[is_dev]]))
        return self._query(_PHOTOS, kept=captions.select(["n", "odai_id"])), captions

    def _query(self, query: str, **tables: pa.Table) -> pa.Table:
        for name, table in tables.items():
            self._connection.register(name, table)
        found = self._connection.sql(query).to_arrow_table()
        for name in tables:
            self._connection.unregister(name)
        return found


_SAID = """
    SELECT photo_id AS n, * EXCLUDE (photo_id, taken_by, id) FROM (
        SELECT rowid AS id, * FROM candidate WHERE taken_by IS NULL AND photo_id BETWEEN {first} AND {last})
    LEFT JOIN reused USING (id)"""
_PHOTOS = """
    SELECT photo_row.*, odai_ids FROM photo_row JOIN (
        SELECT n, list(DISTINCT odai_id ORDER BY odai_id) AS odai_ids FROM kept GROUP BY n)
    USING (n) ORDER BY split = 'dev', n"""


def _ready(said: pa.Table, prepare: Prepare) -> pa.Table:
    """Fill `text_nfkc` and `cut` where the last dataset did not have the text."""
    fresh = said["text_nfkc"].is_null().combine_chunks()
    made = prepare(said["text"].filter(fresh).combine_chunks())
    for name, values in zip(("text_nfkc", "cut"), made, strict=True):
        old = said[name].combine_chunks()
        column = pc.replace_with_mask(old, fresh, values) if len(values) < len(old) else values
        said = said.set_column(said.column_names.index(name), name, column)
    return said


def ranked(captions: pa.Table, forms: Numbers, most: int, least: int) -> tuple[Numbers, Counter[str]]:
    """Return which captions stay, by photo, the best first; and how many were taken for which reason.

    The best has most stars; of several the one with the lowest number, then the newest.

    Args:
        captions: n, stars, boke_id and age.
        forms: the same number for the same text.
        most: captions a photo keeps; others are `max_captions_per_photo`.
        least: captions without which a photo goes, copies not counted: `min_captions_per_photo`.
    """
    photos = captions["n"].to_numpy()
    stars, names = (pc.fill_null(captions[name], null) for name, null in (("stars", 0), ("boke_id", LAST)))
    order = np.lexsort((captions["age"].to_numpy(), names.to_numpy(), -stars.to_numpy(), photos))
    together = order[np.lexsort((forms[order], photos[order]))]  # stable: copies follow the best of them
    same = (photos[together[1:]] == photos[together[:-1]]) & (forms[together[1:]] == forms[together[:-1]])
    copies = np.zeros(len(order), bool)
    copies[together[1:][same]] = True
    order = order[~copies[order]]
    starts = np.flatnonzero(np.diff(photos[order], prepend=-1))
    totals = np.diff(starts, append=len(order))
    many = np.arange(len(order)) - np.repeat(starts, totals) >= most
    few = ~many & (np.repeat(totals, totals) < least)
    reasons = zip(filters.BY_PHOTO, (copies, many, few), strict=True)
    return order[~many & ~few], Counter({reason: int(mask.sum()) for reason, mask in reasons if mask.any()})
