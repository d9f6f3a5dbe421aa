"""evaluation.parquet: what an evaluation measured of each photo.

P photos of a split, n of them that were measured.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.errors import MissingStage
from store.place import Place
from store.schema import EVALUATED
from store.shard_reader import Shard, unreadable
from store.shards import shard_paths, whole_parquet
from train.evaluation.intervals import Columns
from train.model import Array
from train.runs.find import BY_PHOTO

_KEYS = ("split", "sha256")
_COLUMNS = tuple(name for name in EVALUATED.names if name not in _KEYS)


def table(split: str, photos: pa.Array, columns: Columns) -> pa.Table:
    """Return a row for each photo that something was measured of, in the order of `photos`.

    Args:
        photos: (P,) sha256s.
        columns: (P,) float64 by name; NaN where a photo was not measured. One that is left out is null.
    """
    measured = np.flatnonzero(np.any([~np.isnan(column) for column in columns.values()], axis=0))
    none = np.full(len(photos), np.nan)
    found = {name: pa.array(columns.get(name, none)[measured], from_pandas=True) for name in _COLUMNS}
    keys = {
        "split": pa.array([split] * len(measured), pa.string()),
        "sha256": photos.take(pa.array(measured)),
    }
    return pa.table(keys | found).cast(EVALUATED)


def write(run: Path, tables: Iterable[pa.Table]) -> None:
    """Write evaluation.parquet whole."""
    with whole_parquet(run / BY_PHOTO, EVALUATED) as writer:
        for each in tables:
            writer.write_table(each)


def read(run: Path, split: str) -> pa.Table:
    """Return the rows of a split.

    Raises:
        MissingStage: the run has not been evaluated, or by an earlier version.
        DamagedFile: the file cannot be read.
    """
    path = run / BY_PHOTO
    if not shard_paths(run, EVALUATED, BY_PHOTO):
        raise MissingStage(path, Place.of(run).command("evaluate"))
    try:
        with Shard(path, EVALUATED) as shard:
            found = shard.read(EVALUATED.names)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    for name in {*_COLUMNS} - {*found.column_names}:  # one of an earlier version
        found = found.append_column(EVALUATED.field(name), pa.nulls(len(found), pa.float64()))
    return found.filter(pc.equal(found["split"], split))


def columns_of(found: pa.Table) -> dict[str, Array]:
    """Return the numbers of a table: (n,) float64 by name; NaN where they are null."""
    return {name: found[name].to_numpy() for name in _COLUMNS}


def paired(one: pa.Table, other: pa.Table) -> tuple[Columns, Columns]:
    """Return the columns of the photos that both tables have, in one order, as `differences` asks for.

    Captions and characters are NaN where they differ: two models that take captions of other lengths, or
    measured other samples, have no loss of the same text there.
    """
    common = one.filter(pc.is_in(one["sha256"], other["sha256"]))
    rows = pc.index_in(common["sha256"], other["sha256"].combine_chunks())
    mine, theirs = columns_of(common), columns_of(other.take(rows))
    is_same = mine["captions"] == theirs["captions"]
    # Evaluations of earlier versions do not tell their characters.
    is_same &= ~(np.abs(mine["characters"] - theirs["characters"]) > 0)
    names = ("captions", "characters")
    alike = [{name: np.where(is_same, each[name], np.nan) for name in names} for each in (mine, theirs)]
    return mine | alike[0], theirs | alike[1]
