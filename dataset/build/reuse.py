"""Takes over from the last dataset what its tokenizer made of texts that are candidates again."""

from pathlib import Path

import duckdb

from dataset import read
from dataset.build.catalogue import create
from dataset.text.captions import TOKEN_SEPARATOR
from store.sql import literal, read_parquet


def load_reused(connection: duckdb.DuckDBPyConnection, previous: Path, tokens: str) -> dict[str, int]:
    """Make `reused`, and `old`, the texts of the dataset `previous`.

    Without that dataset, or where another version of the tokenizer than `tokens` made it, both are empty.

    Returns:
        How many captions are still to be tokenised, and how many are reused.
    """
    create(connection, "old")
    create(connection, "reused")
    if read.is_complete(previous) and read.manifest(previous).get("tokens") == tokens:
        # Texts are compared by their hashes. If two share one, one of them is only tokenised again.
        connection.execute(f"""
            INSERT INTO old
            SELECT c.text, c.text_nfkc, array_to_string(c.tokens, {literal(TOKEN_SEPARATOR)})
            FROM (SELECT unnest(captions) AS c FROM {read_parquet(read.shards(previous))});
            DELETE FROM old WHERE rowid NOT IN (SELECT min(rowid) FROM old GROUP BY hash(text));
            INSERT INTO reused
            SELECT candidate.rowid, text_nfkc, segmented FROM candidate JOIN old USING (text)
            WHERE filter_name IS NULL""")
    counts = "SELECT (SELECT count(*) FROM reused), count(*) FROM candidate WHERE filter_name IS NULL"
    [(reused, total)] = connection.execute(counts).fetchall()
    return {"tokenised": total - reused, "reused": reused}
