"""Whether the scores on a dataset's rows are those of the tables that `bokeru score` keeps.

That can be told only as long as the tables are those that the dataset was built with. Else the dataset is out
of date at most, which `bokeru dataset` tells.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from dataset.build.stage import connect
from dataset.damage import explain
from dataset.scores import tables
from store.errors import DamagedFile, UserError
from store.register.verify import Problem, Problems
from store.schema import PHOTOS
from store.shard_reader import sql_rows
from store.shards import count_rows

SHOWN = 20
"""So many photos and captions whose scores differ are named one by one."""


def check_scored(shards: Sequence[Path], folder: Path, manifest: Mapping[str, Any]) -> Problems:
    """Yield the photos and captions whose scores the tables have otherwise.

    Args:
        shards: the dataset's.
        folder: `data/<pipeline>/scores`.
        manifest: the dataset's.
    """
    try:
        inputs = manifest.get("inputs")
        if not isinstance(inputs, dict) or inputs.get("scores") != tables.versions(folder) or not shards:
            return
        kept = tables.paths(folder)
    except (UserError, OSError):  # said where that file is checked
        return
    photos = count_rows(shards)
    with tempfile.TemporaryDirectory() as work, connect(Path(work), photos=photos) as connection:
        try:
            tables.load(connection, kept)
            for row in connection.sql(_OTHERS.format(files=sql_rows(shards, PHOTOS, places=True))).fetchall():
                yield _problem(*row)
        except duckdb.Error as error:
            cause = explain(error, [*shards, *kept])
            if not isinstance(cause, DamagedFile):  # that is said where the file is read
                raise cause from error


_OTHERS = f"""
    WITH held AS (
        SELECT filename, sha256, NULL::BIGINT AS boke_id, NULL::VARCHAR AS text, scores FROM {{files}}
        UNION ALL
        SELECT filename, sha256, c.boke_id, c.text, c.scores
        FROM (SELECT filename, sha256, unnest(captions) AS c FROM {{files}}))
    SELECT filename, held.sha256, boke_id, held.text, held.scores, score.scores
    FROM held LEFT JOIN score
        ON score.sha256 = held.sha256 AND score.text IS NOT DISTINCT FROM held.text
    WHERE held.scores IS DISTINCT FROM score.scores
    ORDER BY filename, held.sha256, boke_id, held.text LIMIT {SHOWN}"""


def _problem(path: str, sha256: str, boke_id: int | None, text: str | None, held: Any, kept: Any) -> Problem:
    what = f"photo {sha256}" if text is None else f"boke {boke_id} of photo {sha256}"
    return Problem(f"{path}: {what} has the scores {_shown(held)}, but scores/ has {_shown(kept)}")


def _shown(scores: Sequence[Mapping[str, Any]] | None) -> str:
    return "none" if not scores else ", ".join(f"{one['name']} {one['value']:g}" for one in scores)
