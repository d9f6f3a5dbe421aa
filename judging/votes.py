"""Votes as files: one for each vote, whole or not there, so that a kill loses the vote under way at most.

A file tells of itself what it holds: in its metadata stands a digest of its rows, so that one that was edited
is found; `judging.listed` tells of one that is gone. Where there are many small ones, one with all their
votes takes their place; of two votes of one judge on one pair the first counts, so whatever a kill leaves of
that, no vote is lost and none counts twice.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from judging.listed import editing
from store.errors import DamagedFile, UserError
from store.manifest import fingerprint
from store.schema import VOTES
from store.shard_reader import Shard, unreadable
from store.shards import read_schema, whole_parquet
from store.whole_file import remove_leftovers

UNFIT = -1
"""The choice of who finds a pair not fit for people."""
DIGEST = b"bokeru-votes"
TOGETHER = 200
"""So many files of single votes are made one."""
_REMEDY = "Put the file back as it was; where that cannot be, delete it: its votes are lost"


class RefusedVote(UserError):
    """A vote that does not count: its pair is not there, or its judge has voted on it."""


@dataclass(frozen=True)
class Vote:
    """What a judge chose.

    Args:
        pair: its key.
        judge: a number drawn at random.
        choice: the number of a caption, None for neither, UNFIT where the pair is not fit for people.
        left: the number of the caption that stood first.
        at: when, UTC.
    """

    pair: str
    judge: str
    choice: int | None
    left: int
    at: datetime


def read(directory: Path) -> list[Vote]:
    """Return the votes in a folder, the oldest first; of several by one judge on one pair, the first.

    Raises:
        DamagedFile: a file was cut or edited.
    """
    return _first(vote for path in _files(directory) for vote in read_file(path))


def _first(votes: Iterable[Vote]) -> list[Vote]:
    """Return the votes that count, the oldest first."""
    first: dict[tuple[str, str], Vote] = {}
    for vote in sorted(votes, key=lambda vote: (vote.at, vote.judge, vote.pair)):
        first.setdefault((vote.judge, vote.pair), vote)
    return list(first.values())


def read_file(path: Path) -> list[Vote]:
    """Return the votes of one file.

    Raises:
        DamagedFile: it was cut or edited.
    """
    written = (read_schema(path).metadata or {}).get(DIGEST, b"").decode()
    try:
        with Shard(path, VOTES) as shard:
            rows = shard.read(VOTES.names).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    votes = [Vote(**row) for row in rows]
    if written != digest(votes):
        raise DamagedFile(path, "its votes are not those that were written", _REMEDY)
    return votes


def write(path: Path, votes: Sequence[Vote]) -> str:
    """Write votes to a file, which appears whole; return their digest, for the list."""
    made = digest(votes)
    schema = VOTES.with_metadata({DIGEST: made})
    with whole_parquet(path, schema) as writer:
        writer.write_table(pa.Table.from_pylist([vars(vote) for vote in votes], schema))
    return made


def digest(votes: Iterable[Vote]) -> str:
    """Return what changes with any of the votes of a file."""
    rows: list[dict[str, Any]] = [{**vars(vote), "at": vote.at.isoformat()} for vote in votes]
    return fingerprint(rows)


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob("[!.]*.parquet"))


def rewrite(directory: Path, pairs: Iterable[str]) -> int:
    """Keep only the votes on some pairs; return how many files changed. It may be killed and repeated."""
    kept, changed = set(pairs), 0
    for path in _files(directory):
        votes = read_file(path)
        left = [vote for vote in votes if vote.pair in kept]
        if len(left) == len(votes):
            continue
        changed += 1
        with editing(directory) as files:
            files.pop(path.name, None)
        if not left:
            path.unlink()
            continue
        made = write(path, left)
        with editing(directory) as files:
            files[path.name] = made
    return changed


class Ballots:
    """The votes of one contest while it is open: appended by one process, by any of its threads.

    Args:
        directory: the folder of their files.
    """

    def __init__(self, directory: Path) -> None:
        self._directory, self._lock = directory, threading.Lock()
        remove_leftovers(directory)
        found = {path: read_file(path) for path in _files(directory)}
        with editing(directory) as files:  # a kill may have come between a vote and the list
            for path, votes in found.items():
                files.setdefault(path.name, digest(votes))
        self._cast: dict[str, dict[str, int | None]] = {}
        for vote in _first(vote for votes in found.values() for vote in votes):
            self._cast.setdefault(vote.judge, {})[vote.pair] = vote.choice

    def of(self, judge: str) -> dict[str, int | None]:
        """Return what a judge has chosen, by pair."""
        with self._lock:
            return dict(self._cast.get(judge, {}))

    def unfit(self, judges: int) -> set[str]:
        """Return the pairs that so many judges, or more, called not fit for people."""
        with self._lock:
            called = [
                pair for cast in self._cast.values() for pair, choice in cast.items() if choice == UNFIT
            ]
        return {pair for pair in set(called) if called.count(pair) >= judges}

    def append(self, pair: str, judge: str, choice: int | None, left: int) -> None:
        """Keep a vote: when this returns, it is on the disk.

        Raises:
            RefusedVote: the judge has voted on the pair.
            OSError: the disk is full, say; then there is no vote.
        """
        with self._lock:
            if pair in self._cast.get(judge, {}):
                raise RefusedVote(f"The judge has voted on the pair {pair}: each vote counts once")
            vote = Vote(pair, judge, choice, left, datetime.now(UTC))
            self._keep(vote)
            self._cast.setdefault(judge, {})[pair] = choice
            self._gather()

    def _keep(self, vote: Vote) -> None:
        """Write a file with one vote, and list it; where that cannot be, there is no file."""
        path = self._directory / f"{vote.at:%Y%m%dT%H%M%S%f}-{fingerprint(vote.judge, vote.pair)}.parquet"
        made = write(path, [vote])
        try:
            with editing(self._directory) as files:
                files[path.name] = made
        except (OSError, UserError):
            path.unlink()
            raise

    def _gather(self) -> None:
        """Put many single votes into one file, which is there before they go."""
        single = [path for path in _files(self._directory) if not path.stem.endswith("-together")]
        if len(single) < TOGETHER:
            return
        votes = [vote for path in single for vote in read_file(path)]
        together = self._directory / f"{single[0].stem}-together.parquet"
        made = write(together, votes)
        with editing(self._directory) as files:
            files[together.name] = made
            for path in single:
                files.pop(path.name, None)
        for path in single:
            path.unlink()
