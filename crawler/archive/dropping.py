"""Takes records out of the archive: those of pages that show what is forgotten, or that opt out after all."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from crawler.archive.answers import KINDS, Unreadable, decode
from crawler.archive.index import damaged
from crawler.items import Answer
from store.warc.read import DamagedArchive, read_records
from store.whole_file import whole_file


def drop_records(
    path: Path, is_dropped: Callable[[Answer], bool], before: Callable[[Path], object] = lambda path: None
) -> bool:
    """Write a file of the archive again without some records, if there are any; tell whether there were.

    A record that cannot be read goes, too: nobody can say what it shows.

    Args:
        before: is called with the path before the file is written.

    Raises:
        DamagedFile: the file cannot be read to its end.
    """
    offsets, dropped = [], set[int]()
    try:
        for record in read_records(path, KINDS):
            offsets.append(record.offset)
            if record.kind in KINDS:
                answer = decode(record)
                if isinstance(answer, Unreadable) or is_dropped(answer):
                    dropped.add(record.offset)
    except DamagedArchive as error:
        raise damaged(path, error) from error
    if dropped:
        before(path)
        _copy(path, [span for span in pairwise([*offsets, path.stat().st_size]) if span[0] not in dropped])
    return bool(dropped)


def _copy(path: Path, spans: list[tuple[int, int]]) -> None:
    """Keep these spans of a file, from and to which byte: each record is a gzip member."""
    with path.open("rb") as source, whole_file(path) as temporary, temporary.open("wb") as target:
        for start, end in spans:
            source.seek(start)
            while piece := source.read(min(2**20, end - source.tell())):
                target.write(piece)
