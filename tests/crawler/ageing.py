"""Makes a crawl older, as if its site had not been asked for some days."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def age(directory: Path, days: float) -> None:
    """Put every moment in a crawl's tables back by so many days."""
    past = timedelta(days=days)
    for path in directory.glob("*/*.parquet"):
        schema = pq.read_schema(path)
        aged = [_aged(row, past) for row in pq.read_table(path).to_pylist()]
        pq.write_table(pa.Table.from_pylist(aged, schema=schema), path)


def _aged(row: dict[str, Any], past: timedelta) -> dict[str, Any]:
    for name in ("fetched_at", "left_out_at", "posted"):
        if row.get(name):
            row[name] -= past
    for boke in row.get("bokes") or ():
        _aged(boke, past)
    return row
