"""Brings what an expression names into a build's query, and says what went wrong with it there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import duckdb

from dataset.text.captions import normalise
from dataset.where.columns import SCORES, SUBJECT, struct_of
from dataset.where.expression import parse
from store.errors import UsageError

_NORMAL_FORM = "normal_form"
"""The function of the query that gives what the tokenizer gets; `dataset/where/columns.py` names it, too."""


class Parts(NamedTuple):
    """What a query over `boke` needs for `dataset.where`; without one, nothing is added to it.

    Args:
        boke: the table, or a query over it.
        joins: more tables.
        field: the struct SUBJECT, with a comma in front.
        found: the column `found`, with a comma in front: what SUBJECT is for a caption that this leaves out.
    """

    boke: str = "boke"
    joins: str = ""
    field: str = ""
    found: str = ""


_WITH_SCORES = """
    LEFT JOIN score AS photo_score ON photo_score.sha256 = photo.sha256 AND photo_score.text IS NULL
    LEFT JOIN score AS text_score ON text_score.sha256 = photo.sha256 AND text_score.text = cleaned"""


def scores_in(where: str | None) -> list[str]:
    """Return the names of the scores that `where` asks for."""
    columns = parse(where).columns if where else ()
    return [name.removeprefix(SCORES) for name in columns if name.startswith(SCORES)]


@contextmanager
def prepared(connection: duckdb.DuckDBPyConnection, where: str | None, cleaned: str) -> Iterator[Parts]:
    """Yield what the query that makes the candidates needs for `where`.

    Args:
        cleaned: SQL of a boke's cleaned text.

    Raises:
        UsageError: a value of some caption does not fit, which only the data can tell.
    """
    columns = parse(where).columns if where else ()
    if not columns:
        yield Parts()
        return
    joins = _WITH_SCORES if scores_in(where) else ""
    if "text_nfkc" in columns:
        connection.create_function(_NORMAL_FORM, normalise, ["VARCHAR"], "VARCHAR")
    try:
        yield Parts(
            f"(SELECT *, {cleaned} AS cleaned FROM boke) AS boke",
            f"LEFT JOIN photo USING (photo_id) {joins}",
            f", {struct_of(columns)} AS {SUBJECT}",
            f", CASE WHEN filter_name = 'where' THEN to_json({SUBJECT})::VARCHAR END AS found",
        )
    except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException) as error:
        reason = str(error).splitlines()[0].partition(": ")[2].rstrip(".")
        raise UsageError(
            f"dataset.where, {where!r}: {reason}. Write TRY(…) or TRY_CAST(… AS …) for what fails: then it "
            "is null, and a caption for which the whole is null is left out"
        ) from None
    finally:
        if "text_nfkc" in columns:
            connection.remove_function(_NORMAL_FORM)
