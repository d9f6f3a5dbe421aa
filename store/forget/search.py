"""Search every file of a folder for content that was taken out: photo bytes, hashes, captions, addresses."""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from store.forget.content import Content
from store.schema import LEFT_OUT
from store.shard_reader import Shard

_PIECE = 2**22
_LONGEST = 2**14
"""Bytes. A caption is not longer than that."""
SHORT = 8  # characters
"""Shorter captions are looked for as whole values only: inside other text they would prove nothing."""
WORDS = frozenset(("labels", "exclude_labels", "tokens", "category", "categories", "vocabulary"))
"""Columns and JSON keys that hold words: one that is also a caption is not that caption."""


def search(directory: Path, content: Content) -> list[Path]:
    """Return the files at or below `directory`, hidden and undeclared ones too, that still hold `content`."""
    return [path for path in _files(directory) if _holds(path, content)]


def _files(directory: Path) -> list[Path]:
    """Return the files at or below `directory`, sorted; a folder that a link leads to belongs to it."""
    seen: set[tuple[int, int]] = set()
    found: list[Path] = []
    for folder, below, names in os.walk(directory, followlinks=True):
        place = Path(folder).stat()
        if (place.st_dev, place.st_ino) in seen:
            below.clear()  # links may lead in a circle
            continue
        seen.add((place.st_dev, place.st_ino))
        found += [path for path in (Path(folder, name) for name in names) if path.is_file()]
    return sorted(found)


def _holds(path: Path, content: Content) -> bool:
    if path.suffix == ".parquet":
        try:
            return _parquet_holds(path, content)
        except (pa.ArrowException, OSError):
            pass  # not a whole Parquet file: searched like any other
    if path.suffix == ".gz" and _gzip_holds(path, content):
        return True
    return _bytes_hold(path.read_bytes(), content) or any(
        value in content.texts or value in content.sha256s for value in _strings(path)
    )


def _parquet_holds(path: Path, content: Content) -> bool:
    with Shard(path) as shard:
        if shard.schema_arrow.names == LEFT_OUT.names:
            # Addresses are all that it holds; elsewhere one may stay, as that of what is denied now.
            return any(map(content.names, shard.read(["url"])["url"].to_pylist()))
        for group in range(shard.num_row_groups):
            for name, array in _leaves(shard.read_row_group(group)):
                wanted = pa.array(content.sha256s | (set() if name in WORDS else content.texts), pa.string())
                if pa.types.is_string(array.type) and pc.any(pc.is_in(array, wanted)).as_py():
                    return True
                if pa.types.is_binary(array.type) and any(_is_photo(value, content) for value in array):
                    return True
    return False


def _leaves(table: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    """Yield the columns of `table` as plain arrays, those inside lists and structs too, with their names."""
    waiting = [(name, table[name].combine_chunks()) for name in table.column_names]
    while waiting:
        name, array = waiting.pop()
        if pa.types.is_struct(array.type):
            waiting += zip((field.name for field in array.type), array.flatten(), strict=True)
        elif pa.types.is_list(array.type) or pa.types.is_fixed_size_list(array.type):
            waiting.append((name, array.flatten()))
        else:
            yield name, array


def _is_photo(value: pa.BinaryScalar, content: Content) -> bool:
    return (
        bool(content.sha256s)
        and value.is_valid
        and hashlib.sha256(value.as_py()).hexdigest() in content.sha256s
    )


def _bytes_hold(found: bytes, content: Content) -> bool:
    if hashlib.sha256(found).hexdigest() in content.sha256s:
        return True
    texts = (text for text in content.texts if len(text) >= SHORT)
    return any(value.encode() in found for value in (*content.sha256s, *texts))


def _gzip_holds(path: Path, content: Content) -> bool:
    """Tell it of what a gzip file unpacks to, a piece at a time: it may be large."""
    before = b""
    try:
        with gzip.open(path) as file:
            while piece := file.read(_PIECE):
                if _bytes_hold(before + piece, content):
                    return True
                before = piece[-_LONGEST:]
    except (OSError, EOFError, zlib.error):
        pass  # it is no gzip file, or a damaged one: searched as far as it goes
    return False


def _strings(path: Path) -> Iterator[str]:
    """Yield the strings in a JSON or JSON-lines file that may be captions; none of other files."""
    if path.suffix not in (".json", ".jsonl"):
        return
    text = path.read_text(errors="replace")
    for part in text.splitlines() if path.suffix == ".jsonl" else [text]:
        try:
            yield from _strings_in(json.loads(part))
        except (ValueError, RecursionError):
            continue


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for key, inner in value.items():
            if key not in WORDS:
                yield from _strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_in(inner)
