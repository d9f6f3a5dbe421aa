"""Files that stand in the place of others: the new one is whole before the old ones go.

A new file names those it replaces. From then on these do not count, wherever they still lie: a kill between
the two, or a copy of them elsewhere, neither doubles nor loses a row.
"""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.warc.read import DamagedArchive, first_fields

KEY = "bokeru-replaces"
"""Where a file names those that it replaces: in a shard's metadata, in the first record of a WARC file."""


def named_in(schema: pa.Schema) -> set[str]:
    """Return the names of the shards that a shard with this schema replaces."""
    return set((schema.metadata or {}).get(KEY.encode(), b"").decode().split())


def replaced_by(path: Path) -> set[str]:
    """Return the names of the files that a file replaces; none where it is damaged, as `verify` tells."""
    try:
        if path.suffix == ".parquet":
            return named_in(pq.read_schema(path))
        return set(first_fields(path).get(KEY, "").split())
    except (pa.ArrowException, OSError, DamagedArchive):
        return set()


def all_replaced(paths: Iterable[Path]) -> set[Path]:
    """Return the paths that other files of the same folder replace, whether or not they are there."""
    return {path.with_name(name) for path in paths for name in replaced_by(path) if "/" not in name}


def remove_replaced(paths: Iterable[Path]) -> int:
    """Delete those of the files that others of them replace; return how many there were."""
    paths = set(paths)
    gone = all_replaced(paths) & paths
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
