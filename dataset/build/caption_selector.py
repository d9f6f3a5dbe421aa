"""Selects captions: filters on the text, then no text twice on a photo, then at most so many, best first."""

from collections.abc import Callable, Iterable

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset import filters
from dataset.builds.left_out import add
from dataset.options import DatasetOptions

Numbers = NDArray[np.int64]
Reasons = NDArray[np.object_]

Prepare = Callable[[pa.StringArray], tuple[pa.StringArray, pa.StringArray]]
"""Takes (n,) cleaned texts; returns (n,) normal forms and (n,) tokens, joined with TOKEN_SEPARATOR."""

TIES = ("text", "odai_id", "url")
"""Columns by which captions with the same stars and number are ordered."""

MAX_INT64 = 2**63 - 1
"""Sorts a boke without a number behind the others."""


class CaptionSelector:
    """Selects the captions of some photos; others go to `left_out`, and their number to `left_out_by`.

    Args:
        connection: a cursor of its own; holds `candidate`, `reused`, `photo_row` and these two.
        words: the forbidden words.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, options: DatasetOptions, words: Iterable[str]
    ) -> None:
        self._connection = connection
        self._most = options.max_captions_per_photo or MAX_INT64
        self._least = options.min_captions_per_photo
        reason = filters.first_match(filters.by_text(options, words))
        self._text_filters = f"SELECT {reason} AS reason, hash(text_nfkc) AS form FROM ready ORDER BY i"

    def __call__(self, first: int, last: int, prepare: Prepare) -> tuple[pa.Table, pa.Table]:
        """Select captions of the photos whose n is `first` to `last`.

        Args:
            prepare: normalises and tokenises the texts that the last dataset did not have.

        Returns:
            The photos that keep a caption (the columns of `photo_row`, and odai_ids), and their captions (n,
            the columns of `candidate`, text_nfkc, segmented, scores). Both have train before dev, then go by
            n; a photo's captions come best first.
        """
        captions, stay, reasons = self._choose(_CANDIDATES.format(first=first, last=last), prepare)
        self._leave_out(captions, reasons)
        is_dev = captions["is_dev"].to_numpy()[stay]
        captions = captions.take(np.concatenate([stay[~is_dev], stay[is_dev]]))
        return self._query(_PHOTOS, kept=captions.select(["n", "odai_id"])), captions

    def kept(self, first: int, last: int, prepare: Prepare) -> pa.Table:
        """Return the captions that a call would keep, of the same photos; nothing is reused or left out."""
        captions, stay, _ = self._choose(_ANEW.format(first=first, last=last), prepare)
        return captions.take(stay)

    def _choose(self, query: str, prepare: Prepare) -> tuple[pa.Table, Numbers, pa.StringArray]:
        """Return the captions (N,) of a query, the places (K,) of those that stay, and why others do not."""
        captions = _fill_in(self._connection.sql(query).to_arrow_table(), prepare)
        numbers = pa.array(np.arange(len(captions)))
        ready = pa.table({"i": numbers, "text_nfkc": captions["text_nfkc"]})
        filtered = self._query(self._text_filters, ready=ready)
        reasons = np.array(filtered["reason"].to_pylist(), object)
        stay = np.flatnonzero(filtered["reason"].is_null().to_numpy())
        order, reasons[stay] = rank(
            captions.take(stay), filtered["form"].to_numpy()[stay], self._most, self._least
        )
        return captions, stay[order], pa.array(reasons, pa.string())

    def _leave_out(self, captions: pa.Table, reasons: pa.StringArray) -> None:
        """Put captions (N,) that have a reason (N,) into `left_out`, and their number into `left_out_by`."""
        gone = captions.append_column("filter", reasons).filter(pc.is_valid(reasons))
        if not len(gone):
            return
        add(self._connection, gone)
        for count in gone["filter"].value_counts().to_pylist():
            # A row per block, not an update: cursors that change one row at the same time conflict.
            self._connection.execute("INSERT INTO left_out_by VALUES (?, ?)", list(count.values()))

    def _query(self, query: str, **tables: pa.Table) -> pa.Table:
        """Return the result of a query over `tables`, by their names."""
        for name, table in tables.items():
            self._connection.register(name, table)
        result = self._connection.sql(query).to_arrow_table()
        for name in tables:
            self._connection.unregister(name)
        return result


# Captions that are still in, with what the last dataset made of the same text, or nulls.
_CANDIDATES = """
    SELECT photo_id AS n, * EXCLUDE (photo_id, filter_name, id) FROM (
        SELECT rowid AS id, * FROM candidate
        WHERE filter_name IS NULL AND photo_id BETWEEN {first} AND {last})
    LEFT JOIN reused USING (id) LEFT JOIN caption_score USING (id)"""
_ANEW = """
    SELECT photo_id AS n, * EXCLUDE (photo_id, filter_name),
        NULL::VARCHAR AS text_nfkc, NULL::VARCHAR AS segmented
    FROM candidate WHERE filter_name IS NULL AND photo_id BETWEEN {first} AND {last}"""
_PHOTOS = """
    SELECT photo_row.*, odai_ids FROM photo_row JOIN (
        SELECT n, list(DISTINCT odai_id ORDER BY odai_id) AS odai_ids FROM kept GROUP BY n)
    USING (n) ORDER BY split = 'dev', n"""


def _fill_in(captions: pa.Table, prepare: Prepare) -> pa.Table:
    """Return `captions` with `text_nfkc` and `segmented` made where the last build did not have the text."""
    is_new = captions["text_nfkc"].is_null().combine_chunks()
    made = prepare(captions["text"].filter(is_new).combine_chunks())
    for name, values in zip(("text_nfkc", "segmented"), made, strict=True):
        old = captions[name].combine_chunks()
        column = pc.replace_with_mask(old, is_new, values) if len(values) < len(old) else values
        captions = captions.set_column(captions.column_names.index(name), name, column)
    return captions


def rank(captions: pa.Table, forms: Numbers, most: int, least: int) -> tuple[Numbers, Reasons]:
    """Return which captions stay, by photo, best first, and which filter leaves out each of the others.

    The best caption has most stars; of several, the one with the lowest boke_id; of those, the first by TIES.
    So the order tells nothing of when and in which order captions were fetched.

    Args:
        captions: N rows with the columns n (of the photo), stars, boke_id (both may be null) and TIES.
        forms: (N,) the same number for the same normalised text.
        most: captions that a photo keeps; more are left out by `max_captions_per_photo`.
        least: captions that a photo must have, copies not counted; those of a photo with fewer are left out
            by `min_captions_per_photo`.

    Returns:
        (K,) the places of the captions that stay, K <= N, ordered; and (N,) names in BY_PHOTO, None for
        those that stay.
    """
    photos = captions["n"].to_numpy()
    stars, names = (
        pc.fill_null(captions[name], null) for name, null in (("stars", 0), ("boke_id", MAX_INT64))
    )
    # lexsort sorts by its last key first: by photo, then stars, then boke_id.
    order = _by_ties(captions, (names.to_numpy(), -stars.to_numpy(), photos))
    together = order[np.lexsort((forms[order], photos[order]))]  # stable: copies follow the best of them
    same = (photos[together[1:]] == photos[together[:-1]]) & (forms[together[1:]] == forms[together[:-1]])
    copies = np.zeros(len(order), bool)
    copies[together[1:][same]] = True
    order = order[~copies[order]]
    starts = np.flatnonzero(np.diff(photos[order], prepend=-1))
    totals = np.diff(starts, append=len(order))
    many = np.arange(len(order)) - np.repeat(starts, totals) >= most
    few = ~many & (np.repeat(totals, totals) < least)
    reasons = np.full(len(copies), None, object)
    for name, places in zip(filters.BY_PHOTO, (copies, order[many], order[few]), strict=True):
        reasons[places] = name
    return order[~many & ~few], reasons


def _by_ties(captions: pa.Table, keys: tuple[Numbers, ...]) -> Numbers:
    """Return the order (N,) of captions by `keys`, as lexsort takes them, then by TIES."""
    order = np.lexsort(keys)
    equal = np.logical_and.reduce([key[order[1:]] == key[order[:-1]] for key in keys])
    tied = np.append(equal, False) | np.append(False, equal)
    if tied.any():  # hardly ever: texts are compared only here
        columns = {str(at): pa.array(key[order[tied]]) for at, key in enumerate(reversed(keys))}
        columns |= {name: captions[name].take(order[tied]) for name in TIES}
        by_text = pc.sort_indices(pa.table(columns), [(name, "ascending") for name in columns])
        order[tied] = order[tied][by_text.to_numpy()]
    return order
