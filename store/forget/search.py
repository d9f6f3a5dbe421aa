"""Search every file of a folder for content that was taken out: by its name, and by what it holds."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from store.errors import DamagedFile
from store.forget.content import Content
from store.forget.needles import Needles
from store.forget.telling import may_name, quotes
from store.forget.values import WORDS
from store.register import arrow_file
from store.schema import LEFT_OUT
from store.shard_reader import Shard

_CAPTIONS = ("text", "text_nfkc")
"""Columns of captions, each a whole value: that another boke quotes one proves nothing."""
_PICTURES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".bmp", ".svg", ".mpo", ".jfif"))


def search(directory: Path, content: Content, except_for: Iterable[Path] = ()) -> list[Path]:
    """Return the files and folders below `directory`, hidden and undeclared ones too, that hold `content`.

    Args:
        except_for: files that may hold it, such as the list of what is looked for.
    """
    folders, paths = walk(directory)
    found = [path for path in folders if _is_named(path, content)]
    passed = set(except_for)
    return sorted(found + search_files([path for path in paths if path not in passed], content))


def search_files(paths: Iterable[Path], content: Content) -> list[Path]:
    """Return those of the files that hold content, or are named by it."""
    needles = Needles(content)
    return [path for path in paths if _is_named(path, content) or _holds(path, content, needles)]


def texts_in(paths: Iterable[Path], content: Content) -> set[str]:
    """Return the texts of `content` that some of the files hold: those that still have to be looked for."""
    files = [path for path in paths if path.is_file()]
    each = {text: Content(texts={text}, quoted=content.quoted) for text in content.texts}
    return {text for text, alone in each.items() if search_files(files, alone)}


def walk(directory: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders and the files below `directory`, sorted; what a link leads to belongs to it."""
    seen: set[tuple[int, int]] = set()
    folders: list[Path] = []
    files: list[Path] = []
    for folder, below, names in os.walk(directory, followlinks=True):
        place = Path(folder).stat()
        if (place.st_dev, place.st_ino) in seen:
            below.clear()  # links may lead in a circle
            continue
        seen.add((place.st_dev, place.st_ino))
        folders += [Path(folder, name) for name in below]
        files += [
            path for path in (Path(folder, name) for name in names) if path.is_file() or path.is_symlink()
        ]
    return sorted(folders), sorted(files)


def _is_named(path: Path, content: Content) -> bool:
    """Tell whether a name tells a photo, an odai or a boke; a number alone tells an odai's picture."""
    name = path.name
    if any(secret in name for secret in (*content.digests, *content.keys, *content.phrases)):
        return True
    for kind, number in re.findall(r"(odai|boke)[-_ =]?(\d{1,18})(?!\d)", name.lower()):
        if int(number) in (content.odai_ids if kind == "odai" else content.boke_ids):
            return True
    stem = path.stem
    is_number = path.suffix.lower() in _PICTURES and stem.isascii() and stem.isdecimal() and len(stem) < 19
    return is_number and int(stem) in content.odai_ids


def _holds(path: Path, content: Content, needles: Needles) -> bool:
    if not path.is_file():
        return False  # a link that leads nowhere
    if path.suffix == ".parquet":
        try:
            return _parquet_holds(path, content, needles)
        except (pa.ArrowException, OSError):
            pass  # not a whole Parquet file: searched like any other
    if path.suffix == arrow_file.SUFFIX:
        try:
            return _arrow_holds(path, content, needles)
        except DamagedFile:
            pass
    return needles.are_in(path)


def _parquet_holds(path: Path, content: Content, needles: Needles) -> bool:
    with Shard(path) as shard:
        schema = shard.schema_arrow
        if schema.names == LEFT_OUT.names:
            # Addresses are all that it holds; elsewhere one may stay, as that of what is denied now.
            urls = shard.read(["url"])["url"].combine_chunks()
            return any(map(content.names, urls.filter(may_name(urls, content)).to_pylist()))
        kinds = {field.name: _kinds(field.type) for field in schema}
        # A photo's bytes take memory, so that one row group of them is read at a time; vectors tell nothing.
        photos = [name for name, kind in kinds.items() if "bytes" in kind]
        texts = [name for name, kind in kinds.items() if kind == {"text"}]
        return any(
            _column_holds(name, array, content, needles)
            for columns, runs in (
                (texts, shard.together()),
                (photos, ([group] for group in range(shard.num_row_groups))),
            )
            if columns
            for groups in runs
            for name, array in _leaves(shard.read_row_groups(groups, columns=columns))
        )


def _arrow_holds(path: Path, content: Content, needles: Needles) -> bool:
    return any(
        _column_holds(name, array, content, needles)
        for batch in arrow_file.mapped(path).to_batches()
        for name, array in _leaves(pa.Table.from_batches([batch]))
    )


def _kinds(kind: pa.DataType) -> set[str]:
    """Return what values of a type hold: text, bytes, both or neither."""
    if pa.types.is_nested(kind):
        return {each for number in range(kind.num_fields) for each in _kinds(kind.field(number).type)}
    if pa.types.is_string(kind):
        return {"text"}
    return {"bytes"} if pa.types.is_binary(kind) else set()


def _column_holds(name: str, array: pa.Array, content: Content, needles: Needles) -> bool:
    if pa.types.is_binary(array.type):
        return bool(content.digests) and any(needles.is_photo(one.as_buffer()) for one in array.drop_null())
    if not pa.types.is_string(array.type):
        return False
    wanted = pa.array(content.digests | (set() if name in WORDS else content.texts), pa.string())
    if pc.any(pc.is_in(array, wanted)).as_py():
        return True
    if name in _CAPTIONS or name in WORDS:
        return False
    return bool(pc.any(quotes(array, content.digests | content.phrases)).as_py())


def _leaves(table: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    """Yield the columns of `table` as plain arrays, those inside lists and structs too, with their names."""
    waiting = [(name, table[name].combine_chunks()) for name in table.column_names]
    while waiting:
        name, array = waiting.pop()
        if pa.types.is_struct(array.type):
            waiting += zip((field.name for field in array.type), array.flatten(), strict=True)
        elif pa.types.is_map(array.type):
            waiting += [(name, array.keys), (name, array.items)]
        elif pa.types.is_list(array.type) or pa.types.is_fixed_size_list(array.type):
            waiting.append((name, array.flatten()))
        else:
            yield name, array
