"""Which rows of a crawl's tables a forget list names: DuckDB hashes their numbers and addresses at once.

`ForgottenFilter` decides what becomes of these rows; it needs to see no others, and no photo's bytes.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from store.addresses import sql_photo_key
from store.errors import DamagedFile
from store.forget.forgotten import ForgottenFilter
from store.place import bokeru
from store.register.stages import Stage
from store.shard_reader import sql_rows

Named = dict[Path, Sequence[int]]
"""The numbers of rows in each shard, sorted."""
_PLACE = "filename, file_row_number"
_PHOTO, _ODAI, _BOKE = "'photo:' || sha256", "'odai:' || odai_id", "'boke:' || boke_id"
_URL, _IMAGE_URL, _LINK = (f"'url:' || {sql_photo_key(name)}" for name in ("url", "image_url", "link"))
_READ = r"regexp_replace(url, '[\t\r\n]', '', 'g')"
_PAGE = rf"regexp_extract({_READ}, '/((?:odai|boke)/)0*([0-9]{{1,18}})(?:[?#]|$)', ['kind', 'number'])"
"""As `store.addresses.numbered`: readers of addresses pass over tabs and ends of lines."""
_OF_BOKE = f"""'boke:' || b.boke_id, 'odai:' || b.odai_id, 'url:' || {sql_photo_key("b.image_url")},
    CASE WHEN b.boke_id IS NULL THEN 'unnumbered:' ||
        {sql_photo_key("coalesce(b.image_url, image_url)")} || chr(10) || b.text END"""
_TOLD = {
    "pages": f"""
        SELECT {_PLACE}, unnest([{_ODAI}, {_IMAGE_URL}]) AS value FROM {{rows}} UNION ALL
        SELECT {_PLACE}, {_LINK} FROM (SELECT {_PLACE}, unnest(links) AS link FROM {{rows}}) UNION ALL
        SELECT {_PLACE}, unnest([{_OF_BOKE}])
        FROM (SELECT {_PLACE}, image_url, unnest(bokes) AS b FROM {{rows}})""",
    "images": f"SELECT {_PLACE}, unnest([{_PHOTO}, {_URL}]) AS value FROM {{rows}}",
    "sides": f"SELECT {_PLACE}, {_PHOTO} AS value FROM {{rows}}",
    "canaries": f"SELECT {_PLACE}, unnest([{_PHOTO}, {_ODAI}, {_BOKE}, {_IMAGE_URL}]) AS value FROM {{rows}}",
    "left_out": f"""
        SELECT {_PLACE}, unnest([{_URL}, replace(page.kind, '/', ':') || page.number]) AS value
        FROM (SELECT {_PLACE}, url, {_PAGE} AS page FROM {{rows}})""",
}
"""For each table, SQL for what the list has digests of: see `store.forget.forgotten.digest`."""


def named_rows(stage: Stage, name: str, forgotten: ForgottenFilter) -> Named:
    """Return the rows of a crawl's table that are on the list, or name something that is.

    Raises:
        DamagedFile: a shard cannot be read.
    """
    table = stage.table(name)
    if not table.paths or not forgotten:
        return {}
    assert table.columns is not None
    told = _TOLD[table.name].replace("{rows}", sql_rows(table.paths, table.columns, places=True))
    with duckdb.connect() as connection:
        digests = pa.table({"digest": pa.array(forgotten.digests, pa.string())})
        connection.from_arrow(digests).create("listed")
        try:
            found = connection.execute(f"""
                SELECT filename, list_sort(list(DISTINCT file_row_number)) FROM ({told})
                WHERE sha256(value) IN (FROM listed) GROUP BY filename ORDER BY filename""").fetchall()
        except duckdb.Error as error:
            crawl = stage.directory
            reason = str(error).splitlines()[0].rstrip(".")
            remedy = f"Which one says: {bokeru('verify', crawl)}"
            raise DamagedFile(crawl, f"a shard of {name} cannot be read ({reason})", remedy) from error
    return {Path(name): rows for name, rows in found}
