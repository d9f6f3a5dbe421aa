"""Values and files as DuckDB's SQL writes them."""

from collections.abc import Iterable
from pathlib import Path


def literal(text: str) -> str:
    """Return `text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def string_list(values: Iterable[object]) -> str:
    """Return `values`, paths for example, as a SQL list of strings."""
    return "[" + ", ".join(literal(str(value)) for value in values) + "]"


def read_parquet(paths: Iterable[Path]) -> str:
    """Return the SQL that reads the rows of all `paths`; a column that a file lacks is null there."""
    return f"read_parquet({string_list(paths)}, union_by_name = true)"
