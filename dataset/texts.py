"""Captions made ready: normalised and tokenised, each distinct text once, and only those not known yet.

MeCab keeps the interpreter's lock, so many texts are cut in several processes. What goes to them and comes
back are Arrow batches.
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

import pyarrow as pa

from dataset.captions import VERSION, Tokenizer, normalise
from dataset.errors import UserError

BATCH = 10_000
PREPARED = pa.schema([("text", pa.string()), ("text_nfkc", pa.string()), ("tokens", pa.list_(pa.string()))])


def identity(tokenizer: str) -> str:
    """Return what tokens depend on: the tokenizer, its dictionary's version, and this code's."""
    packages = () if tokenizer == "characters" else ("mecab-python3", tokenizer)
    Tokenizer(tokenizer)  # says what to do where the dictionary is missing
    return " ".join([tokenizer, str(VERSION), *(importlib.metadata.version(name) for name in packages)])


def prepare(texts: pa.RecordBatch, tokenizer: str, max_characters: int) -> pa.Table:
    """Return text, NFKC form and tokens of each of `texts`; those longer than the limit have no tokens."""
    cut = _tokenizer(tokenizer).tokenize_normalised
    forms = [normalise(text) for text in texts["text"].to_pylist()]
    tokens = [cut(form) if len(form) <= max_characters else [] for form in forms]
    return pa.table([texts["text"], forms, tokens], schema=PREPARED)


def prepare_all(
    batches: Iterable[pa.RecordBatch], total: int, tokenizer: str, max_characters: int
) -> Iterator[pa.Table]:
    """Yield `prepare` of each batch, in order; with more than one batch, in a process per core.

    Raises:
        UserError: a process was killed, most likely for want of memory.
    """
    processes = min(len(os.sched_getaffinity(0)), -(-total // BATCH))
    if processes < 2:
        yield from (prepare(batch, tokenizer, max_characters) for batch in batches)
        return
    waiting: deque[Future[pa.Table]] = deque()
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_end_with_parent) as pool:
        try:
            for batch in batches:
                waiting.append(pool.submit(prepare, batch, tokenizer, max_characters))
                if len(waiting) > 2 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise UserError("A tokenising process was killed: is memory short? Run it again") from None


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
