"""Whether the files of a stage are whole: what is checked by the register alone, and what each stage adds."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import pyarrow as pa
from safetensors import safe_open

from store.errors import DamagedFile, UserError
from store.manifest import NAME as MANIFEST
from store.manifest import Entry, is_as_written, is_marked, is_of_0_1, listed, read_manifest
from store.photo.decode import decode
from store.photo.options import PhotoOptions, limited
from store.processes.cores import cores
from store.progress import Progress
from store.register import arrow_file
from store.register.kinds import FileKind, Format
from store.register.listed import replaced_names
from store.register.stages import Stage, Table
from store.shard_reader import Shard, unreadable
from store.shards import count_rows, read_schema, shard_paths
from store.text.settings import read_settings
from store.warc import read as warc
from store.whole_file import NO_FILE, read_json, read_whole


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in a line.

    Args:
        text: the file, what is wrong with it, and what the user does about it.
        damaged: a file is not as it was written; else files that are each whole contradict one another.
        is_notice: nothing is wrong, but something cannot be told.
    """

    text: str
    damaged: bool = True
    is_notice: bool = False

    def __str__(self) -> str:
        return self.text


Problems = Iterator[Problem]
Found = TypeVar("Found")


class StageVerify(Protocol):
    """What a stage adds to `check_files`; its module `verify` is its implementation.

    `commands/verify.py` calls the stages one after another, so that none needs to know of those after it.
    """

    def check(self, stage: Stage) -> Problems:
        """Yield what is wrong within one stage: in its files, and where they contradict one another."""

    def check_inputs(self, stage: Stage, *, everything: bool = False) -> Problems:
        """Yield where the stage does not fit what it was made from, as far as that is still there.

        Args:
            everything: compute all again of which otherwise a sample is enough.
        """


def check_files(stage: Stage, closer: Collection[str] = ()) -> Problems:
    """Yield which declared files of `stage` cannot be read to their end; tables are for `check_table`.

    Args:
        closer: names of files that the stage itself looks at more closely.
    """
    for kind, path in stage.files():
        if kind.name not in closer:
            yield from check_file(kind, path)


def check_file(kind: FileKind, path: Path) -> Problems:
    """Yield why a file cannot be read to its end as its format says; tables are for `check_table`."""
    read = READERS.get(kind.format)
    if read is None:
        return
    if path.exists() and not path.is_file():
        yield Problem(str(DamagedFile(path, NO_FILE)))
        return
    try:
        read(path)
    except DamagedFile as error:
        yield Problem(str(error))
    except Exception as error:  # each reader raises its own; all mean that the file is damaged
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        yield Problem(f"{path} is damaged: it cannot be read as {kind.format} ({reason})")


def check_manifest(
    stage: Stage, problem_of: Callable[[Entry, Path], str | None] = Entry.problem, what: str = "sums"
) -> Problems:
    """Yield where the manifest is not as it was written, or a file that it lists is missing or another one.

    A whole file that it does not list is new, and one that another replaces may be gone: a kill leaves both.

    Args:
        problem_of: says what is wrong with a listed file in a directory; by default every file is read.
        what: it looks at, for progress.
    """
    try:
        manifest = read_manifest(stage.directory)
        files = {} if manifest is None else listed(stage.directory, manifest)
    except DamagedFile as error:
        yield Problem(str(error))
        return
    if manifest is None and (shard := _marked_shard(stage)):
        yield Problem(
            f"{stage.directory / MANIFEST} is missing, though it was there before {shard.name} was: nobody "
            "can tell what else has changed. Put it back; else the next command that writes there lists what "
            "it finds"
        )
    elif manifest is None or is_of_0_1(manifest):
        yield from _notice(stage, len(files))
    elif manifest.get("stage") != WRITERS.get(stage.name, stage.name):
        yield Problem(f"{stage.directory / MANIFEST} is that of another stage: {manifest.get('stage')}")
    elif not is_as_written(manifest):
        yield Problem(f"{stage.directory / MANIFEST} is damaged: it was changed after it was written")
    replaced = replaced_names(stage)
    megabytes = sum(entry.bytes for entry in files.values()) // 10**6
    with (
        Progress(f"verify {stage.directory}: {what}", megabytes, "MB") as progress,
        ThreadPoolExecutor(cores()) as pool,
    ):
        problems = pool.map(lambda entry: problem_of(entry, stage.directory), files.values())
        done = 0
        for (name, entry), problem in zip(files.items(), problems, strict=True):
            done += entry.bytes
            progress.advance(done // 10**6 - progress.done)
            if problem and not (name in replaced and not (stage.directory / name).exists()):
                yield Problem(f"{stage.directory / name} {problem}")


WRITERS = {"run": "train"}
"""What a manifest calls the stage, where that is not the name of its folder."""


def _marked_shard(stage: Stage) -> Path | None:
    """Return a shard of a crawl or a cache that says that there was a manifest before it."""
    if stage.name not in ("crawl", "features"):
        return None
    for path in (path for table in stage.tables() for path in table.paths):
        with suppress(UserError):  # a damaged one is named where it is read
            if is_marked(read_schema(path)):
                return path
    return None


def _notice(stage: Stage, count: int) -> Problems:
    others = sum(kind.in_manifest for kind, _ in stage.files()) - count
    if others > 0:
        yield Problem(
            f"{stage.directory}: no manifest lists {others} of its files, as Bokeru 0.1 left them: nobody "
            "can tell whether they are as they were written",
            damaged=False,
            is_notice=True,
        )


def check_by(read: Callable[[Path], object], path: Path) -> Problems:
    """Yield what a reader that knows more of a file than its format says of it."""
    try:
        read(path)
    except DamagedFile as error:
        yield Problem(str(error))


def _read_value(path: Path) -> None:
    if not isinstance(read_json(path), dict | list):
        raise ValueError("neither an object nor a list")


def _read_lines(path: Path) -> None:
    lines = read_whole(path).splitlines()
    if not lines or not all(isinstance(json.loads(line), dict) for line in lines):
        raise ValueError("not an object a line")


def _read_mapping(path: Path) -> None:
    if not isinstance(read_settings(read_whole(path).decode()), dict):
        raise ValueError("no mapping")


def _read_text(path: Path) -> None:
    text = read_whole(path).decode()
    if not text or "\0" in text:  # what a disk leaves of a file that it lost
        raise ValueError("empty, or holds zero bytes")


def _read_picture(path: Path) -> None:
    with limited(PhotoOptions()):  # the limits are for photos, this is a drawing of ours
        decode(read_whole(path))


def _read_tensors(path: Path) -> None:
    with safe_open(path, framework="numpy") as tensors:
        for name in tensors.keys():  # noqa: SIM118 - it is not a mapping
            tensors.get_tensor(name)


READERS: dict[Format, Callable[[Path], object]] = {
    "arrow": arrow_file.check,
    "warc": warc.check,
    "json": _read_value,
    "jsonl": _read_lines,
    "yaml": _read_mapping,
    "text": _read_text,
    "picture": _read_picture,
    "safetensors": _read_tensors,
}
"""How a file of each format is read to its end."""


def check_table(
    table: Table, check_rows: Callable[[Path, pa.Table], Iterator[Found]]
) -> Iterator[Problem | Found]:
    """Yield what is wrong with the shards of `table`, and what `check_rows` finds in each row group.

    Every page is read, and its checksum compared.
    """
    for path in table.paths:
        try:
            shard_paths(path.parent, table.columns, path.name)
            with Shard(path, table.columns) as shard:
                for group in range(shard.num_row_groups):
                    yield from check_rows(path, shard.read_row_group(group))
        except DamagedFile as error:
            yield Problem(str(error))
        except (pa.ArrowException, OSError) as error:
            yield Problem(str(unreadable(path, error)))


def rows_of(tables: Iterable[Table]) -> int:
    """Return how many rows tables have, as far as their files can be read: for progress."""
    return count_rows(path for table in tables for path in table.paths)
