"""Which captions and photos make the dataset: every boke gets the name of the filter that takes it, or stays."""

from collections.abc import Collection, Iterable

import duckdb
import pyarrow as pa

from dataset import filters
from dataset.captions import CONTROLS, EDGES, LINE_BREAKS
from dataset.errors import UserError
from dataset.options import DatasetOptions
from dataset.schema import CAPTION

BEST_FIRST = "coalesce(stars, 0) DESC, boke_id, text, url"


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
    connection.from_arrow(pa.table(columns, pa.schema({"kind": pa.string(), "value": pa.string()}))).create(
        "opt_out"
    )
    connection.from_arrow(pa.table({"digest": pa.array(sorted(forgotten), pa.string())})).create("digest")
    connection.execute(_PHOTO_FACTS)
    verdict = filters.verdict(filters.by_fact(options))
    connection.execute(
        f"""CREATE TABLE candidate AS
        SELECT * EXCLUDE (labels, split, opted_out, forgotten), {verdict} AS taken_by FROM (
            SELECT boke.* EXCLUDE (text), sha256, split, labels, {_OPTED_OUT} AS opted_out,
                {_FORGOTTEN if forgotten else "false"} AS forgotten,
                regexp_replace(regexp_replace(regexp_replace(
                    text, ?, '\n', 'g'), ?, '', 'g'), ?, '', 'g') AS text
            FROM boke LEFT JOIN photo_key USING (key) LEFT JOIN side USING (sha256)
            LEFT JOIN photo_labels USING (sha256))
        WHERE text IS NOT NULL""",
        [LINE_BREAKS, CONTROLS, EDGES],
    )


_PHOTO_FACTS = """
    CREATE TABLE photo_odai AS SELECT sha256, odai.* FROM odai JOIN photo_key USING (key);
    CREATE TABLE photo_labels AS
    SELECT sha256, list({'label': label, 'confidence': confidence} ORDER BY confidence DESC NULLS LAST, label) AS labels
    FROM (SELECT sha256, label, max(confidence) AS confidence
          FROM (SELECT sha256, unnest(labels) AS label, unnest(label_confidences) AS confidence FROM photo_odai)
          WHERE label IS NOT NULL GROUP BY sha256, label)
    GROUP BY sha256
"""
_OPTED_OUT = """coalesce((host, odai_id) IN (SELECT (host, odai_id) FROM denied WHERE odai_id IS NOT NULL)
    OR (host, boke_id) IN (SELECT (host, boke_id) FROM denied WHERE boke_id IS NOT NULL)
    OR key IN (SELECT key FROM image WHERE outcome = 'denied')
    OR odai_id::VARCHAR IN (SELECT value FROM opt_out WHERE kind = 'odai')
    OR boke_id::VARCHAR IN (SELECT value FROM opt_out WHERE kind = 'boke')
    OR sha256 IN (SELECT value FROM opt_out WHERE kind = 'photo')
    OR url IN (SELECT value FROM opt_out WHERE kind = 'url'), false)"""
_FORGOTTEN = """coalesce(sha256('photo:' || sha256) IN (FROM digest) OR sha256('url:' || key) IN (FROM digest)
    OR sha256('odai:' || odai_id) IN (FROM digest) OR sha256('boke:' || boke_id) IN (FROM digest), false)"""


def judge(connection: duckdb.DuckDBPyConnection, options: DatasetOptions, words: Iterable[str]) -> None:
    """Make `caption`: `candidate` with its `reason`, null for what stays, and its `place` on its photo.

    Args:
        connection: holds `candidate` and `prepared`.
        words: the forbidden ones.
    """
    most = options.max_captions_per_photo or 2**62
    verdict = filters.verdict(filters.by_text(options, words))
    connection.execute(f"""
        CREATE TABLE judged AS
        SELECT candidate.*, text_nfkc, coalesce(taken_by, {verdict}) AS reason
        FROM candidate LEFT JOIN prepared USING (text);
        CREATE TABLE caption AS
        SELECT * EXCLUDE (copy, total), CASE WHEN copy > 1 THEN 'duplicate'
            WHEN place > {most} THEN 'max_captions_per_photo'
            WHEN total < {options.min_captions_per_photo} THEN 'min_captions_per_photo' END AS reason
        FROM (SELECT *, row_number() OVER (PARTITION BY sha256, copy > 1 ORDER BY {BEST_FIRST}) AS place,
                  count(*) FILTER (copy = 1) OVER (PARTITION BY sha256) AS total
              FROM (SELECT * EXCLUDE (reason, taken_by),
                        row_number() OVER (PARTITION BY sha256, text_nfkc ORDER BY {BEST_FIRST}) AS copy
                    FROM judged WHERE reason IS NULL));
        CREATE VIEW taken AS
        SELECT reason FROM judged WHERE reason IS NOT NULL
        UNION ALL SELECT reason FROM caption WHERE reason IS NOT NULL;
    """)


def keep(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make `kept_photo` and `kept_caption`, what publish writes, and `taken_by` (filter, captions).

    Raises:
        UserError: nothing is left; the message names the filter that took most.
    """
    fields = ", ".join(f'"{field.name}"' for field in CAPTION)
    connection.execute(f"""
        CREATE TABLE kept_photo AS
        SELECT row_number() OVER (ORDER BY shard, row) - 1 AS n, split, shard, row, sha256, width, height, phash,
            odai_ids, category, list_transform(labels, lambda l: l.label) AS labels,
            CASE WHEN len(list_filter(labels, lambda l: l.confidence IS NOT NULL)) > 0
                THEN list_transform(labels, lambda l: l.confidence) END AS label_confidences, "group"
        FROM photo JOIN side USING (sha256) LEFT JOIN photo_labels USING (sha256)
        JOIN (SELECT sha256, list(DISTINCT odai_id ORDER BY odai_id) AS odai_ids
              FROM caption WHERE reason IS NULL GROUP BY sha256) USING (sha256)
        LEFT JOIN (SELECT sha256, arg_max(category, odai_id) AS category FROM photo_odai GROUP BY sha256)
            USING (sha256);
        CREATE VIEW kept_caption AS
        SELECT n, place, {fields}
        FROM caption JOIN (SELECT n, sha256 FROM kept_photo) USING (sha256)
        JOIN (SELECT text, tokens FROM prepared) USING (text) WHERE reason IS NULL;
        CREATE TABLE taken_by AS SELECT reason, count(*) AS captions FROM taken GROUP BY reason;
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
    return f"No caption of {name} is left: {reason} took {count:,} of {total:,}. {step}: bokeru settings tells how"
