"""Yields photos with their selected and tokenised captions, in blocks of some thousand captions.

A block has all captions of its photos, so filters that compare a photo's captions look at one block only, and
memory does not grow with the dataset. Several blocks are made at once: on each core a process tokenises
captions while earlier blocks are being written.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset.build.caption_selector import CaptionSelector
from dataset.options import DatasetOptions
from dataset.text.captions import TOKEN_SEPARATOR
from dataset.text.tokenizer_process import TokenizerProcess
from store.processes.cores import cores
from store.schema import CAPTION

BLOCK_BYTES = 3_000_000
"""About how large a block is: the bytes of its texts, and a hundred bytes per caption for the rest."""

Range = tuple[int, int]
"""The first and the last photo_id of a block."""


def caption_blocks(
    connection: duckdb.DuckDBPyConnection,
    options: DatasetOptions,
    words: Iterable[str],
    model: Path | None = None,
) -> Generator[pa.Table]:
    """Yield the photos with the captions that the filters leave, in blocks as `write_photos` takes them.

    Args:
        connection: holds `candidate`, `reused`, `photo_row`, and `left_out_by`, which gets the counts.
        words: the forbidden words.
        model: of the tokenizer, if it has learned one.

    Yields:
        The columns of `photo_row`, odai_ids, and captions; see `assemble`.
    """
    blocks = ranges(connection)
    with ExitStack() as stack:
        # A cursor and a process serve one block at a time; a thread takes a pair that is free.
        free: SimpleQueue[tuple[CaptionSelector, TokenizerProcess]] = SimpleQueue()
        workers = min(cores(), len(blocks))
        for _ in range(workers):
            tokenizer = stack.enter_context(
                TokenizerProcess(options.tokenizer, options.max_characters, model)
            )
            selector = CaptionSelector(stack.enter_context(connection.cursor()), options, words)
            free.put((selector, tokenizer))

        def make(first: int, last: int) -> pa.Table:
            selector, tokenizer = pair = free.get()
            try:
                photos, captions = selector(first, last, tokenizer.prepare)
            finally:
                free.put(pair)
            return assemble(photos, captions)

        pool = stack.enter_context(ThreadPoolExecutor(max(workers, 1)))
        yield from _in_order(pool, make, blocks, 2 * workers)


def ranges(connection: duckdb.DuckDBPyConnection) -> list[Range]:
    """Return the first and last photo_id of each block, photos in order."""
    sizes = connection.sql("""
        SELECT photo_id, sum(100 + strlen(text))::BIGINT AS size FROM candidate WHERE filter_name IS NULL
        GROUP BY photo_id ORDER BY photo_id""").fetchnumpy()
    photos, ends = sizes["photo_id"], np.cumsum(sizes["size"])
    # A block starts with the first photo whose captions start in another BLOCK_BYTES than those of the last.
    starts = np.flatnonzero(np.diff((ends - sizes["size"]) // BLOCK_BYTES, prepend=-1))
    lasts = [*(starts[1:] - 1), len(photos) - 1]
    return [(int(photos[a]), int(photos[b])) for a, b in zip(starts, lasts, strict=False)]


def _in_order(
    pool: ThreadPoolExecutor, make: Callable[[int, int], pa.Table], ranges: Iterable[Range], ahead: int
) -> Generator[pa.Table]:
    """Yield the result of `make` for each range, while up to `ahead` further ones are made or wait."""
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
            future.cancel()  # a consumer that stops early must not wait for blocks that nobody takes


def assemble(photos: pa.Table, captions: pa.Table) -> pa.Table:
    """Return `photos` with the column `captions`, a list of the fields in CAPTION.

    Args:
        photos: a row per photo, each with at least one caption.
        captions: n, in the order of `photos`, and the fields of a caption; instead of tokens, a list, there
            may be `segmented`, the tokens joined with TOKEN_SEPARATOR.

    Raises:
        ValueError: the captions are of more or fewer photos; the message has both numbers.
    """
    if "segmented" in captions.column_names:
        captions = captions.append_column("tokens", pc.split_pattern(captions["segmented"], TOKEN_SEPARATOR))
    starts = np.flatnonzero(np.diff(captions["n"].to_numpy(), prepend=-1))
    if len(starts) != len(photos):
        raise ValueError(f"captions of {len(starts)} photos, not of {len(photos)}")
    offsets = pa.array(np.append(starts, len(captions)), pa.int32())
    fields = [_as_array(captions[field.name], field.type) for field in CAPTION]
    values = pa.StructArray.from_arrays(fields, fields=list(CAPTION))
    return photos.append_column("captions", pa.ListArray.from_arrays(offsets, values))


def _as_array(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    array = column.combine_chunks()
    return array if array.type == kind else array.cast(kind)
