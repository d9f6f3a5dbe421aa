"""Takes forgotten content out of any file that the register knows, by its format and its columns' names.

An Arrow file goes as a whole: it is derived from other files, and made again.

So a new kind of table or JSON file that holds sha256s, captions or numbers of odai and boke needs no code.
"""

import json
import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.errors import DamagedFile
from store.forget.content import Content
from store.forget.telling import can_tell, may_name, may_tell
from store.forget.values import WORDS, belongs, numbers, without
from store.register import arrow_file
from store.register.kinds import FileKind
from store.register.listed import unlist
from store.register.stages import Stage
from store.shard_reader import Shard, unreadable
from store.shards import read_schema, whole_parquet
from store.whole_file import read_json, read_whole, write_json, write_whole

_KEYS = ("sha256", "url", "text", "text_nfkc", "phash")
"""What names of columns end with whose values are whole: one is forgotten, or has none of it."""
Rewrite = Callable[[], None]
"""Writes a file again without the content."""


def forget(stage: Stage, content: Content, own: Collection[str] = ()) -> int:
    """Rewrite the stage's files that may hold content; return how many changed.

    Args:
        own: names of kinds that the stage sees to itself.
    """
    look = {"parquet": _table, "arrow": _arrow, "json": _json, "jsonl": _lines}
    files = [(kind, path) for kind, path in stage.files() if _may_hold(kind, own) and kind.format in look]
    changed = 0
    for kind, path in files:
        if write := look[kind.format](path, content):
            unlist(stage, [path])  # the manifest knows it again once `list_files` was called
            write()
            changed += 1
    return changed


def _may_hold(kind: FileKind, own: Collection[str]) -> bool:
    return kind.content and kind.name not in own


def _json(path: Path, content: Content) -> Rewrite | None:
    try:
        value = read_json(path)
    except DamagedFile:
        return None  # the search at the end looks into it as plain bytes
    kept = without(value, content)
    return None if kept == value else partial(write_json, path, kept)


def _lines(path: Path, content: Content) -> Rewrite | None:
    """Take whole lines out that belong to it; one that is no JSON, the last of a killed writer, stays."""
    lines = re.findall("[^\n]*\n|[^\n]+$", read_whole(path).decode(errors="surrogateescape"))
    kept = [line for each in lines if (line := _line(each, content)) is not None]
    return None if kept == lines else partial(_write_lines, path, kept)


def _write_lines(path: Path, lines: list[str]) -> None:
    write_whole(path, "".join(lines).encode(errors="surrogateescape"))


def _line(line: str, content: Content) -> str | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if belongs(value, content):
        return None
    kept = without(value, content)
    return line if kept == value else json.dumps(kept, ensure_ascii=False) + "\n"


def _table(path: Path, content: Content) -> Rewrite | None:
    read_schema(path)  # it says of a damaged file that it is one
    with Shard(path) as shard:
        telling = [field.name for field in shard.schema_arrow if _may_tell(field.type)]
        holds = any(
            _without(rows, content) is not rows
            for groups in shard.together()
            for rows in [_read(path, shard, groups, telling)]
        )
    return partial(_write_table, path, content) if holds else None


def _write_table(path: Path, content: Content) -> None:
    with Shard(path) as shard, whole_parquet(path, schema := shard.schema_arrow) as writer:
        for group in range(shard.num_row_groups):
            writer.write_table(_without(_read(path, shard, [group]), content).cast(schema))


def _arrow(path: Path, content: Content) -> Rewrite | None:
    try:
        groups = (pa.Table.from_batches([batch]) for batch in arrow_file.mapped(path).to_batches())
        holds = any(_without(group, content) is not group for group in groups)
    except DamagedFile:
        holds = True  # nobody can tell
    return path.unlink if holds else None


def _may_tell(kind: pa.DataType) -> bool:
    """Tell whether a column may tell what a row is of: no vectors and no bytes."""
    return not (pa.types.is_fixed_size_list(kind) or pa.types.is_binary(kind) or pa.types.is_floating(kind))


def _read(path: Path, shard: Shard, groups: list[int], columns: list[str] | None = None) -> pa.Table:
    try:
        return shard.read_row_groups(groups, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _without(group: pa.Table, content: Content) -> pa.Table:
    """Return rows without the content; the same table where they have none of it."""
    gone = pa.repeat(False, len(group))
    for name in group.column_names:
        if (found := _matches(name, group[name].combine_chunks(), content)) is not None:
            gone = pc.or_(gone, found)
    kept = group.filter(pc.invert(gone)) if pc.any(gone).as_py() else group
    for place, name in enumerate(kept.column_names):
        column = kept[name].combine_chunks()
        if name.endswith(_KEYS) or not _is_redactable(column.type) or not can_tell(name, column.type):
            continue
        redacted = _redacted(name, column, content)
        if redacted is not column:
            kept = kept.set_column(place, group.schema.field(name), redacted)
    return kept


def _redacted(name: str, column: pa.Array, content: Content) -> pa.Array:
    """Return a column with its values `without` the content; the same one where none has any."""
    if pa.types.is_string(column.type):
        chosen = np.flatnonzero(may_tell(column, content).to_numpy(zero_copy_only=False))
    else:
        chosen = np.arange(len(column))
    values = column.take(pa.array(chosen)).to_pylist()
    redacted = [without({name: value}, content)[name] for value in values]
    if redacted == values:
        return column
    everything = column.to_pylist()
    for row, value in zip(chosen.tolist(), redacted, strict=True):
        everything[row] = value
    return pa.array(everything, column.type)


def _matches(name: str, column: pa.Array, content: Content) -> pa.Array | None:
    """Return which rows belong to the content by a column of their own; None if it tells nothing."""
    kind = column.type
    if pa.types.is_string(kind) and name.endswith("url"):
        urls = column.filter(may_name(column, content)).unique().to_pylist()
        wanted = pa.array([url for url in urls if content.names(url)], kind)
    elif pa.types.is_string(kind) and name not in WORDS:
        wanted = pa.array(content.digests | content.texts, kind)
    elif pa.types.is_integer(kind) and (listed := numbers(name, content)):
        # Not the numbers to the column's type, where a large one would become another's.
        return pc.is_in(column.cast(pa.int64(), safe=False), pa.array(listed, pa.int64()))
    else:
        return None
    return pc.is_in(column, wanted)


def _is_redactable(kind: pa.DataType) -> bool:
    """Tell whether values may be free text, or objects of several values; vectors and bytes are not."""
    types = pa.types
    if types.is_list(kind):
        return not types.is_floating(kind.value_type)
    return bool(types.is_string(kind) or types.is_struct(kind))
