"""The runs of a crawl, as its history keeps them: what each fetched and measured."""

from pathlib import Path
from typing import Any

from store.register.small_table import read_rows
from store.schema import HISTORY

NAME = "history.parquet"


def crawl_runs(crawl: Path) -> list[dict[str, Any]]:
    """Return a row of `HISTORY` for each run so far, the oldest first; none where there is no file yet.

    Raises:
        DamagedFile: it is not whole.
    """
    remedy = (
        "Bring it back from a copy, or delete it: crawls then have nothing to be compared with until three "
        "more have run."
    )
    return sorted(read_rows(crawl / NAME, HISTORY, remedy), key=lambda row: row["started"])


def answer_type() -> Any:
    """Return the type of these rows as `bokeru history` answers with them."""
    from store.answers.rows import row_type

    return list[row_type("CrawlRun", HISTORY)]  # type: ignore[misc]
