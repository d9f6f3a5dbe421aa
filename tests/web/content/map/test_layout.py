"""The map is computed once, kept, made again when anything has changed, and forgotten with its photos."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commands.forget.command import forget
from dataset.read import photos
from featurize.read import Vectors, vectors
from store.forget.content import Request
from store.place import Place
from store.register import arrow_file
from store.register.stages import Stage
from store.register.verify import check_files
from tests.web.small_pipeline import KEY
from web.content.library import Library
from web.content.map.layout import Layout, open_layout
from web.options import WebOptions


@pytest.fixture
def place(whole: Place, tmp_path: Path) -> Place:
    """Return a copy of the pipeline that a test may change."""
    return replace(whole, data=shutil.copytree(whole.data, tmp_path / "data"))


def opened(place: Place, options: WebOptions | None = None) -> Layout:
    """Return the map as another start of the app opens it."""
    return open_layout(Library(options, patience=None), place, KEY)


def files(place: Place) -> list[Path]:
    return sorted((place.directory / "map").iterdir())


def test_every_photo_with_a_vector_has_a_place_of_its_own(place: Place) -> None:
    found = opened(place)
    assert sorted(found.sha256s) == sorted(photos(place.dataset)["sha256"].to_pylist())
    assert found.sha256s == sorted(found.sha256s), "nothing depends on the order of rows"
    assert found.photos == 40
    assert found.places.shape == (40, 2)
    assert np.abs(found.places).max() == 1
    assert len({tuple(each) for each in found.places.tolist()}) == 40
    assert {len(each) for each in found.thumbnails} == {64 * 64 * 3}


def test_photos_with_the_same_vector_lie_together(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is that of the photo's own vector: two kinds of vectors make two places."""
    names = sorted(photos(place.dataset)["sha256"].to_pylist())
    seen = []

    def plane(values: np.ndarray, report: object) -> np.ndarray:
        seen.append(values)
        return np.zeros((len(values), 2))

    monkeypatch.setattr("web.content.map.layout.plane", plane)
    assert opened(place).sha256s == names
    assert np.array_equal(seen[0], vectors(place.features / KEY, names))


def test_it_is_computed_once_and_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(place)
    (path,) = files(place)
    assert path.name.startswith(f"{KEY}-")
    arrow_file.check(path)
    monkeypatch.setattr("web.content.map.layout.plane", None)
    again = opened(place)
    assert again.version == first.version
    assert np.array_equal(again.places, first.places)
    assert again.thumbnails == first.thumbnails


def test_a_damaged_one_is_made_again(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    first = opened(place)
    (path,) = files(place)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert np.array_equal(opened(place).places, first.places)
    assert "It is made again." in caplog.text
    (path,) = files(place)
    arrow_file.check(path)


def test_what_changes_while_vectors_are_awaited_leaves_no_map(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(patience=None)
    awaited = library.vectors

    def changed(place: Place, key: str) -> Vectors:
        os.utime(place.dataset / "manifest.json", ns=(1, 1))
        return awaited(place, key)

    monkeypatch.setattr(library, "vectors", changed)
    open_layout(library, place, KEY)
    assert files(place) == []


def test_verify_knows_it(place: Place) -> None:
    opened(place)
    stage = Stage("pipeline", place.directory)
    assert list(check_files(stage)) == []
    (path,) = files(place)
    path.write_bytes(path.read_bytes()[:-9])
    (problem,) = check_files(stage)
    assert str(path) in problem.text
    assert problem.damaged


def test_no_more_photos_than_the_setting_says_always_the_same(place: Place) -> None:
    options = WebOptions(map_photos=7)
    first = opened(place, options)
    assert (len(first.sha256s), first.photos) == (7, 40)
    shutil.rmtree(place.directory / "map")
    assert opened(place, options).sha256s == first.sha256s
    assert len(opened(place).sha256s) == 40
    assert len(files(place)) == 1, "the newest takes the place of the others"


def test_other_vectors_make_another_map(place: Place) -> None:
    first = opened(place)
    shards = sorted((place.features / KEY).glob("*.parquet"))
    shutil.copy(shards[0], shards[0].with_name("vectors-99999.parquet"))
    assert opened(place).version != first.version
    assert len(files(place)) == 1


def test_a_folder_that_cannot_be_written_to_is_no_reason_for_none(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("web.content.map.layout.arrow_file.write", refuse)
    assert len(opened(place).sha256s) == 40
    assert "Read-only file system" in caplog.text


def test_what_is_forgotten_is_on_no_map(place: Place) -> None:
    library = Library(patience=None)
    gone = open_layout(library, place, KEY).sha256s[3]
    forget(place, Request(sha256=gone))
    assert not (place.directory / "map").exists() or files(place) == []
    found = open_layout(library, place, KEY)
    assert gone not in found.sha256s
    assert len(found.sha256s) == 39
