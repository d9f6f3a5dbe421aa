"""Makes the candidates: each boke with its photo, and the filter that leaves it out, if one does."""

from collections.abc import Collection

import duckdb
import pyarrow as pa

from dataset import filters
from dataset.build.catalogue import create
from dataset.options import DatasetOptions
from dataset.text.captions import CONTROLS, EDGES, LINE_BREAKS, NEEDS_CLEANING, TABS
from dataset.where import evaluate
from store.place import Place
from store.sql import literal

_LEFT_OUT = (
    "SELECT reason, sum(captions)::BIGINT AS n FROM left_out_by GROUP BY reason ORDER BY n DESC, reason"
)


def load_removed(
    connection: duckdb.DuckDBPyConnection, forgotten: Collection[str], opt_outs: Collection[tuple[str, str]]
) -> None:
    """Make `opt_out` and `digest`: what the settings and the forget lists take out.

    Args:
        forgotten: the digests of the forget lists.
        opt_outs: as `filters.opt_outs` returns them.
    """
    columns = {"kind": [kind for kind, _ in opt_outs], "value": [value for _, value in opt_outs]}
    kinds = pa.schema({"kind": pa.string(), "value": pa.string()})
    connection.from_arrow(pa.table(columns, kinds)).create("opt_out")
    connection.from_arrow(pa.table({"digest": pa.array(sorted(forgotten), pa.string())})).create("digest")


def load_candidates(
    connection: duckdb.DuckDBPyConnection, options: DatasetOptions, *, any_forgotten: bool, any_opt_outs: bool
) -> None:
    """Make `candidate`: every boke with its cleaned text, its photo, and the filter that leaves it out.

    And make `found`, what the columns in `dataset.where` were of those that it leaves out. Only filters that
    need no normalised text are applied here: `filters.by_fact`.

    Args:
        any_forgotten: whether `digest` has rows; without any, no hash is made of a boke's numbers.
        any_opt_outs: whether `opt_out` has rows.
    """
    first_match = filters.first_match(filters.by_fact(options))
    # The same as `captions.clean`. Most texts need none of it, and one regular expression tells so.
    clean = f"replace(regexp_replace(text, {literal(LINE_BREAKS)}, '\n', 'g'), {literal(TABS)}, ' ')"
    for pattern in (CONTROLS, EDGES):
        clean = f"regexp_replace({clean}, {literal(pattern)}, '', 'g')"
    text = f"CASE WHEN regexp_matches(text, {literal(NEEDS_CLEANING)}) THEN {clean} ELSE text END"
    with evaluate.prepared(connection, options.where, text) as named:
        connection.execute(f"""
            CREATE TABLE candidate AS
            SELECT photo_id, boke_id, odai_id, {text} AS text, stars, raters, category, posted, url,
                source, licence, split = 'dev' AS is_dev, {first_match} AS filter_name{named.found}
            FROM (SELECT boke.*, split, labels,
                    denied OR {_OPTED_OUT if any_opt_outs else _DENIED} AS opted_out,
                    {_FORGOTTEN if any_forgotten else "false"} AS forgotten, {_STANDS_IN} AS stands_in,
                    coalesce(photo_id IN (FROM unusable_photo), false) AS unusable,
                    photo_licence, whence.credit{named.field}
                FROM {named.boke} LEFT JOIN side USING (photo_id) LEFT JOIN photo_labels USING (photo_id)
                LEFT JOIN (SELECT photo_id, licence AS photo_licence, credit FROM photo) AS whence
                    USING (photo_id) {named.joins})""")
    if named.found:
        connection.execute(_FOUND)
    else:
        create(connection, "found")


_FOUND = """
    CREATE TABLE found AS SELECT rowid AS id, found FROM candidate WHERE found IS NOT NULL;
    ALTER TABLE candidate DROP COLUMN found"""
# The labels of each photo, the surest first; then the photos that are forgotten, and those of a denied odai.
PHOTO_FACTS = """
    CREATE TABLE photo_labels AS
    SELECT photo_id,
        list({'label': label, 'confidence': confidence} ORDER BY confidence DESC NULLS LAST, label) AS labels
    FROM (SELECT photo_id, label, max(confidence) AS confidence
          FROM (SELECT photo_id, unnest(labels) AS label, unnest(label_confidences) AS confidence FROM odai)
          WHERE label IS NOT NULL AND photo_id IS NOT NULL GROUP BY photo_id, label)
    GROUP BY photo_id;
    CREATE TABLE forgotten_photo AS
    SELECT DISTINCT photo_id FROM image JOIN photo USING (photo_id)
    WHERE sha256('photo:' || sha256) IN (FROM digest) OR sha256('url:' || key) IN (FROM digest)
        OR sha256 IN (SELECT value FROM opt_out WHERE kind = 'photo');
    CREATE TABLE denied_photo AS
    SELECT DISTINCT photo_id FROM (
        SELECT host, odai_id, photo_id FROM boke UNION ALL SELECT host, odai_id, photo_id FROM odai)
    SEMI JOIN denied USING (host, odai_id) WHERE photo_id IS NOT NULL
"""
_DENIED = """coalesce(photo_id IN (FROM denied_photo)
    OR (host, odai_id) IN (SELECT (host, odai_id) FROM denied WHERE odai_id IS NOT NULL)
    OR (host, boke_id) IN (SELECT (host, boke_id) FROM denied WHERE boke_id IS NOT NULL), false)"""
_OPTED_OUT = f"""({_DENIED} OR coalesce(odai_id::VARCHAR IN (SELECT value FROM opt_out WHERE kind = 'odai')
    OR boke_id::VARCHAR IN (SELECT value FROM opt_out WHERE kind = 'boke')
    OR url IN (SELECT value FROM opt_out WHERE kind = 'url')
    OR photo_id IN (
        SELECT photo_id FROM photo
        WHERE sha256 IN (SELECT value FROM opt_out WHERE kind = 'photo')), false))"""
_STANDS_IN = "coalesce(photo_id IN (SELECT photo_id FROM photo SEMI JOIN stand_in USING (sha256)), false)"
_FORGOTTEN = """coalesce(photo_id IN (FROM forgotten_photo) OR sha256('odai:' || odai_id) IN (FROM digest)
    OR sha256('boke:' || boke_id) IN (FROM digest), false)"""


# Only photos that still have a candidate. Where several odai show a photo, the one with the greatest number
# gives its category. A list of nothing but null confidences becomes null: no page says any.
PHOTO_ROW = """
    CREATE TABLE with_captions AS SELECT DISTINCT photo_id FROM candidate WHERE filter_name IS NULL;
    CREATE TABLE photo_row AS
    SELECT photo_id AS n, split, shard, row, sha256, width, height, phash, category,
        list_transform(labels, lambda l: l.label) AS labels,
        CASE WHEN len(list_filter(labels, lambda l: l.confidence IS NOT NULL)) > 0
            THEN list_transform(labels, lambda l: l.confidence) END AS label_confidences, "group",
        source, licence, credit, rights, facts, bare, scores
    FROM photo JOIN with_captions USING (photo_id) JOIN side USING (photo_id)
    LEFT JOIN (SELECT sha256, scores FROM score WHERE text IS NULL) USING (sha256)
    LEFT JOIN photo_labels USING (photo_id)
    LEFT JOIN (
        SELECT photo_id, arg_max(category, (odai_id, host)) AS category FROM odai GROUP BY photo_id
    ) USING (photo_id)
"""
LEFT_OUT_BY = """
    CREATE TABLE left_out_by AS
    SELECT filter_name AS reason, count(*) AS captions FROM candidate
    WHERE filter_name IS NOT NULL GROUP BY 1
"""


def explain_empty(connection: duckdb.DuckDBPyConnection, place: Place) -> str:
    """Return the message for a dataset without captions: it names the filter that left out most."""
    left_out = connection.execute(_LEFT_OUT).fetchall()
    if not left_out:
        return f"The crawl of {place.name} holds no captions yet. Crawl more: {place.command('crawl')}"
    reason, count = left_out[0]
    total = sum(n for _, n in left_out)
    step = f"Loosen dataset.{reason}" if reason in DatasetOptions.model_fields else "Crawl more"
    known = {*filters.by_fact(DatasetOptions()), *filters.by_text(DatasetOptions(), ()), *filters.BY_PHOTO}
    step = step if reason in known else "It is a filter of dataset.filters"
    step = "Loosen the limits in photos" if reason == "unusable_photo" else step
    most = f"{reason} left out {count:,} of {total:,}"
    return f"No caption of {place.name} is left: {most}. {step}. See: {place.command('settings')}"
