"""Where the newest row of a page lies, for a request that asks whether the page has changed since."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from crawler.items import Answer, PageRow
from crawler.link_rules import without_note
from crawler.validators import conditions, validators
from store.schema import PAGES
from store.shard_reader import Shard


@dataclass(frozen=True)
class LastRow:
    """The newest row of a page that was read, in a shard; of the row itself only its validators are here.

    Args:
        shard: the file.
        number: the row in it, from 0.
        etag: as the page's answer had it.
        last_modified: likewise.
    """

    shard: Path
    number: int
    etag: str | None
    last_modified: str | None

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed since."""
        return conditions(self.etag, self.last_modified)

    def still(self, answer: Answer) -> PageRow | None:
        """Return the row of a page that has not changed: this one's content, with status 304 and the time.

        None if the row cannot be read any more; the page is then asked for without conditions.

        Args:
            answer: the 304. Validators that it has count from now on.
        """
        try:
            row = self._read()
        except (pa.ArrowException, OSError, IndexError):
            return None
        at = {"url": answer.address, "status": answer.status, "fetched_at": answer.fetched_at}
        known = {name: value for name, value in validators(answer).items() if value}
        found = PageRow(dict.fromkeys(PAGES.names) | row | at | known | {"error": without_note(row["error"])})
        found.answer = replace(answer, same_as=(row["url"], row["fetched_at"]))
        return found

    def _read(self) -> dict[str, Any]:
        with Shard(self.shard, PAGES) as shard:
            first = 0
            for group in range(shard.num_row_groups):
                rows = shard.metadata.row_group(group).num_rows
                if self.number < first + rows:
                    found: dict[str, Any] = (
                        shard.read_row_group(group).slice(self.number - first, 1).to_pylist()[0]
                    )
                    return found
                first += rows
        raise IndexError(self.number)
