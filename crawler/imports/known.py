"""What a crawl's tables say to an import: which rows there are, and which photos the pages show."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crawler.memory.last_row import LastRow
from crawler.memory.tables import Tables
from store.addresses import copy_width, sql_photo_key
from store.schema import TIME

Moment = tuple[str, datetime]
"""What a row is known by: its address, and when it was fetched."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_key(url: str, at: datetime) -> str:
    """Return a moment as `KnownTables.moments` hashes it."""
    return f"{(at - _EPOCH) // timedelta(microseconds=1)} {url}"


class KnownTables(Tables):
    """The tables of a crawl, asked for what an import needs."""

    def moments(self, table: Literal["pages", "images", "left_out"]) -> npt.NDArray[np.uint64]:
        """Return `AddressSet`'s hashes of the `moment_key` of every row of a table: (n,) uint64."""
        at = "left_out_at" if table == "left_out" else "fetched_at"
        return self._hashes(f"SELECT md5_number_lower(epoch_us({at}) || ' ' || url) AS hash FROM {table}")

    def rows_at(self, moments: Sequence[Moment]) -> dict[Moment, LastRow]:
        """Return where the rows lie of those pages that were read at these moments."""
        urls, times = ([moment[part] for moment in moments] for part in (0, 1))
        asked = {"number": range(len(urls)), "url": pa.array(urls, pa.string()), "at": pa.array(times, TIME)}
        self._connection.register("asked", pa.table(asked))
        rows = self._query(
            """SELECT number, filename, file_row_number, etag, last_modified
            FROM asked JOIN pages ON pages.url = asked.url AND fetched_at = asked."at" WHERE outcome = 'ok'"""
        ).fetchall()
        return {moments[number]: LastRow(Path(shard), *last) for number, shard, *last in rows}

    def shown(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the addresses by which the pages show photos: the widest of each, by its `photo_key`.

        Args:
            keys: of the photos that are asked for; those that no page shows are not in the result.
        """
        return {key: max(urls, key=copy_width) for key, urls in self._by_key("discovered_images", keys)}

    def widths(self, keys: Iterable[str]) -> dict[str, int]:
        """Return the width of the widest copy of each photo that the table has, by its `photo_key`."""
        found = self._by_key("(FROM latest_images WHERE outcome = 'ok')", keys)
        return {key: max(map(copy_width, urls)) for key, urls in found}

    def _by_key(self, view: str, keys: Iterable[str]) -> list[tuple[str, list[str]]]:
        self._connection.register("asked", pa.table({"key": pa.array(keys, pa.string())}))
        return self._query(
            f"""SELECT key, list(DISTINCT url) FROM (SELECT url, {sql_photo_key("url")} AS key FROM {view})
            SEMI JOIN asked USING (key) GROUP BY key"""
        ).fetchall()
