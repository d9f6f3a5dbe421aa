"""Values and files as DuckDB's SQL writes them."""

from collections.abc import Iterable
from pathlib import Path


def literal(text: str) -> str:
    """Return `text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def without_robots_denials(rows: str) -> str:
    """Return SQL for the rows of a crawl's table without those that say that robots.txt forbids an address.

    Crawls of 0.1 wrote such rows. They are no facts about a page: what was fetched before counts, and
    the address is asked for again.

    Args:
        rows: SQL that selects the rows, with all columns.
    """
    return (
        f"SELECT * FROM ({rows}) WHERE NOT coalesce(outcome = 'denied' AND error LIKE '%robots.txt%', false)"
    )


def string_list(values: Iterable[object]) -> str:
    """Return `values`, paths for example, as a SQL list of strings."""
    return "[" + ", ".join(literal(str(value)) for value in values) + "]"


def read_parquet(paths: Iterable[Path], *, places: bool = False) -> str:
    """Return the SQL that reads the rows of all `paths`; a column that a file lacks is null there.

    Args:
        places: add the columns `filename` and `file_row_number`, which tell where a row lies.
    """
    more = ", filename = true, file_row_number = true" if places else ""
    return f"read_parquet({string_list(paths)}, union_by_name = true{more})"
