"""The columns that `dataset.where` may name: what each is, and the SQL that gives it in a build."""

from collections.abc import Iterable
from typing import NamedTuple

from store.photo.facts import Facts
from store.sql import literal

SUBJECT = "subject"
"""The struct that holds the columns of a caption with its photo, so that no other name can be meant."""
FACTS = Facts._fields
"""What is measured of a photo: `facts.width` is the same as `width`."""
_CHARACTERS = 100


class Column(NamedTuple):
    """A column that an expression may name.

    Args:
        kind: its type in DuckDB.
        sql: what it is of the tables `boke` (with `cleaned`, its cleaned text), `photo` and `photo_labels`.
        example: a value as SQL: an expression is tried on it where the settings are read.
    """

    kind: str
    sql: str
    example: str


_TEXT = "犬も歩けば棒にNHK、" * (_CHARACTERS // 11) + "。"
COLUMNS = {
    "boke_id": Column("BIGINT", "boke_id", "123"),
    "odai_id": Column("BIGINT", "odai_id", "123"),
    "text": Column("VARCHAR", "cleaned", literal(_TEXT)),
    "text_nfkc": Column("VARCHAR", "normal_form(cleaned)", literal(_TEXT)),
    "stars": Column("BIGINT", "stars", "123"),
    "raters": Column("BIGINT", "raters", "12"),
    "category": Column("VARCHAR", "boke.category", "'シュール'"),
    # Without a zone: '2013-01-01' would else be read in that of the machine.
    "posted": Column("TIMESTAMP", "make_timestamp(epoch_us(posted))", "TIMESTAMP '2013-05-01 09:30:00'"),
    "url": Column("VARCHAR", "url", "'https://bokete.test/boke/123'"),
    "kind": Column("VARCHAR", "kind", "'photo'"),
    "source": Column("VARCHAR", "boke.source", "'https://bokete.test'"),
    "licence": Column("VARCHAR", "boke.licence", "'CC BY 4.0'"),
    "photo_category": Column("VARCHAR", "photo_category", "'動物'"),
    "labels": Column("VARCHAR[]", "list_transform(labels, lambda l: l.label)", "['犬', '人']"),
    "label_confidences": Column("FLOAT[]", "list_transform(labels, lambda l: l.confidence)", "[0.9, 0.5]"),
    "photo_source": Column("VARCHAR", "photo.source", "'https://bokete.test'"),
    "photo_licence": Column("VARCHAR", "photo.licence", "'CC BY 4.0'"),
    "credit": Column("VARCHAR", "photo.credit", "'山田'"),
    "sha256": Column("VARCHAR", "photo.sha256", literal("0123456789abcdef" * 4)),
    "phash": Column("VARCHAR", "photo.phash", "'0123456789abcdef'"),
    "width": Column("INTEGER", "photo.width", "640"),
    "height": Column("INTEGER", "photo.height", "480"),
    # The longer side by the shorter one, as in `photos.max_aspect`.
    "aspect": Column(
        "DOUBLE",
        "greatest(photo.width, photo.height)::DOUBLE / least(photo.width, photo.height)",
        "1.5",
    ),
    "bytes": Column("BIGINT", "facts.bytes", "81234"),
    "brightness": Column("DOUBLE", "facts.brightness", "0.5"),
    "contrast": Column("DOUBLE", "facts.contrast", "0.2"),
    "entropy": Column("DOUBLE", "facts.entropy", "7.1"),
    "blank": Column("DOUBLE", "facts.blank", "0.3"),
    "blur": Column("DOUBLE", "facts.blur", "812.5"),
}


SCORES = "scores."
"""How the name of a score begins: which scores there are is known where a dataset is built."""


def column(name: str) -> Column:
    """Return a column of COLUMNS, or that of a score: a photo's, or its caption's."""
    if not name.startswith(SCORES):
        return COLUMNS[name]
    is_it = f"lambda score: score.name = {literal(name.removeprefix(SCORES))}"
    found = (f"list_filter({whose}.scores, {is_it})[1].value" for whose in ("photo_score", "text_score"))
    return Column("FLOAT", f"coalesce({', '.join(found)})", "0.5")


def struct_of(names: Iterable[str]) -> str:
    """Return the SQL of the struct SUBJECT in a build, with the columns `names`."""
    return _struct((name, column(name).sql) for name in names)


def examples(names: Iterable[str] = ()) -> tuple[str, str]:
    """Return two of these structs, one of plausible values, and one of nulls.

    Args:
        names: the columns that they have beside COLUMNS.
    """
    columns = {**COLUMNS, **{name: column(name) for name in names}}
    typed = ((name, f"{column.example}::{column.kind}") for name, column in columns.items())
    nulls = ((name, f"NULL::{column.kind}") for name, column in columns.items())
    return _struct(typed), _struct(nulls)


def _struct(fields: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{literal(name)}: {sql}" for name, sql in fields) + "}"
