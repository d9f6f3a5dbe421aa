"""Which captions and photos make the dataset: a boke stays, or gets the name of the filter that takes it."""

from collections.abc import Collection, Iterable

import duckdb
import pyarrow as pa

from dataset import filters
from dataset.captions import CONTROLS, EDGES, LINE_BREAKS
from dataset.crawl_tables import literal
from dataset.errors import UserError
from dataset.options import DatasetOptions
from dataset.schema import CAPTION

BEST_FIRST = "stars DESC, boke_id, form"


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
    text = f"regexp_replace(text, {literal(LINE_BREAKS)}, '\n', 'g')"
    for pattern in (CONTROLS, EDGES):
        text = f"regexp_replace({text}, {literal(pattern)}, '', 'g')"
    connection.execute(f"""
        CREATE TABLE candidate AS
        SELECT id, photo_id, boke_id, odai_id, {text} AS text, stars, raters, category, posted, url,
            {verdict} AS taken_by
        FROM (SELECT boke.*, split, labels, denied OR {_OPTED_OUT if outs else _DENIED} AS opted_out,
                  {_FORGOTTEN if forgotten else "false"} AS forgotten
              FROM boke LEFT JOIN side USING (photo_id) LEFT JOIN photo_labels USING (photo_id));
        DROP TABLE boke""")


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


def judge(connection: duckdb.DuckDBPyConnection, options: DatasetOptions, words: Iterable[str]) -> None:
    """Make `caption` (id, photo_id, place), what stays, the best of its photo first; and `taken_by`.

    Args:
        connection: holds `candidate` and `prepared`.
        words: the forbidden ones.
    """
    most = options.max_captions_per_photo or 2**62
    verdict = filters.verdict(filters.by_text(options, words))
    connection.execute(f"""
        CREATE TABLE judged AS
        SELECT id, photo_id, coalesce(stars, 0) AS stars, boke_id, hash(text_nfkc) AS form,
            {verdict} AS reason
        FROM candidate JOIN prepared USING (id);
        CREATE TABLE ranked AS
        SELECT id, photo_id, place, CASE WHEN copy > 1 THEN 'duplicate'
            WHEN place > {most} THEN 'max_captions_per_photo'
            WHEN total < {options.min_captions_per_photo} THEN 'min_captions_per_photo' END AS reason
        FROM (SELECT *, row_number() OVER (PARTITION BY photo_id, copy > 1 ORDER BY {BEST_FIRST}) AS place,
                  count(*) FILTER (copy = 1) OVER (PARTITION BY photo_id) AS total
              FROM (SELECT *, row_number() OVER (PARTITION BY photo_id, form ORDER BY {BEST_FIRST}) AS copy
                    FROM judged WHERE reason IS NULL));
        CREATE TABLE caption AS SELECT id, photo_id, place FROM ranked WHERE reason IS NULL;
        CREATE TABLE taken_by AS
        SELECT reason, count(*) AS captions FROM (
            SELECT taken_by AS reason FROM candidate
            UNION ALL SELECT reason FROM judged UNION ALL SELECT reason FROM ranked)
        WHERE reason IS NOT NULL GROUP BY reason;
        DROP TABLE judged;
        DROP TABLE ranked;
    """)


def keep(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make `kept_photo` and `kept_caption`, what publish writes.

    Raises:
        UserError: nothing is left; the message names the filter that took most.
    """
    fields = ", ".join(f'"{field.name}"' for field in CAPTION)
    connection.execute(f"""
        CREATE TABLE kept_photo AS
        SELECT photo_id AS n, split, shard, row, sha256, width, height, phash, odai_ids, category,
            list_transform(labels, lambda l: l.label) AS labels,
            CASE WHEN len(list_filter(labels, lambda l: l.confidence IS NOT NULL)) > 0
                THEN list_transform(labels, lambda l: l.confidence) END AS label_confidences, "group"
        FROM photo JOIN side USING (photo_id) LEFT JOIN photo_labels USING (photo_id)
        JOIN (SELECT candidate.photo_id, list(DISTINCT odai_id ORDER BY odai_id) AS odai_ids
              FROM candidate SEMI JOIN caption USING (id) GROUP BY ALL) USING (photo_id)
        LEFT JOIN (SELECT photo_id, arg_max(category, odai_id) AS category FROM odai GROUP BY photo_id)
            USING (photo_id);
        CREATE VIEW kept_caption AS
        SELECT caption.photo_id AS n, place, {fields}
        FROM caption JOIN candidate USING (id) JOIN prepared USING (id);
    """)
    if not connection.execute("SELECT n FROM kept_photo LIMIT 1").fetchall():
        raise UserError(_why_empty(connection, name))


def _why_empty(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    taken = connection.execute("SELECT reason, captions FROM taken_by ORDER BY captions DESC").fetchall()
    if not taken:
        return f"The crawl of {name} holds no captions yet. Crawl more: bokeru crawl --pipeline {name}"
    reason, count = taken[0]
    total = sum(n for _, n in taken)
    step = f"Loosen dataset.{reason}" if reason in DatasetOptions.model_fields else "Crawl more"
    return f"No caption of {name} is left: {reason} took {count:,} of {total:,}. {step}. See: bokeru settings"
