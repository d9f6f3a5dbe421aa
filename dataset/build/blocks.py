"""Photos with their captions, some thousands at a time: judged, cut into tokens, and in order.

A block holds every caption of its photos, so what compares a photo's captions with each other looks at one
block only, and nothing in memory grows with the dataset. Several blocks are under way at once: one process
a core cuts captions while the blocks before are being written.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset.build.judge import Judge
from dataset.options import DatasetOptions
from dataset.text.captions import SEPARATOR
from dataset.text.tokenizer_process import Cutter
from store.processes.cores import cores
from store.schema import CAPTION

BLOCK = 3_000_000
"""About how much a block holds: bytes of text, and a hundred for what stands beside each."""

Range = tuple[int, int]


def judged(
    connection: duckdb.DuckDBPyConnection, options: DatasetOptions, words: Iterable[str]
) -> Generator[pa.Table]:
    """Yield what stays of `candidate`, in blocks of photos (see `assemble`), as `write_photos` takes them.

    Args:
        connection: holds `candidate`, `reused`, `photo_row` and `taken_by`, to which is added what is taken.
        words: the forbidden ones.
    """
    ranges = _ranges(connection)
    with ExitStack() as stack:
        makers: SimpleQueue[tuple[Judge, Cutter]] = SimpleQueue()
        workers = min(cores(), len(ranges))
        for _ in range(workers):
            cutter = stack.enter_context(Cutter(options.tokenizer, options.max_characters))
            judge = Judge(stack.enter_context(connection.cursor()), options, words)
            makers.put((judge, cutter))

        def make(first: int, last: int) -> pa.Table:
            judge, cutter = maker = makers.get()
            try:
                photos, captions = judge(first, last, cutter.prepare)
            finally:
                makers.put(maker)
            return assemble(photos, captions)

        pool = stack.enter_context(ThreadPoolExecutor(max(workers, 1)))
        yield from _in_order(pool, make, ranges, 2 * workers)


def _ranges(connection: duckdb.DuckDBPyConnection) -> list[Range]:
    """Return the first and last photo of each block."""
    sizes = connection.sql("""
        SELECT photo_id, sum(100 + strlen(text))::BIGINT AS size FROM candidate WHERE taken_by IS NULL
        GROUP BY photo_id ORDER BY photo_id""").fetchnumpy()
    photos, ends = sizes["photo_id"], np.cumsum(sizes["size"])
    starts = np.flatnonzero(np.diff((ends - sizes["size"]) // BLOCK, prepend=-1))
    lasts = [*(starts[1:] - 1), len(photos) - 1]
    return [(int(photos[a]), int(photos[b])) for a, b in zip(starts, lasts, strict=False)]


def _in_order(
    pool: ThreadPoolExecutor, make: Callable[[int, int], pa.Table], ranges: Iterable[Range], ahead: int
) -> Generator[pa.Table]:
    """Yield what `make` returns for each range, while up to `ahead` more are made or wait."""
    waiting: deque[Future[pa.Table]] = deque()
    try:
        for first, last in ranges:
            waiting.append(pool.submit(make, first, last))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def assemble(photos: pa.Table, captions: pa.Table) -> pa.Table:
    """Return `photos`, by n, with the list of their `captions`, of which each photo has some.

    Args:
        captions: n, in the order in which the photos come, and the fields of a caption; tokens as a list, or
            as `cut` with SEPARATOR between them.

    Raises:
        ValueError: there are captions of more or fewer photos.
    """
    if "cut" in captions.column_names:
        captions = captions.append_column("tokens", pc.split_pattern(captions["cut"], SEPARATOR))
    starts = np.flatnonzero(np.diff(captions["n"].to_numpy(), prepend=-1))
    if len(starts) != len(photos):
        raise ValueError(f"captions of {len(starts)} photos, not of {len(photos)}")
    offsets = pa.array(np.append(starts, len(captions)), pa.int32())
    fields = [_whole(captions[field.name], field.type) for field in CAPTION]
    values = pa.StructArray.from_arrays(fields, fields=list(CAPTION))
    return photos.append_column("captions", pa.ListArray.from_arrays(offsets, values))


def _whole(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    array = column.combine_chunks()
    return array if array.type == kind else array.cast(kind)
