"""The tables between a crawl's shards and a dataset's: names, columns and types, each declared once.

`dataset/build/steps.py` says which step reads, makes and drops them. Columns that are not explained are a
crawl's, as docs/data.md describes them. `shard` and `row` tell where a row is in the crawl's files; `host` is
the site's; `key` names a photo's address by the part of it that the copies of all widths share; `photo_id`
numbers photos from 1, by shard and row, and is called `n` in blocks.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

import duckdb
import pyarrow as pa

from store.schema import FACTS, IMAGES, PAGES, SCORE


class Kind(StrEnum):
    """How a table is kept. An Arrow table is registered by a cursor for the time of one query."""

    TABLE = "table"
    VIEW = "view"
    ARROW = "Arrow table"


@dataclass(frozen=True)
class Table:
    """A named table of the build.

    Args:
        columns: DuckDB's types by name, in the order of the columns, as DESCRIBE tells them.
        meaning: what a row is.
        kind: how it is kept.
        over: what a view is made from, tables or views.
    """

    columns: dict[str, str]
    meaning: str
    kind: Kind = Kind.TABLE
    over: tuple[str, ...] = ()


def _columns(text: str) -> dict[str, str]:
    """Return names and types, of a text such as "photo_id BIGINT, sha256 VARCHAR"."""
    outside_brackets = r",\s+(?![^(]*\))"
    parts = (part.partition(" ") for part in re.split(outside_brackets, text))
    return {name: kind for name, _, kind in parts}


def _columns_of(schema: pa.Schema) -> dict[str, str]:
    """Return names and types of the columns that DuckDB makes of an Arrow schema."""
    with duckdb.connect() as connection:
        relation = connection.from_arrow(schema.empty_table())
        return dict(zip(relation.columns, map(str, relation.types), strict=True))


_PAGE, _IMAGE = _columns_of(PAGES), _columns_of(IMAGES)
_PLACE = _columns("shard BIGINT, row BIGINT")
_SHARD = Table(_columns("filename VARCHAR, shard BIGINT"), "A file, and its place in the list of files.")
_TIME = "TIMESTAMP WITH TIME ZONE"
_WHENCE = "source VARCHAR, licence VARCHAR"
_RIGHTS = f"{_WHENCE}, credit VARCHAR, rights {_IMAGE['rights']}"
_MEASURED = _columns_of(pa.schema([("facts", FACTS), ("scores", pa.list_(SCORE))]))
_FACTS, _SCORES = (f"{name} {kind}" for name, kind in _MEASURED.items())
_CAPTION = f"text VARCHAR, stars BIGINT, raters BIGINT, category VARCHAR, posted {_TIME}"

TABLES = {
    # ---- the crawl's shards
    "page_empty": Table(_PAGE, "No row: the types of a crawl's pages, and nulls for what a shard lacks."),
    "page_shard": _SHARD,
    "page": Table(
        {**_PAGE, **_PLACE}, "A row of a crawl's pages.", Kind.VIEW, over=("page_empty", "page_shard")
    ),
    "fetched_empty": Table(_IMAGE, "No row: the types of a crawl's images."),
    "fetched_shard": _SHARD,
    "fetched": Table(
        {**_IMAGE, **_PLACE}, "A row of a crawl's images.", Kind.VIEW, over=("fetched_empty", "fetched_shard")
    ),
    # ---- the newest version of everything
    "image_fetch": Table(
        _columns(
            "key VARCHAR, outcome VARCHAR, sha256 VARCHAR, width INTEGER, height INTEGER, phash VARCHAR, "
            f"{_RIGHTS}, fetched_at {_TIME}, shard BIGINT, row BIGINT"
        ),
        "A photo that was fetched, or denied.",
    ),
    "latest_image": Table(
        _columns(
            "key VARCHAR, outcome VARCHAR, sha256 VARCHAR, width INTEGER, height INTEGER, phash VARCHAR, "
            f"{_RIGHTS}, shard BIGINT, row BIGINT"
        ),
        "The newest of these for each address.",
    ),
    "anew": Table(
        _columns("shard BIGINT, row BIGINT, width INTEGER, height INTEGER, phash VARCHAR"),
        "What today's decoder says of a photo that an older one described; nulls, if it cannot be used.",
    ),
    "fact": Table(
        _columns(f"sha256 VARCHAR, {_FACTS}, bare BOOLEAN"),
        "What is measured of a photo, and whether its bytes are taken as they are.",
    ),
    "photo": Table(
        _columns(
            f"photo_id BIGINT, sha256 VARCHAR, shard BIGINT, row BIGINT, {_FACTS}, bare BOOLEAN, "
            f"width INTEGER, height INTEGER, phash VARCHAR, {_RIGHTS}"
        ),
        "A distinct photo, by sha256.",
    ),
    "unusable_photo": Table(
        _columns("photo_id BIGINT"), "A photo that is damaged, or outside the limits in `photos:`."
    ),
    "image": Table(
        _columns("key VARCHAR, denied BOOLEAN, photo_id BIGINT"),
        "A photo's address, with its newest content, or that it is forbidden by now.",
    ),
    "visit": Table(
        _columns(
            "visit BIGINT, url VARCHAR, fetch_number BIGINT, fetch_order BIGINT, host VARCHAR, site VARCHAR, "
            "outcome VARCHAR, odai_id BIGINT, key VARCHAR, category VARCHAR, kind VARCHAR, labels VARCHAR[], "
            f"label_confidences FLOAT[], {_WHENCE}, denied BOOLEAN, photo_id BIGINT"
        ),
        "A page that was fetched, without its boke. `visit` is its place in the shards as one number; "
        "`fetch_number` and `fetch_order` count from 1, the oldest; two rows of one fetch share a number.",
    ),
    "odai": Table(
        _columns(
            "host VARCHAR, odai_id BIGINT, photo_id BIGINT, denied BOOLEAN, category VARCHAR, "
            "labels VARCHAR[], label_confidences FLOAT[], kind VARCHAR"
        ),
        "An odai, from the newest page of it that shows its photo.",
    ),
    "page_boke": Table(
        _columns(
            "visit BIGINT, page_position BIGINT, boke_id BIGINT, odai_id BIGINT, own_key VARCHAR, "
            f"{_CAPTION}, first_url VARCHAR"
        ),
        "A boke, from the newest page that shows it; `own_key`: of its photo, if not the page's; "
        "`first_url`: of the pages that show it, if it has no number.",
    ),
    "version": Table(
        _columns("id BIGINT, first_url VARCHAR, nth BIGINT"),
        "One of several such boke, by its rowid; `nth` counts from 1, the newest.",
    ),
    "boke": Table(
        _columns(
            "boke_id BIGINT, odai_id BIGINT, host VARCHAR, photo_id BIGINT, denied BOOLEAN, "
            f"{_CAPTION}, url VARCHAR, kind VARCHAR, photo_category VARCHAR, {_WHENCE}"
        ),
        "The same with its photo; `denied`: the photo's address is forbidden by now.",
        Kind.VIEW,
        over=("page_boke", "visit", "odai", "image"),
    ),
    "denied": Table(
        _columns("host VARCHAR, odai_id BIGINT, boke_id BIGINT"),
        "A page that robots or an opt-out forbid by now.",
    ),
    # ---- groups and split
    "recorded": Table(_columns("sha256 VARCHAR, split VARCHAR"), "A photo's split in earlier builds."),
    "near": Table(_columns("sha256 VARCHAR"), "A photo that has near copies."),
    "placed": Table(
        _columns("sha256 VARCHAR, photo_id BIGINT, split VARCHAR, has_neighbours BOOLEAN"),
        "A photo with its recorded split, if any; `has_neighbours`: it has near copies.",
    ),
    "side": Table(
        _columns("photo_id BIGINT, group VARCHAR, split VARCHAR"),
        "A photo's group and split; no split if it is near to photos of both.",
    ),
    # ---- captions and photos that are still in
    "opt_out": Table(_columns("kind VARCHAR, value VARCHAR"), "A line of the file `dataset.opt_outs`."),
    "digest": Table(_columns("digest VARCHAR"), "A line of the forget lists."),
    "stand_in": Table(_columns("sha256 VARCHAR"), "A picture that stands for photos that are not there."),
    "photo_labels": Table(
        _columns("photo_id BIGINT, labels STRUCT(label VARCHAR, confidence FLOAT)[]"),
        "The labels of a photo, the surest first.",
    ),
    "forgotten_photo": Table(_columns("photo_id BIGINT"), "A photo that is forgotten or opted out."),
    "denied_photo": Table(_columns("photo_id BIGINT"), "A photo of an odai that is denied."),
    "score": Table(
        _columns(f"sha256 VARCHAR, text VARCHAR, {_SCORES}"),
        "What scorers gave a photo; or, with a text, the caption of it.",
    ),
    "candidate": Table(
        _columns(
            "photo_id BIGINT, boke_id BIGINT, odai_id BIGINT, "
            f"{_CAPTION}, url VARCHAR, {_WHENCE}, is_dev BOOLEAN, filter_name VARCHAR"
        ),
        "A boke with its cleaned text; `filter_name`: the filter that leaves it out, null where none does.",
    ),
    "found": Table(
        _columns("id BIGINT, found VARCHAR"),
        "What the columns in `dataset.where` were, as JSON, of a candidate that it leaves out, by its rowid.",
    ),
    "caption_score": Table(_columns(f"id BIGINT, {_SCORES}"), "The scores of a candidate, by its rowid."),
    "with_captions": Table(_columns("photo_id BIGINT"), "A photo that still has a candidate."),
    "photo_row": Table(
        _columns(
            "n BIGINT, split VARCHAR, shard BIGINT, row BIGINT, sha256 VARCHAR, width INTEGER, "
            "height INTEGER, phash VARCHAR, category VARCHAR, labels VARCHAR[], label_confidences FLOAT[], "
            f"group VARCHAR, {_RIGHTS}, {_FACTS}, bare BOOLEAN, {_SCORES}"
        ),
        "Such a photo, with the columns of the dataset that no caption changes.",
    ),
    "left_out_by": Table(
        _columns("reason VARCHAR, captions BIGINT"),
        "How many captions a filter left out: a row for all boke, then one for each block.",
    ),
    "left_out": Table(
        _columns(
            f"n BIGINT, boke_id BIGINT, odai_id BIGINT, {_CAPTION}, url VARCHAR, {_WHENCE}, filter VARCHAR"
        ),
        "A caption that a filter on texts left out, or one that compares a photo's captions.",
    ),
    # ---- blocks and files
    "learned_text": Table(
        _columns("text VARCHAR"), "A caption of train in its normal form, for a tokenizer that learns."
    ),
    "old": Table(
        _columns("text VARCHAR, text_nfkc VARCHAR, segmented VARCHAR"),
        "A text of the last dataset, normalised and cut into tokens.",
    ),
    "reused": Table(
        _columns("id BIGINT, text_nfkc VARCHAR, segmented VARCHAR"),
        "The same for a candidate, by its rowid: this text need not be cut again.",
    ),
    "ready": Table(
        _columns("i BIGINT, text_nfkc VARCHAR"), "A caption of a block, by its place there.", Kind.ARROW
    ),
    "kept": Table(_columns("n BIGINT, odai_id BIGINT"), "A caption that stays in its block.", Kind.ARROW),
    "measured_photo": Table(
        _columns("split VARCHAR, group VARCHAR, labels VARCHAR[], odai BIGINT"),
        "A photo that was written, for the statistics; `odai`: how many show it.",
    ),
}
"""The tables by name, in about the order in which they are made."""


def create(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make the table `name`, as it is declared, without rows."""
    columns = ", ".join(f'"{column}" {kind}' for column, kind in TABLES[name].columns.items())
    connection.execute(f"CREATE TABLE {name} ({columns})")


def drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop the table or view `name`; the cursor that registered an Arrow table has dropped it already."""
    kind = TABLES[name].kind
    if kind is not Kind.ARROW:
        connection.execute(f"DROP {kind.upper()} {name}")
