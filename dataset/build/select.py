"""Which captions and photos make the dataset: a boke stays, or gets the name of the filter that takes it."""

from collections.abc import Collection, Iterable

import duckdb
import pyarrow as pa

from dataset import filters
from dataset.options import DatasetOptions
from dataset.text.captions import CARE, CONTROLS, EDGES, LINE_BREAKS
from store.place import Place
from store.sql import literal

_MOST = "SELECT reason, sum(captions)::BIGINT AS n FROM taken_by GROUP BY reason ORDER BY n DESC, reason"


def load_candidates(
    connection: duckdb.DuckDBPyConnection,
    options: DatasetOptions,
    forgotten: Collection[str],
    opt_outs: Iterable[tuple[str, str]],
) -> None:
    """Make `candidate`: every boke with its cleaned text, its photo, and the filter that takes it, if any.

    Args:
        connection: holds the crawl's tables and `side`.
        forgotten: digests of the forget list.
        opt_outs: as `filters.opt_outs` returns them.
    """
    outs = list(opt_outs)
    columns = {"kind": [kind for kind, _ in outs], "value": [value for _, value in outs]}
    kinds = pa.schema({"kind": pa.string(), "value": pa.string()})
    connection.from_arrow(pa.table(columns, kinds)).create("opt_out")
    connection.from_arrow(pa.table({"digest": pa.array(sorted(forgotten), pa.string())})).create("digest")
    connection.execute(_PHOTO_FACTS)
    verdict = filters.verdict(filters.by_fact(options))
    clean = f"regexp_replace(text, {literal(LINE_BREAKS)}, '\n', 'g')"
    for pattern in (CONTROLS, EDGES):
        clean = f"regexp_replace({clean}, {literal(pattern)}, '', 'g')"
    text = f"CASE WHEN regexp_matches(text, {literal(CARE)}) THEN {clean} ELSE text END"
    connection.execute(f"""
        CREATE TABLE candidate AS
        SELECT photo_id, boke_id, odai_id, {text} AS text, stars, raters, category, posted, url,
            age, split = 'dev' AS is_dev, {verdict} AS taken_by
        FROM (SELECT boke.*, split, labels, denied OR {_OPTED_OUT if outs else _DENIED} AS opted_out,
                  {_FORGOTTEN if forgotten else "false"} AS forgotten
              FROM boke LEFT JOIN side USING (photo_id) LEFT JOIN photo_labels USING (photo_id));
        DROP VIEW boke; DROP TABLE said; DROP TABLE visit""")


_PHOTO_FACTS = """
    CREATE TABLE photo_labels AS
    SELECT photo_id,
        list({'label': label, 'confidence': confidence} ORDER BY confidence DESC NULLS LAST, label) AS labels
    FROM (SELECT photo_id, label, max(confidence) AS confidence
          FROM (SELECT photo_id, unnest(labels) AS label, unnest(label_confidences) AS confidence FROM odai)
          WHERE label IS NOT NULL AND photo_id IS NOT NULL GROUP BY photo_id, label)
    GROUP BY photo_id;
    CREATE TABLE gone_photo AS
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
_FORGOTTEN = """coalesce(photo_id IN (FROM gone_photo) OR sha256('odai:' || odai_id) IN (FROM digest)
    OR sha256('boke:' || boke_id) IN (FROM digest), false)"""


def load_photo_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `photo_row`: n, split, shard, row, and the columns of PHOTOS that no caption changes."""
    connection.execute("""
        CREATE TABLE with_captions AS SELECT DISTINCT photo_id FROM candidate WHERE taken_by IS NULL;
        CREATE TABLE photo_row AS
        SELECT photo_id AS n, split, shard, row, sha256, width, height, phash, category,
            list_transform(labels, lambda l: l.label) AS labels,
            CASE WHEN len(list_filter(labels, lambda l: l.confidence IS NOT NULL)) > 0
                THEN list_transform(labels, lambda l: l.confidence) END AS label_confidences, "group"
        FROM photo JOIN with_captions USING (photo_id) JOIN side USING (photo_id)
        LEFT JOIN photo_labels USING (photo_id)
        LEFT JOIN (
            SELECT photo_id, arg_max(category, (odai_id, host)) AS category FROM odai GROUP BY photo_id
        ) USING (photo_id);
        CREATE TABLE taken_by AS
        SELECT taken_by AS reason, count(*) AS captions FROM candidate WHERE taken_by IS NOT NULL GROUP BY 1
    """)


def why_empty(connection: duckdb.DuckDBPyConnection, place: Place) -> str:
    """Return what to tell where no caption is left: the filter that took most."""
    taken = connection.execute(_MOST).fetchall()
    if not taken:
        return f"The crawl of {place.name} holds no captions yet. Crawl more: {place.command('crawl')}"
    reason, count = taken[0]
    total = sum(n for _, n in taken)
    step = f"Loosen dataset.{reason}" if reason in DatasetOptions.model_fields else "Crawl more"
    took = f"{reason} took {count:,} of {total:,}"
    return f"No caption of {place.name} is left: {took}. {step}. See: {place.command('settings')}"
