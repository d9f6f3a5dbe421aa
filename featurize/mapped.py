"""The vectors of a cache in one file beside its shards, mapped into memory: all processes share its pages.

R rows of all shards, N photos that have a vector, D values in a vector, n rows of a batch.
"""

import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import BinaryIO
from weakref import WeakValueDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.lib import format as npy

from featurize.cache import batches
from store.errors import DamagedFile
from store.manifest import fingerprint
from store.shard_reader import READABLE, plain
from store.shards import read_schema
from store.whole_file import whole_file

PATTERN = ".mapped-*.npy"
"""Names of such files, in the cache's folder. They are derived from the shards, and made again when these
change."""
FORMAT = 1
ROWS = 4096
"""Rows of a shard in memory at once."""
WIDTH = 64
"""Bytes of a photo's sha256 in hexadecimal; longer names take a multiple of it."""
RESERVE = 10**9
"""Bytes that stay free on the disk: what can be made again must not fill it."""
log = logging.getLogger(__name__)
_maps: WeakValueDictionary[Path, np.ndarray] = WeakValueDictionary()
"""What this process has mapped and still uses: a file that is mapped twice counts twice as its memory."""


@dataclass(frozen=True)
class Mapped:
    """What is in the file, one array after another, each as `np.save` writes it.

    Attributes:
        values: (R, D) float32, or float16 where all shards have that; zeros where a photo has no vector.
        names: (N,) bytes, the sha256s in ascending order, each once.
        rows: (N,) int64, the row of `values` of each.
    """

    values: np.ndarray
    names: np.ndarray
    rows: np.ndarray


def mapped(directory: Path, paths: Sequence[Path]) -> Mapped:
    """Return the vectors of a cache; the file is made where it is missing or older than the shards.

    Where it cannot be kept (a folder that cannot be written to, a full disk) they are read into memory,
    and a warning says so.

    Args:
        directory: a cache, `features/<key>`.
        paths: its shards, at least one.

    Raises:
        DamagedFile: a shard cannot be read, or holds vectors of another length than the first.
    """
    path = directory / PATTERN.replace("*", _version(paths))
    try:
        return _open(path)
    except BROKEN:
        pass  # not there, cut short, or changed
    try:
        _make(path, paths)
        return _open(path)
    except OSError as error:
        reason = error.strerror or error
        log.warning(
            "%s: its vectors are read into memory, as no file of them can be kept (%s)", directory, reason
        )
        return _in_memory(paths)


BROKEN = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError),
    *(SyntaxError, TokenError),
)
"""What NumPy raises for a .npy file that is not there, or whose header is not one: Python's own tokenizer and
parser read that."""


def remove(directory: Path, but: Path | None = None) -> None:
    """Delete these files of a cache, but for one: those who have mapped them keep what they have."""
    for path in directory.glob(PATTERN):
        if path != but:
            path.unlink(missing_ok=True)


def packed(names: pa.Array) -> np.ndarray:
    """Return strings (N,) as bytes of one width, without a Python object for each."""
    lengths = pc.max(pc.binary_length(names)).as_py() or 0
    width = max(1, -(-lengths // WIDTH)) * WIDTH
    padded = pc.ascii_rpad(names.cast(pa.large_string()), width, padding="\0")
    return np.frombuffer(
        padded.buffers()[2] or b"", np.dtype(("S", width)), len(padded), padded.offset * width
    )


def _version(paths: Sequence[Path]) -> str:
    """Return what tells these shards from others; `forget` writes a shard again under its name."""
    found = [(path.name, path.stat()) for path in paths]
    return fingerprint(FORMAT, [[name, stat.st_size, stat.st_mtime_ns] for name, stat in found])


def _open(path: Path) -> Mapped:
    """Map a file.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is not whole.
    """
    with path.open("rb") as file:
        npy.read_magic(file)
        shape, _, dtype = npy.read_array_header_1_0(file)
        start = file.tell()
        file.seek(start + shape[0] * shape[1] * dtype.itemsize)
        names, rows = (npy.read_array(file, allow_pickle=False) for _ in range(2))
        if file.read(1):
            raise ValueError(f"{path} goes on after its end")
    if not shape[0] * shape[1]:  # nothing cannot be mapped
        return Mapped(np.zeros(shape, dtype), names, rows)
    values = _maps.get(path)
    if values is None:
        # As a plain array: NumPy's class for maps makes every selection slower.
        values = _maps[path] = np.asarray(np.memmap(path, dtype, "r", start, shape))
    return Mapped(values, names, rows)


def _make(path: Path, paths: Sequence[Path]) -> None:
    """Write the file, whole or not at all, and delete its predecessors.

    Raises:
        OSError: it cannot be written, or the disk would be full; `errno` may be unset.
    """
    shape, dtype = _shape(paths)
    size, free = shape[0] * shape[1] * dtype.itemsize, shutil.disk_usage(path.parent).free
    if free < size + RESERVE:
        raise OSError(f"it would take {size / 10**9:.3g} GB, and the disk has {free / 10**9:.3g} GB free")
    with whole_file(path) as temporary, temporary.open("wb") as file:
        npy.write_array_header_1_0(
            file, {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        )
        names = [
            _written(file, block.astype(dtype, copy=False), found) for found, block in blocks(paths, shape[1])
        ]
        for array in _sorted(names):
            npy.write_array(file, array, allow_pickle=False)
    # Only now, as it takes its name after seconds of fsync, and `forget` deletes what has one.
    if not _is_of(path, paths):
        path.unlink(missing_ok=True)
        raise OSError("the shards changed meanwhile")  # by `forget`, say: what is gone must not come back
    remove(path.parent, but=path)


def _is_of(path: Path, paths: Sequence[Path]) -> bool:
    try:
        return path.name == PATTERN.replace("*", _version(paths))
    except FileNotFoundError:
        return False


def _written(file: BinaryIO, block: np.ndarray, names: pa.Array) -> pa.Array:
    file.write(np.ascontiguousarray(block).data)
    return names


def _in_memory(paths: Sequence[Path]) -> Mapped:
    shape, dtype = _shape(paths)
    values, names, start = np.zeros(shape, dtype), [], 0
    for found, block in blocks(paths, shape[1]):
        values[start : start + len(block)] = block
        names.append(found)
        start += len(block)
    return Mapped(values, *_sorted(names))


def _sorted(names: Sequence[pa.Array]) -> tuple[np.ndarray, np.ndarray]:
    """Return the photos (N,) in ascending order, and the row of each: the last, where it has several."""
    together = pa.concat_arrays([pa.array([], pa.string()), *names])  # (R,) null where there is no vector
    rows = np.flatnonzero(together.is_valid().to_numpy(zero_copy_only=False))
    found = packed(together.drop_null())
    order = np.argsort(found, kind="stable")
    found, rows = found[order], rows[order]
    last = np.r_[found[1:] != found[:-1], np.ones(min(1, len(found)), bool)]
    return found[last], rows[last].astype(np.int64)


def _shape(paths: Sequence[Path]) -> tuple[tuple[int, int], np.dtype]:
    """Return the shape (R, D) of all vectors of the shards, and what their values are."""
    length, rows, halves = dimensions(paths[0]), 0, True
    for path in paths:
        if (other := dimensions(path)) != length:
            raise DamagedFile(path, f"its vectors have {other} values, those of other shards {length}")
        rows += pq.read_metadata(path).num_rows
        halves &= pa.types.is_float16(plain(read_schema(path).field("vector").type).value_type)
    return (rows, length), np.dtype(np.float16 if halves else np.float32)


def blocks(paths: Sequence[Path], length: int) -> Iterator[tuple[pa.Array, np.ndarray]]:
    """Yield the sha256s (n,) of some rows, null where there is no vector, and their vectors (n, D)."""
    for path in paths:
        for batch in batches(path, ["sha256", "vector"], ROWS):
            valid = batch["vector"].is_valid()
            # (n * D,) to (n, D): the flat values are the column's own buffer, so nothing is copied.
            values = batch["vector"].flatten().to_numpy(zero_copy_only=False).reshape(-1, length)
            if len(values) < len(batch):  # those that are null are not among the flat ones
                block = np.zeros((len(batch), length), values.dtype)
                block[valid.to_numpy(zero_copy_only=False)] = values
                values = block
            yield pc.if_else(valid, batch["sha256"].cast(pa.string()), None), values


def dimensions(path: Path) -> int:
    """Return D of one shard of a cache.

    Raises:
        DamagedFile: it is not a shard of a cache.
    """
    schema = read_schema(path)
    if "sha256" not in schema.names or "vector" not in schema.names:
        raise DamagedFile(path, f"not a shard of vectors; its columns are {', '.join(schema.names)}")
    kind = plain(schema.field("vector").type)
    if pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        return _length(path)  # a tool that knows no lists of a fixed size has written it anew
    if not pa.types.is_fixed_size_list(kind) or not pa.types.is_floating(kind.value_type):
        raise DamagedFile(path, f"its vectors are {kind}, not a fixed number of floats", READABLE)
    return int(kind.list_size)


def _length(path: Path) -> int:
    """Return the number of values of all vectors in a shard.

    Raises:
        DamagedFile: they have different numbers.
    """
    found: set[int] = set()
    for batch in batches(path, ["vector"], ROWS):
        found.update(pc.unique(pc.list_value_length(batch["vector"]).drop_null()).to_pylist())
    if len(found) > 1:
        numbers = " and ".join(map(str, sorted(found)[:2]))
        raise DamagedFile(path, f"its vectors have {numbers} values, not all the same", READABLE)
    return max(found, default=0)
