"""Captions made ready: normalised and tokenised.

MeCab keeps the interpreter's lock, so many texts are cut in several processes. Arrow batches go to them, and
they leave Parquet files, which DuckDB reads where they lie.
"""

import importlib.metadata
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset.captions import SEPARATOR, VERSION, Tokenizer, normalise
from dataset.errors import UserError
from dataset.progress import Progress

BATCH = 10_000
PREPARED = pa.schema([("id", pa.int64()), ("text_nfkc", pa.string()), ("tokens", pa.list_(pa.string()))])


def identity(tokenizer: str) -> str:
    """Return what tokens depend on: the tokenizer, its dictionary's version, and this code's."""
    packages = () if tokenizer == "characters" else ("mecab-python3", tokenizer)
    Tokenizer(tokenizer)  # says what to do where the dictionary is missing
    return " ".join([tokenizer, str(VERSION), *(importlib.metadata.version(name) for name in packages)])


def prepare(batch: pa.RecordBatch, tokenizer: str, max_characters: int, path: Path) -> Path:
    """Write `path`, a Parquet file with id, NFKC form and tokens of each text in `batch` (id, text).

    Texts longer than `max_characters` have no tokens: a filter will take them.
    """
    cut = _tokenizer(tokenizer).cut
    forms = [normalise(text) for text in batch["text"].to_pylist()]
    strings = [cut(form) if 0 < len(form) <= max_characters else None for form in forms]
    tokens = pc.split_pattern(pa.array(strings, pa.string()), SEPARATOR)  # far quicker than lists of lists
    pq.write_table(pa.table([batch["id"], forms, tokens], schema=PREPARED), path, compression="lz4")
    return path


def prepare_all(
    batches: Iterable[pa.RecordBatch], total: int, tokenizer: str, max_characters: int, directory: Path
) -> Iterator[Path]:
    """Yield the file that `prepare` wrote into `directory` for each batch, several processes at a time.

    Raises:
        UserError: a process was killed, most likely for want of memory.
    """
    jobs = ((batch, tokenizer, max_characters, directory / f"{n}.parquet") for n, batch in enumerate(batches))
    processes = min(len(os.sched_getaffinity(0)), -(-total // BATCH))
    with Progress("tokens", total, "captions") as progress:
        if processes < 2:
            for job in jobs:
                yield prepare(*job)
                progress.advance(job[0].num_rows)
            return
        waiting: deque[tuple[int, Future[Path]]] = deque()
        with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_end_with_parent) as pool:
            for job in jobs:
                waiting.append((job[0].num_rows, pool.submit(prepare, *job)))
                if len(waiting) > 2 * processes:
                    yield _result(waiting, progress)
            while waiting:
                yield _result(waiting, progress)


def _result(waiting: deque[tuple[int, Future[Path]]], progress: Progress) -> Path:
    rows, future = waiting.popleft()
    try:
        path = future.result()
    except BrokenProcessPool:
        raise UserError("A tokenising process was killed: is memory short? Run it again") from None
    progress.advance(rows)
    return path


@cache
def _tokenizer(name: str) -> Tokenizer:
    return Tokenizer(name)


def _end_with_parent() -> None:
    """End this process when its parent is gone, however that was killed; leave Ctrl-C to the parent."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            connection.wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
