"""Votes as files: whole, once each, and found where somebody edits them."""

import subprocess
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from judging import votes
from judging.votes import Ballots, RefusedVote, read, read_file, rewrite, write
from store.errors import DamagedFile
from tests.docs.documents import ROOT
from tests.judging.made import votes as made


def test_a_vote_is_on_the_disk_when_it_counts(tmp_path: Path) -> None:
    Ballots(tmp_path).append("p0", "j0", 1, 0)
    (vote,) = read(tmp_path)
    assert (vote.pair, vote.judge, vote.choice, vote.left) == ("p0", "j0", 1, 0)


def test_a_vote_counts_once_for_a_judge_and_a_pair(tmp_path: Path) -> None:
    ballots = Ballots(tmp_path)
    ballots.append("p0", "j0", 1, 0)
    with pytest.raises(RefusedVote):
        ballots.append("p0", "j0", 0, 0)
    with pytest.raises(RefusedVote):  # after a start anew, too
        Ballots(tmp_path).append("p0", "j0", 0, 0)
    ballots.append("p0", "j1", 0, 0)
    ballots.append("p1", "j0", None, 0)
    assert len(read(tmp_path)) == 3


def test_of_two_at_once_one_counts(tmp_path: Path) -> None:
    ballots, refused = Ballots(tmp_path), []

    def vote() -> None:
        try:
            ballots.append("p0", "j0", 1, 0)
        except RefusedVote:
            refused.append(1)

    threads = [threading.Thread(target=vote) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), len(read(tmp_path))) == (7, 1)


def test_many_files_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes, "TOGETHER", 5)
    ballots = Ballots(tmp_path)
    for number in range(12):
        ballots.append(f"p{number}", "j0", 0, 0)
    assert len(list(tmp_path.glob("*.parquet"))) == 4  # two of five votes, two of one
    assert [vote.pair for vote in read(tmp_path)] == [f"p{number}" for number in range(12)]


def test_a_kill_between_the_one_and_the_many_doubles_nothing(tmp_path: Path) -> None:
    cast = list(made([("p0", "j0", 0), ("p1", "j0", 1)]))
    for number, vote in enumerate(cast):
        write(tmp_path / f"{number}.parquet", [vote])
    write(tmp_path / "0-together.parquet", cast)
    assert read(tmp_path) == cast


def test_a_file_that_a_kill_left_half_is_no_vote(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", list(made([("p0", "j0", 0)])))
    half = (tmp_path / "0.parquet").read_bytes()[:300]
    (tmp_path / ".tmp-12345678-1.parquet").write_bytes(half)
    assert len(Ballots(tmp_path).of("j0")) == 1
    assert not list(tmp_path.glob(".tmp-*"))


def test_a_file_that_was_cut_is_found(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    write(path, list(made([("p0", "j0", 0)])))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DamagedFile):
        read(tmp_path)


def test_a_file_that_was_edited_is_found(tmp_path: Path) -> None:
    """Another choice, written by another tool that keeps the metadata."""
    path = tmp_path / "0.parquet"
    write(path, list(made([("p0", "j0", 0)])))
    table = pq.read_table(path)
    edited = table.set_column(2, table.schema.field("choice"), pa.array([1], pa.int8()))
    pq.write_table(edited, path)
    with pytest.raises(DamagedFile, match="not those that were written"):
        read_file(path)
    pq.write_table(edited.replace_schema_metadata(None), path)
    with pytest.raises(DamagedFile, match="not those that were written"):
        read_file(path)


def test_equal_rows_in_other_types_are_the_same_votes(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    cast = list(made([("p0", "j0", 0), ("p1", "j0", None)]))
    write(path, cast)
    table = pq.read_table(path)
    wide = table.set_column(0, "pair", table["pair"].cast(pa.large_string()))
    pq.write_table(wide.replace_schema_metadata(table.schema.metadata), path)
    assert read_file(path) == cast


def test_votes_on_pairs_that_go_go(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", list(made([("p0", "j0", 0), ("p1", "j0", 1)])))
    write(tmp_path / "1.parquet", list(made([("p1", "j1", 0)])))
    write(tmp_path / "2.parquet", list(made([("p0", "j1", 0)])))
    assert rewrite(tmp_path, ["p0"]) == 2
    assert [(vote.pair, vote.judge) for vote in read(tmp_path)] == [("p0", "j0"), ("p0", "j1")]
    assert rewrite(tmp_path, ["p0"]) == 0


def test_pairs_that_several_call_unfit_are_named(tmp_path: Path) -> None:
    ballots = Ballots(tmp_path)
    for judge in ("j0", "j1"):
        ballots.append("p0", judge, votes.UNFIT, 0)
    ballots.append("p1", "j0", votes.UNFIT, 0)
    assert ballots.unfit(2) == {"p0"}
    assert ballots.unfit(1) == {"p0", "p1"}


VOTING = """
import sys
from pathlib import Path
from judging.votes import Ballots
ballots = Ballots(Path(sys.argv[1]))
for number in range(100_000):
    ballots.append(f"p{number}", "j0", 0, 0)
    print(number, flush=True)
"""


def test_a_kill_in_the_middle_of_voting_loses_the_vote_under_way_at_most(tmp_path: Path) -> None:
    command = [sys.executable, "-c", VOTING, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as voting:
        assert voting.stdout
        for _ in range(20):
            voting.stdout.readline()
        voting.kill()
        told = 20 + len(voting.stdout.readlines())
    found = [vote.pair for vote in read(tmp_path)]
    assert found == [f"p{number}" for number in range(len(found))]
    assert len(found) in (told, told + 1)
    Ballots(tmp_path).append("more", "j0", 0, 0)
