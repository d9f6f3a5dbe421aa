"""Writes the slim table: a row per caption, without photos, in row groups that scan well."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from dataset.build.shards.numbered import NumberedShards
from dataset.builds.record import Rows
from dataset.describe.hub import schema_metadata
from dataset.read import SPLITS
from store.register.kinds import DATASET_CAPTIONS
from store.schema import CAPTION, CAPTIONS

ROW_GROUP_ROWS = 50_000
"""About 10 MB. Who reads one column of the table reads little of each row group, so these may be large."""


class CaptionsTable:
    """Writes the captions of both splits while the `with` block runs.

    A thread does it: the photos of the same block, which are more bytes, are written meanwhile.

    Args:
        directory: the dataset's.
        record: gets the captions, too: here they are at hand.
    """

    def __init__(self, directory: Path, record: Rows | None = None) -> None:
        self._record = record
        schema = CAPTIONS.with_metadata({"huggingface": schema_metadata(CAPTIONS)})
        self._shards = {
            split: NumberedShards(directory / DATASET_CAPTIONS, split, schema) for split in SPLITS
        }
        self._waiting: dict[str, list[pa.Table]] = {split: [] for split in SPLITS}
        self._open = ExitStack()
        self._pending: Future[None] | None = None

    def __enter__(self) -> Self:
        for shards in self._shards.values():
            self._open.enter_context(shards)
        self._thread = self._open.enter_context(ThreadPoolExecutor(1))  # it ends before they do
        return self

    def add(self, photos: Mapping[str, pa.Table]) -> None:
        """Add the captions of photos by their split: `sha256`, `labels` and `captions` of PHOTOS.

        What the last call's photos could not be written for is raised now, or at the block's end.
        """
        self._wait()  # so that memory holds the captions of two blocks, and no more
        self._pending = self._thread.submit(self._add, photos)

    def _wait(self) -> None:
        if self._pending:
            self._pending.result()

    def _add(self, photos: Mapping[str, pa.Table]) -> None:
        for split, of_split in photos.items():
            self._add_to(split, of_split)

    def _add_to(self, split: str, photos: pa.Table) -> None:
        waiting = self._waiting[split]
        waiting.append(_captions(photos))
        if sum(table.num_rows for table in waiting) >= ROW_GROUP_ROWS:
            self._flush(split)

    def _flush(self, split: str) -> None:
        rows = pa.concat_tables(self._waiting[split])
        self._waiting[split].clear()
        self._shards[split].write(rows, rows.nbytes)
        if self._record:
            self._record.add(split, rows)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._open.__exit__(kind, error, traceback)
            return
        with self._open:
            self._wait()
            for split, waiting in self._waiting.items():
                if waiting:
                    self._flush(split)


def _captions(photos: pa.Table) -> pa.Table:
    """Return a row per caption of `photos`, with what CAPTIONS has of its photo."""
    lists = photos["captions"].combine_chunks()
    columns = dict(zip(CAPTION.names, lists.flatten().flatten(), strict=True))
    photo = photos.select(["sha256", "labels"]).take(pc.list_parent_indices(lists))
    return pa.table({**{name: photo[name] for name in photo.column_names}, **columns}).select(CAPTIONS.names)
