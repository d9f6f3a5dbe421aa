"""The index beside a dataset: it is made once, and made again when the dataset has changed."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from commands.verify import exit_status, verify
from dataset import read
from dataset.forget import forget
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.forget.search import search
from store.place import Place
from store.register.stages import Stage
from tests.web import small_pipeline
from web.content.browse.filter import Filter, select
from web.content.catalogue import Catalogue


@pytest.fixture
def copy(whole: Place, tmp_path: Path) -> Place:
    """A copy of the pipeline that a test may change, with an index."""
    shutil.copytree(whole.data, tmp_path / "data")
    place = replace(whole, data=tmp_path / "data")
    Catalogue.load(place.dataset)
    return place


def files(place: Place) -> set[Path]:
    return set((place.directory / "index").iterdir())


def test_it_holds_what_the_dataset_holds(copy: Place) -> None:
    catalogue = Catalogue.load(copy.dataset)
    rows = read.photos(copy.dataset).to_pylist()
    captions = read.captions(copy.dataset).to_pylist()
    assert list(catalogue.sha256s) == [row["sha256"] for row in rows]
    for number, row in enumerate(rows):
        assert catalogue.index[row["sha256"]] == number
        shown = catalogue.photo(number)
        own = [one for one in captions if one["sha256"] == row["sha256"]]
        assert {name: row[name] for name in ("split", "labels", "odai_ids")}.items() <= shown.items()
        assert shown["captions"] == len(own)
        texts = [one["text"] for one in catalogue.captions_of(number)]
        assert sorted(texts) == sorted(one["text"] for one in own)
    assert catalogue.index.get("0" * 64) is None
    assert "~" not in catalogue.index


def test_counts_are_those_of_plain_python(copy: Place) -> None:
    catalogue = Catalogue.load(copy.dataset)
    rows = read.photos(copy.dataset).to_pylist()
    labels = {label for row in rows for label in row["labels"]}
    assert labels
    assert catalogue.labels == {label: sum(label in row["labels"] for row in rows) for label in labels}
    for label in labels:
        assert int(select(catalogue, Filter(label=label)).photos.sum()) == catalogue.labels[label]
    assert sorted(catalogue.shuffled("dev")) == [n for n, row in enumerate(rows) if row["split"] == "dev"]


def test_it_is_made_once(copy: Place) -> None:
    before = {path: path.stat().st_mtime_ns for path in files(copy)}
    assert len(before) == 2
    Catalogue.load(copy.dataset)
    assert {path: path.stat().st_mtime_ns for path in files(copy)} == before


def test_it_is_made_again_when_the_dataset_has_changed(copy: Place) -> None:
    before = files(copy)
    shutil.rmtree(copy.directory)
    shutil.rmtree(copy.features)
    small_pipeline.make(copy.data, count=12, trained=False)
    (copy.directory / "index").mkdir()
    for path in before:
        path.with_name(path.name).write_bytes(b"left of before")
    assert len(Catalogue.load(copy.dataset)) == 12
    assert len(files(copy)) == 2
    assert not files(copy) & before


@pytest.mark.parametrize("kind", ["photos", "captions"])
def test_a_damaged_one_is_found_by_verify_and_made_again(copy: Place, kind: str) -> None:
    (path,) = (copy.directory / "index").glob(f"{kind}-*.arrow")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:])
    problems = verify(copy.data)
    assert exit_status(problems) == 5
    assert any(str(path) in str(problem) for problem in problems)
    assert len(Catalogue.load(copy.dataset)) == 40
    assert path.read_bytes() == whole


def test_forget_takes_it_out_where_it_holds_the_content_and_only_there(copy: Place) -> None:
    stage = Stage("pipeline", copy.directory)
    before = files(copy)
    assert anything.forget(stage, Content(sha256s={"0" * 64})) == 0
    assert files(copy) == before
    sha256 = Catalogue.load(copy.dataset).sha256s[3]
    content = Content(sha256s={sha256})
    assert [path.name[:6] for path in search(copy.directory / "index", content)] == ["photos"]
    anything.forget(stage, content)
    assert [path.name[:8] for path in files(copy)] == ["captions"]
    assert search(copy.directory / "index", content) == []


def test_a_folder_that_cannot_be_written_is_told_and_the_index_kept_in_memory(
    copy: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(copy.directory / "index")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("store.register.arrow_file.publish", refuse)
    catalogue = Catalogue.load(copy.dataset)
    assert len(catalogue) == 40
    assert len(catalogue.captions_of(0)) == 4
    assert "kept in memory" in caplog.text
    assert files(copy) == set()


def test_a_dataset_that_changes_while_it_is_made_leaves_none_of_what_was(copy: Place) -> None:
    """Else what is forgotten meanwhile would be on the disk again."""
    shutil.rmtree(copy.directory / "index")
    gone = read.photos(copy.dataset)["sha256"][3].as_py()
    content = Content(sha256s={gone})
    asked: list[int] = []

    def report(done: int, total: int) -> None:
        if not asked:
            asked.append(total)
            forget(Stage("dataset", copy.dataset), content, ForgottenFilter(frozenset()))

    catalogue = Catalogue.load(copy.dataset, report)
    assert (len(catalogue), gone in catalogue.index) == (39, False)
    assert len(files(copy)) == 2
    assert search(copy.directory / "index", content) == []


def test_forget_leaves_none_that_was_made_while_it_wrote_the_dataset(copy: Place) -> None:
    """Its pipeline's own files come first: whoever starts the web app after that makes it anew."""
    content = Content(sha256s={Catalogue.load(copy.dataset).sha256s[3]})
    forget(Stage("dataset", copy.dataset), content, ForgottenFilter(frozenset()))
    assert files(copy) == set()


def test_two_processes_that_make_it_at_once_both_have_it(copy: Place) -> None:
    shutil.rmtree(copy.directory / "index")
    others: list[Catalogue | None] = []

    def report(done: int, total: int) -> None:
        if not others:
            others.append(None)
            others.append(Catalogue.load(copy.dataset))

    assert len(Catalogue.load(copy.dataset, report)) == 40
    assert len(files(copy)) == 2


def test_what_a_killed_process_left_goes_in_time(copy: Place) -> None:
    index = copy.directory / "index"
    (index / ".tmp-00000000-captions.arrow").write_bytes(b"left")
    os.utime(index / ".tmp-00000000-captions.arrow", (1, 1))
    for path in index.glob("[!.]*"):
        path.unlink()
    Catalogue.load(copy.dataset)
    assert not list(index.glob(".*"))
