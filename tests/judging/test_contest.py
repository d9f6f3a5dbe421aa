"""A whole contest: drawn, voted in, verified, published and forgotten, by the commands."""

import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from commands.main import main, parser
from commands.verify import verify
from judging import votes
from judging.contest import find, load, load_pairs
from judging.drawing.new import Wanted, new
from judging.publish import publish
from judging.report import report
from judging.verify import check
from judging.votes import Ballots, read, rewrite
from store.errors import DamagedFile, UserError
from store.place import Place
from store.schema import PUBLISHED
from tests.commands.commandline import write_config
from tests.killing import kills
from train.runs.find import complete


@pytest.fixture
def place(judged: Place, tmp_path: Path) -> Place:
    """Return a copy of the pipeline with a contest in which two judges voted on every pair."""
    copy = Place(Path(shutil.copytree(judged.data, tmp_path / "data")), judged.name)
    shutil.rmtree(copy.directory / "contests", ignore_errors=True)
    new(copy, "funny", Wanted(runs=complete(copy.runs), n=8), {})
    ballots = Ballots(find(copy, "funny") / "votes")
    for key in load_pairs(find(copy, "funny")):
        for judge in ("j0", "j1"):
            ballots.append(key, judge, 0, 1)
    return copy


def problems(place: Place) -> list[str]:
    return [str(problem) for problem in verify(place.directory) if "contests" in str(problem)]


def where(place: Place, tmp_path: Path) -> list[str]:
    config = write_config(tmp_path / "pipelines.yaml")
    return ["--pipeline", place.name, "--data", str(place.data), "--config", str(config)]


def test_a_photo_that_is_forgotten_leaves_contest_and_votes(place: Place, tmp_path: Path) -> None:
    directory = find(place, "funny")
    publish(directory)
    pairs = load_pairs(directory)
    gone = next(pair for pair in pairs.values() if not pair.catch)
    holding = {
        pair.key
        for pair in pairs.values()
        if gone.sha256 in (pair.sha256, *(caption.sha256 for caption in pair.captions))
    }
    assert main(["forget", *where(place, tmp_path), "--sha256", gone.sha256]) == 0
    left = load_pairs(directory)
    assert not set(left) & holding
    assert gone.sha256 not in {c.sha256 for pair in left.values() for c in pair.captions}
    assert {vote.pair for vote in read(directory / "votes")} == set(left)
    assert not (directory / "published").exists()
    assert load(directory).name == "funny"
    assert problems(place) == []


def test_what_is_whole_is_whole(place: Place) -> None:
    assert problems(place) == []


@pytest.mark.parametrize("which", ["votes", "pairs"])
def test_a_file_that_was_cut_or_edited_is_found(place: Place, which: str) -> None:
    directory = find(place, "funny")
    path = directory / "pairs.parquet" if which == "pairs" else min((directory / "votes").glob("*.parquet"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    assert any(path.name in text for text in problems(place))
    path.write_bytes(whole)
    assert problems(place) == []
    table = pq.read_table(path)
    pq.write_table(table.slice(0, len(table) - 1), path)
    assert any(path.name in text for text in problems(place))


@pytest.mark.parametrize("which", ["first", "last", "all", "folder"])
def test_votes_that_are_gone_are_found(place: Place, which: str) -> None:
    folder = find(place, "funny") / "votes"
    paths = sorted(folder.glob("*.parquet"))
    gone = {"first": paths[:1], "last": paths[-1:], "all": paths, "folder": []}[which]
    for path in gone:
        path.unlink()
    if which == "folder":
        shutil.rmtree(folder)
    told = [text for text in problems(place) if "is missing" in text]
    assert len(told) == len(problems(place)) == max(1, len(gone))
    assert all(any(path.name in text for text in told) for path in gone)
    if gone:  # opening the contest again hides nothing
        Ballots(folder)
        assert len(problems(place)) == len(gone)
        (folder / "list.json").unlink()
    assert "nobody can tell whether votes are" in problems(place)[0]
    Ballots(folder)  # as the message advises
    assert problems(place) == []


def test_a_contest_of_before_there_were_lists_is_whole(place: Place) -> None:
    directory = find(place, "funny")
    contest = load(directory).model_copy(update={"format": 1})
    (directory / "contest.json").write_text(contest.sealed())
    (directory / "votes" / "list.json").unlink()
    (problem,) = (one for one in verify(place.directory) if "contests" in str(one))
    assert (problem.is_notice, problem.damaged) == (True, False)
    Ballots(directory / "votes")
    assert problems(place) == []


def test_votes_that_another_file_of_votes_took_the_place_of_are_found(place: Place) -> None:
    one, other, *_ = sorted((find(place, "funny") / "votes").glob("*.parquet"))
    one.write_bytes(other.read_bytes())
    assert any(one.name in text and "other votes" in text for text in problems(place))


def test_a_list_that_was_edited_is_found(place: Place) -> None:
    path = find(place, "funny") / "votes" / "list.json"
    first = min(path.parent.glob("*.parquet"))
    listed = json.loads(path.read_text())
    del listed["files"][first.name]
    path.write_text(json.dumps(listed))
    first.unlink()
    assert any("list.json" in text and "changed after it was written" in text for text in problems(place))


def vote(place: Place) -> None:
    Ballots(find(place, "funny") / "votes").append(next(iter(load_pairs(find(place, "funny")))), "j2", 0, 1)


def forget_pairs(place: Place) -> None:
    rewrite(find(place, "funny") / "votes", [])


@pytest.mark.parametrize("work", [vote, forget_pairs])
def test_a_kill_is_never_damage(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[Place], None]
) -> None:
    """In the midst of a vote, of putting many files into one, and of taking votes out."""
    monkeypatch.setattr(votes, "TOGETHER", 4)
    rewrite(find(place, "funny") / "votes", list(load_pairs(find(place, "funny")))[1:3])  # four are enough
    numbers = count()

    def copy() -> Place:
        made = Place(tmp_path / f"copy-{next(numbers)}", place.name)
        shutil.copytree(place.directory / "contests", made.directory / "contests")
        return made

    left = [[str(problem) for problem in check(each.directory)] for each in kills(copy, work)]
    assert len(left) > 4
    assert not any(left)


def test_votes_whose_contest_is_gone_are_found_and_no_other_is_drawn_over_them(place: Place) -> None:
    path = find(place, "funny") / "contest.json"
    path.unlink()
    assert [text for text in problems(place) if "contest.json is missing, though people voted" in text]
    with pytest.raises(UserError, match="votes belong to the pairs that were drawn"):
        new(place, "funny", Wanted(runs=complete(place.runs), n=8), {})


def test_a_contest_that_a_kill_left_half_drawn_is_drawn_anew(place: Place) -> None:
    """The pairs come first, contest.json last: nobody could vote in between."""
    directory = find(place, "funny")
    shutil.rmtree(directory / "votes")
    (directory / "contest.json").unlink()
    assert problems(place) == []
    new(place, "funny", Wanted(runs=complete(place.runs), n=8), {})
    assert problems(place) == []


def test_settings_that_were_edited_are_found(place: Place) -> None:
    path = find(place, "funny") / "contest.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    assert any("changed after it was written" in text for text in problems(place))
    with pytest.raises(DamagedFile):
        report(path.parent)


def test_what_is_published_tells_nothing_of_judges(place: Place) -> None:
    directory = find(place, "funny")
    folder = publish(directory)
    table = pq.read_table(folder / "votes.parquet")
    assert table.schema.names == PUBLISHED.names
    assert sorted(set(table["judge"].to_pylist())) == [0, 1]
    assert len(table) == 2 * len(load_pairs(directory))
    files = b"".join(path.read_bytes() for path in folder.iterdir())
    assert load(directory).secret.encode() not in files
    assert b"j0" not in table["pair"].combine_chunks().buffers()[2].to_pybytes()
    assert "data_files: votes.parquet" in (folder / "README.md").read_text()


def test_the_command_prints_what_votes_say(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contest", "report", "funny", *where(place, tmp_path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["contest"], answer["votes"], answer["judges"]) == ("funny", 16, 2)
    assert answer["compared"][0]["wins"] == 16
    assert main(["contest", "report", "funny", *where(place, tmp_path)]) == 0
    assert "16 votes by 2 judges on 8 pairs" in capsys.readouterr().out
    assert main(["contest", "list", *where(place, tmp_path)]) == 0
    assert "funny: prefer, 8 pairs of people" in capsys.readouterr().out


def test_a_new_key_takes_the_place_of_those_before(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from web.content.judging.contests import keys
    from web.door.keys import digest

    page = f"/pipelines/{place.name}/judge/funny"
    assert main(["contest", "key", "funny", *where(place, tmp_path), "--judges", "2"]) == 0
    links = [line.strip() for line in capsys.readouterr().out.splitlines() if "key=" in line]
    secrets = [link.partition("key=")[2] for link in links]
    found = {key.digest: key for key in keys(place.data, f"{page}/photos/x.jpg")}
    assert found.keys() == {digest(secret) for secret in secrets}
    assert {key.judge for key in found.values()} == {"judge 1", "judge 2"}
    assert {key.opens for key in found.values()} == {page}
    assert list(keys(place.data, f"/pipelines/{place.name}/contests/funny")) == []
    assert list(keys(place.data, "/pipelines/../judge/funny")) == []


def test_a_contest_without_its_name_is_wrong_use(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contest", "report", *where(place, tmp_path)]) == 2
    assert "Name the contest" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["nan", "much"])
def test_a_limit_that_is_no_number_is_wrong_use(capsys: pytest.CaptureFixture[str], limit: str) -> None:
    """No score is above NaN: such a limit would let everything through."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["contest", "new", "more", "--pipeline", "p", "--max-score", "rude", limit])
    assert ended.value.code == 2
    assert f"{limit!r} is no number" in capsys.readouterr().err
