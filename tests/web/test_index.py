"""The index beside a dataset: it is made once, and made again when the dataset has changed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from commands.verify import exit_status, verify
from dataset import read
from store.forget import anything
from store.forget.content import Content
from store.forget.search import search
from store.place import Place
from store.register.stages import Stage
from tests.web import small_pipeline
from web.content.catalogue import Catalogue, Filter


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
        assert len(catalogue.find(Filter(label=label))) == catalogue.labels[label]
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
