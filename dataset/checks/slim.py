"""Whether a dataset's captions without photos are those of its photos."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from dataset.damage import explain
from store.errors import DamagedFile
from store.register.verify import Problem, Problems
from store.schema import CAPTIONS, PHOTOS
from store.shard_reader import sql_rows

_OF_PHOTO = ("sha256", "labels")
"""What a row of the slim table has from its photo; all else is a caption's."""


def check_slim(
    connection: duckdb.DuckDBPyConnection, directory: Path, shards: Sequence[Path], slim: Sequence[Path]
) -> Problems:
    """Yield a caption that only one of the two tables has as it is there, and how many there are.

    Args:
        shards: those with photos.
        slim: those without; a dataset of an earlier version has none.
    """
    if not shards or not slim:
        return
    caption = ", ".join(
        f'"{name}"' if name in _OF_PHOTO else f'c."{name}" AS "{name}"' for name in CAPTIONS.names
    )
    columns = ", ".join(f'"{name}"' for name in CAPTIONS.names)
    try:
        connection.execute(f"""
            CREATE TABLE of_photos AS SELECT {caption} FROM (
                SELECT sha256, labels, unnest(captions) AS c FROM {sql_rows(shards, PHOTOS)});
            CREATE TABLE slim AS SELECT {columns} FROM {sql_rows(slim, CAPTIONS)}""")
        for one, other in (("slim", "of_photos"), ("of_photos", "slim")):
            rows = f"(FROM {one} EXCEPT ALL FROM {other})"
            found = connection.execute(f"SELECT count(*), min(sha256), min(boke_id) FROM {rows}").fetchone()
            if found and found[0]:
                where = directory / "captions" if one == "slim" else directory
                first = f"the first is boke {found[2]} of photo {found[1]}"
                yield Problem(f"{where}: {found[0]:,} captions are not so in the other table; {first}")
    except duckdb.Error as error:
        cause = explain(error, [*shards, *slim])
        if not isinstance(cause, DamagedFile):  # that is said where the file is read
            raise cause from error
