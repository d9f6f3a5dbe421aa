"""Mirrors a crawl: every whole shard is copied to an object store, or to another folder."""

import secrets
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileInfo, FileSelector, FileSystem

from store.addresses import without_password
from store.errors import TooLittleRoom, UserError, is_full
from store.forget.forgotten import NAME as FORGOTTEN
from store.forget.forgotten import Forgotten
from store.progress import Progress
from store.register.kinds import KINDS
from store.register.listed import begin_list
from store.register.stages import Stage
from store.replacing.files import all_replaced, remove_replaced
from store.warc import read as warc
from store.whole_file import TEMPORARY, whole_file

_MIRRORED = [kind for kind in KINDS if kind.mirrored]
_FOLDERS = [kind.name for kind in _MIRRORED if "*" in kind.name]
"""Patterns of the files in folders: tables and the archive."""
_BESIDE = {kind.name: kind.stage for kind in _MIRRORED if "*" not in kind.name}
"""Files beside the shards that another machine needs, and whose they are. On the mirror all lie at its root;
here the pipeline's own lie beside the crawl's folder."""
_PIECE = 2**20


class Mirror:
    """Copies files between a crawl's folder and its mirror, each whole or not at all; not thread-safe.

    Files are known by their names and sizes: no name of a shard is used twice, and only `bokeru forget`
    writes a shard again. Where both sides have a file, the one here counts; what is written anew under its
    name while a crawl runs, such as its history, is sent whatever its size. What a file
    replaces goes from both sides once that file is there: see `store.replacing.files`.

    Args:
        address: of a folder, as pyarrow's `FileSystem.from_uri` takes it: s3://bucket/prefix, file:///folder.
        directory: `data/<pipeline>/crawl`.

    Raises:
        UserError: from any method; the mirror cannot be reached, read or written. Nothing here is lost.
    """

    def __init__(self, address: str, directory: Path) -> None:
        self._address = without_password(address.partition("?")[0])
        self._directory = directory
        with self._explaining("it cannot be used"):
            self._files, root = FileSystem.from_uri(address)
        self._root = root.rstrip("/")
        # One thread: shards are sent in the order in which they were committed, and the crawl does not wait.
        self._thread = ThreadPoolExecutor(1)
        self._under_way: deque[Future[None]] = deque()
        self._has_failed = False

    def differs(self) -> bool:
        """Tell whether one side has a file that the other lacks, or one that another replaces."""
        return any(self._differences())

    def synchronise(self) -> None:
        """Fetch what only the mirror has, then send what it lacks; what a kill left half-sent is removed."""
        self._remove_leftovers()
        # Before anything is fetched: what another machine forgot must not come from the mirror.
        has_changed = self._join_forget_lists()
        to_fetch, to_send, replaced = self._differences()
        if not (to_fetch or to_send or replaced or has_changed):
            return
        with Progress("mirror", len(to_fetch) + len(to_send), "files") as progress:
            if to_fetch:
                begin_list(Stage("crawl", self._directory))  # it stays here, and shards may tell of theirs
            for name in to_fetch:
                self._fetch(name)
                progress.advance()
            if to_fetch or has_changed:
                self._forget_here()
            for pattern in _FOLDERS:
                remove_replaced(self._directory.glob(_visible(pattern)))
            _, to_send, replaced = self._differences()
            for name in to_send:
                self._send(name)
                progress.advance()
        self._remove(replaced)

    def remove(self, path: Path) -> None:
        """Delete a file from the mirror that is gone here."""
        name = path.relative_to(self._directory).as_posix()
        self._remove([name] if name in self._there() else [])

    def send(self, shard: Path) -> None:
        """Copy a new shard to the mirror while the crawl goes on; `check` raises if that failed."""
        if not self._has_failed:
            name = shard.relative_to(self._directory).as_posix()
            self._under_way.append(self._thread.submit(self._send, name))

    def check(self, *, wait: bool = False) -> None:
        """Raise the first error of the copies that ended so far; with `wait`, of all copies."""
        try:
            while self._under_way and (wait or self._under_way[0].done()):
                self._under_way.popleft().result()
        except UserError:
            self._has_failed = True  # what is left is sent at the next start
            self._abandon()
            raise

    def _abandon(self) -> None:
        """Cancel the copies that have not started, and wait for the one that has."""
        while self._under_way:
            copy = self._under_way.pop()
            if not copy.cancel():
                with suppress(UserError):
                    copy.result()

    def _differences(self) -> tuple[list[str], list[str], list[str]]:
        """Return the names of the files to fetch, to send, and of those there that others replace."""
        here, there, replaced = self._here(), self._there(), self._replaced()
        to_fetch = [name for name in there if name not in here and name not in replaced]
        to_send = [name for name, size in here.items() if there.get(name) != size and name not in replaced]
        return to_fetch, to_send, [name for name in there if name in replaced]

    def _replaced(self) -> set[str]:
        """Return the names of the files that others, which are here, replace."""
        folders = (self._directory.glob(_visible(pattern)) for pattern in _FOLDERS)
        paths = (path for folder in folders for path in all_replaced(folder))
        return {path.relative_to(self._directory).as_posix() for path in paths}

    def _forget_here(self) -> None:
        """Let nothing that is on the forget list come from another machine, or go there from here."""
        # Here, since they load DuckDB, which a crawl without a mirror need not.
        from crawler.forget import forget
        from store.forget.content import Content

        if forgotten := Forgotten.load(self._directory.parent).filter():
            forget(Stage("crawl", self._directory), Content(), forgotten)

    def _remove(self, names: Iterable[str]) -> None:
        with self._explaining("what newer files replace cannot be removed"):
            for name in names:
                self._files.delete_file(f"{self._root}/{name}")

    def _here(self) -> dict[str, int]:
        """Return the sizes of the files here by their names on the mirror."""
        shards = [path for pattern in _FOLDERS for path in self._directory.glob(_visible(pattern))]
        found = {path.relative_to(self._directory).as_posix(): path for path in sorted(shards)}
        found |= {name: self._local(name) for name in _BESIDE if self._local(name).exists()}
        return {name: path.stat().st_size for name, path in found.items()}

    def _there(self) -> dict[str, int]:
        """Return the same of the files on the mirror."""
        with self._explaining("it cannot be read"):
            found = self._files.get_file_info([f"{self._root}/{name}" for name in _BESIDE])
            found += self._in_folders()
        files = {info.path.removeprefix(f"{self._root}/"): info for info in found if info.is_file}
        return {
            name: info.size
            for name, info in sorted(files.items())
            if name in _BESIDE or any(fnmatchcase(name, _visible(pattern)) for pattern in _FOLDERS)
        }

    def _in_folders(self) -> list[FileInfo]:
        names = [pattern.rpartition("/")[0] for pattern in _FOLDERS]
        folders = [FileSelector(f"{self._root}/{name}", allow_not_found=True) for name in names]
        return [info for folder in folders for info in self._files.get_file_info(folder)]

    def _remove_leftovers(self) -> None:
        """Remove files that never got their name: nobody else writes to this crawl's mirror."""
        with self._explaining("what a kill left there cannot be removed"):
            for info in self._in_folders():
                if info.base_name.startswith(TEMPORARY):
                    self._files.delete_file(info.path)

    def _join_forget_lists(self) -> bool:
        """Let the list here hold what the mirror's does: what one machine forgot stays out of all.

        Returns whether the list here lacked some of it.
        """
        address, pipeline = f"{self._root}/{FORGOTTEN}", self._directory.parent
        with self._explaining(f"{FORGOTTEN} cannot be read"):
            if not self._files.get_file_info(address).is_file or not self._local(FORGOTTEN).exists():
                return False
            with self._files.open_input_stream(address) as file:
                there = Forgotten.parse(file.read(), Path(address))
        here = Forgotten.load(pipeline)
        lacks = there.digests() - here.digests()
        here.join(there)
        if lacks:
            here.save(pipeline)
        return bool(lacks)

    def _local(self, name: str) -> Path:
        return (self._directory.parent if _BESIDE.get(name) == "pipeline" else self._directory) / name

    def _fetch(self, name: str) -> None:
        path = self._local(name)
        with self._explaining(f"{name} cannot be copied from there"), whole_file(path) as temporary:
            with (
                self._files.open_input_stream(f"{self._root}/{name}", compression=None) as source,
                temporary.open("wb") as file,
            ):
                shutil.copyfileobj(source, file, _PIECE)
            if path.suffix == ".parquet":
                pq.read_schema(temporary)  # one that is cut short there shall not get its name here
            elif path.name.endswith(".warc.gz"):
                warc.check(temporary)

    def _send(self, name: str) -> None:
        """Copy a file under a temporary name, then rename it: closing a broken copy would publish it."""
        folder, _, base = f"{self._root}/{name}".rpartition("/")
        # Without `compression=None` pyarrow would compress by the name: a .gz twice.
        temporary = f"{folder}/{TEMPORARY}{secrets.token_hex(4)}-{base}"
        with self._explaining(f"{name} cannot be copied there"):
            try:
                self._files.create_dir(folder, recursive=True)
                file = self._local(name).open("rb")
                with file, self._files.open_output_stream(temporary, compression=None) as target:
                    shutil.copyfileobj(file, target, _PIECE)
                self._files.move(temporary, f"{folder}/{base}")
            except BaseException:
                with suppress(OSError, pa.ArrowException):
                    self._files.delete_file(temporary)
                raise

    @contextmanager
    def _explaining(self, what: str) -> Iterator[None]:
        """Turn what the file system raises into a UserError: what could not be done, and what to do."""
        try:
            yield
        except (OSError, pa.ArrowException, warc.DamagedArchive) as error:
            reason = without_password((str(error).splitlines() or [type(error).__name__])[0]).rstrip(".")
            kind = TooLittleRoom if isinstance(error, OSError) and is_full(error) else UserError
            raise kind(
                f"crawl.mirror {self._address}: {what} ({reason}). What was fetched is kept in "
                f"{self._directory}. Mend that and crawl again: the mirror gets what it lacks"
            ) from error


def _visible(pattern: str) -> str:
    """Return the pattern of a folder's files that have their names: temporary ones start with a dot."""
    folder, _, name = pattern.rpartition("/")
    return f"{folder}/[!.]{name}"


def mirror_of(address: str | None, directory: Path) -> Mirror | None:
    """Return the mirror of a crawl, None where `crawl.mirror` names none."""
    return Mirror(address, directory) if address else None
