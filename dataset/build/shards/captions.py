"""Writes the slim table: a row per caption, without photos, in row groups that scan well."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from dataset.build.shards.numbered import NumberedShards
from dataset.describe.hub import schema_metadata
from dataset.read import SPLITS
from store.register.kinds import DATASET_CAPTIONS
from store.schema import CAPTION, CAPTIONS

ROW_GROUP_ROWS = 50_000
"""About 10 MB. Who reads one column of the table reads little of each row group, so these may be large."""


class CaptionsTable:
    """Writes the captions of both splits while the `with` block runs.

    Args:
        directory: the dataset's.
    """

    def __init__(self, directory: Path) -> None:
        schema = CAPTIONS.with_metadata({"huggingface": schema_metadata(CAPTIONS)})
        self._shards = {
            split: NumberedShards(directory / DATASET_CAPTIONS, split, schema) for split in SPLITS
        }
        self._waiting: dict[str, list[pa.Table]] = {split: [] for split in SPLITS}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        for shards in self._shards.values():
            self._open.enter_context(shards)
        return self

    def add(self, split: str, photos: pa.Table) -> None:
        """Add the captions of photos: `sha256`, `labels` and `captions` of PHOTOS."""
        waiting = self._waiting[split]
        waiting.append(_captions(photos))
        if sum(table.num_rows for table in waiting) >= ROW_GROUP_ROWS:
            self._flush(split)

    def _flush(self, split: str) -> None:
        rows = pa.concat_tables(self._waiting[split])
        self._waiting[split].clear()
        self._shards[split].write(rows, rows.nbytes)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            for split, waiting in self._waiting.items():
                if waiting:
                    self._flush(split)
        self._open.__exit__(kind, error, traceback)


def _captions(photos: pa.Table) -> pa.Table:
    """Return a row per caption of `photos`, with what CAPTIONS has of its photo."""
    lists = photos["captions"].combine_chunks()
    columns = dict(zip(CAPTION.names, lists.flatten().flatten(), strict=True))
    photo = photos.select(["sha256", "labels"]).take(pc.list_parent_indices(lists))
    return pa.table({**{name: photo[name] for name in photo.column_names}, **columns}).select(CAPTIONS.names)
