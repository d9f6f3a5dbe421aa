"""A view as CSV, by RFC 4180: a row for each caption, in UTF-8, as much at a time as a chunk holds.

A spreadsheet takes a cell for a formula that begins with =, +, - or @ (full-width ones, too), a tab or an end
of line, in quotes or not. Such a text gets ' in front, as OWASP advises (CSV Injection; ASVS 5.0, 1.2.10).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from web.content.browse.view import View

_FORMULA = r"\A[=+\-@＝＋－＠\t\r\n\x00]"
AT_A_TIME = 1000
"""Photos of a chunk: of about a megabyte, where each has a dozen captions."""
_OF_PHOTOS = ("sha256", "split", "width", "height", "category", "labels", "source", "licence", "credit")
_OF_CAPTIONS = ("odai_id", "boke_id", "text", "stars", "raters", "category", "posted", "url")


def csv_rows(view: View) -> Iterator[bytes]:
    """Yield the header and the rows of a view, some at a time.

    There is a row for each caption that holds what the filter asks of one, or else for each that is shown,
    those with most stars first. A photo without any has a row all the same.
    """
    scores = view.catalogue.scores
    own = [view.order] if view.order in ("loss", "near") else []
    names = [*_OF_PHOTOS, *_OF_CAPTIONS, *own, *(f"score.{name}" for name in scores)]
    names[names.index("category")] = "photo_category"
    yield _written([names])
    for start in range(0, len(view.numbers), AT_A_TIME):
        yield _written(_rows(view, view.numbers[start : start + AT_A_TIME], bool(own)))


def _rows(view: View, photos: NDArray[np.int64], with_values: bool) -> Iterable[Sequence[Any]]:
    """Return the rows of some photos."""
    catalogue = view.catalogue
    places, captions = _captions(view, photos)
    columns = [_cells(catalogue.photos[name], photos[places]) for name in _OF_PHOTOS]
    columns += [_cells(catalogue.captions[name], captions) for name in _OF_CAPTIONS]
    if with_values and view.values is not None:
        columns.append(_numbers(view.values, photos[places]))
    for score in catalogue.scores.values():
        columns.append(_numbers(score.values, photos[places] if score.of == "photos" else captions))
    return zip(*columns, strict=True)


def _captions(view: View, photos: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each row its photo's place in `photos`, and the number of its caption, -1 for none."""
    catalogue = view.catalogue
    starts, counts = catalogue.offsets[photos], np.diff(catalogue.offsets)[photos]
    places = np.repeat(np.arange(len(photos)), counts)
    captions = np.arange(len(places)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    chosen = view.selection.captions[captions]
    places, captions = places[chosen], captions[chosen]
    order = np.lexsort((captions, -catalogue.stars[captions], places))
    without = np.setdiff1d(np.arange(len(photos)), places)
    places = np.append(places[order], without)
    captions = np.append(captions[order], np.full(len(without), -1))
    order = np.argsort(places, kind="stable")
    return places[order], captions[order]


def _cells(column: pa.ChunkedArray, numbers: NDArray[np.int64]) -> list[Any]:
    """Return some values of a column as cells, nothing for nulls and where the number is -1."""
    values = column.take(pa.array(numbers, mask=numbers < 0))
    if pa.types.is_list(values.type):
        values = pc.binary_join(values, "; ")
    if pa.types.is_timestamp(values.type):
        # Without a zone it is in UTC.
        values = pc.strftime(values.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%dT%H:%M:%SZ")
    elif pa.types.is_string(values.type):
        safe = pc.binary_join_element_wise("'", values, "")
        values = pc.if_else(pc.match_substring_regex(values, _FORMULA), safe, values)
    cells: list[Any] = values.to_pylist()
    return cells


def _numbers(values: NDArray[np.floating], numbers: NDArray[np.int64]) -> list[Any]:
    """Return numbers as cells, nothing for what is none."""
    own = np.append(values, values.dtype.type(np.nan))[numbers]  # the last one stands for -1
    cells: list[Any] = pa.array(own, from_pandas=True).cast(pa.string()).to_pylist()
    return cells


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
