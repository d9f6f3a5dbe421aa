"""An export takes its own place and nothing else's: files of the user's stay, at whatever depth."""

import json
import os
from pathlib import Path

import pytest

from commands.forget.command import forget
from dataset import read
from dataset.build.stage import build
from dataset.export.formats import FORMATS, export, export_again
from dataset.export.made import Made, exported, is_there, made, remove
from dataset.export.record import NAME as RECORD
from dataset.options import DatasetOptions
from store.errors import DamagedFile, UserError
from store.forget.content import Request
from store.place import Place
from tests.crawl_tables import boke, image, page, write

LIST = "exported.json"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "data", "p")
    pages = [page(number, [boke(number, number, f"ボケ{number}")]) for number in range(1, 9)]
    write(place.crawl, pages, [image(number) for number in range(1, 9)])
    build(DatasetOptions(dev_fraction=0.3), [place.crawl], place.dataset, name="p")
    return place


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


def first(place: Place) -> str:
    return str(read.photos(place.dataset, "train")["sha256"][0])


def own_files(directory: Path) -> set[str]:
    """Put files of the user's where exports have theirs, and return their names."""
    folder = next(
        path.parent for path in directory.rglob("*") if path.suffix in (".jpg", ".json", ".tar", ".jsonl")
    )
    names = {"NOTES.txt", "train-notes/deep/er.txt", "README.md.old"}
    for name in names:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("my own")
    (folder / "mine.txt").write_text("my own")
    (directory / "link").symlink_to("/nowhere")
    (directory / "empty").mkdir()
    return {*names, str((folder / "mine.txt").relative_to(directory)), "link"}


@pytest.mark.parametrize("form", FORMATS)
def test_the_list_names_every_file_that_was_made(place: Place, tmp_path: Path, form: str) -> None:
    export(place.dataset, tmp_path / "out", form)
    listed = json.loads((tmp_path / "out" / LIST).read_bytes())["files"]
    assert {*listed, LIST} == files(tmp_path / "out")
    assert len(listed) == len(set(listed)) > 2


@pytest.mark.parametrize("form", FORMATS)
def test_forget_writes_anew_what_was_made_and_touches_nothing_else(place: Place, form: str) -> None:
    directory = place.data / "out"
    export(place.dataset, directory, form)
    own, photo = own_files(directory), first(place)
    before = {name: (directory / name).lstat().st_mtime_ns for name in own}
    assert forget(place, Request(sha256=photo)).changed["export"] == 1
    assert {name: (directory / name).lstat().st_mtime_ns for name in own} == before
    assert (directory / "empty").is_dir()
    assert own <= files(directory)
    assert not any(photo in name for name in files(directory))
    remove(directory)
    assert files(directory) == own


def test_an_export_again_takes_the_place_of_the_first(place: Place, tmp_path: Path) -> None:
    directory = tmp_path / "out"
    export(place.dataset, directory, "pairs")
    own, photo = own_files(directory), first(place)
    forget(place, Request(sha256=photo))
    assert any(photo in name for name in files(directory)), "elsewhere forget changes nothing"
    export(place.dataset, directory, "pairs")
    assert not any(photo in name for name in files(directory))
    assert own <= files(directory)
    export(place.dataset, directory, "webdataset")
    assert files(directory) == own | {str(path) for path in made(directory) or ()}
    assert not (directory / "images").exists() or own & {
        f"images/{name}" for name in files(directory / "images")
    }


def test_a_folder_that_holds_other_things_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "index.html").write_text("my own")
    with pytest.raises(UserError, match=r"is not empty: deep/index\.html is in it"):
        export(place.dataset, tmp_path / "out", "pairs")
    assert files(tmp_path / "out") == {"deep/index.html"}
    assert not (place.directory / RECORD).exists()


def test_a_name_that_is_taken_by_the_user_stops_it(place: Place, tmp_path: Path) -> None:
    export(place.dataset, tmp_path / "out", "pairs")
    (tmp_path / "out" / "annotations").mkdir()
    (tmp_path / "out" / "annotations" / "captions_dev.json").write_text("my own")
    before = files(tmp_path / "out")
    with pytest.raises(UserError, match=r"captions_dev\.json is not of the export, which needs its name"):
        export(place.dataset, tmp_path / "out", "coco")
    assert files(tmp_path / "out") == before
    assert (tmp_path / "out" / "annotations" / "captions_dev.json").read_text() == "my own"


@pytest.mark.parametrize("form", FORMATS)
def test_exports_from_before_there_was_a_list(place: Place, tmp_path: Path, form: str) -> None:
    directory = place.data / "out"
    export(place.dataset, directory, form)
    (directory / LIST).unlink()
    assert is_there(directory)
    export(place.dataset, directory, form)
    assert (directory / LIST).exists()
    (directory / LIST).unlink()
    (directory / "NOTES.txt").write_text("my own")
    build(DatasetOptions(dev_fraction=0.5), [place.crawl], place.dataset, name="p")
    assert export_again(place.dataset) == (1, [])
    assert (directory / "NOTES.txt").read_text() == "my own"
    assert json.loads((directory / LIST).read_bytes())["files"].count("NOTES.txt") == 0


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b'{"files": "x"}', b'{"files": ["NOTES.txt"], "digest": "0"}']
)
def test_a_damaged_list_is_no_leave_to_delete(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LIST).write_bytes(content)
    (tmp_path / "out" / "NOTES.txt").write_text("my own")
    for act in (remove, is_there):
        with pytest.raises(DamagedFile, match=r"exported\.json"):
            act(tmp_path / "out")
    with pytest.raises(DamagedFile), exported(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "NOTES.txt").read_text() == "my own"


@pytest.mark.parametrize("named", ["../beside/file", "{tmp_path}/beside/file", "train/../../beside/file"])
def test_a_list_of_files_elsewhere_is_not_followed(tmp_path: Path, named: str) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LIST).write_text(Made(files=[named.format(tmp_path=tmp_path)]).sealed())
    with pytest.raises(DamagedFile, match="not in its folder"):
        remove(tmp_path / "out")
    assert (tmp_path / "beside").is_dir()


def test_a_pipe_of_the_user_stops_it(place: Place, tmp_path: Path) -> None:
    export(place.dataset, tmp_path / "out", "pairs")
    os.mkfifo(tmp_path / "out" / "pipe")
    with pytest.raises(UserError, match="pipe is no file"):
        export(place.dataset, tmp_path / "out", "coco")
    assert (tmp_path / "out" / "train.jsonl").exists()


def test_a_link_to_a_folder_stays_one(place: Place, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    export(place.dataset, tmp_path / "link", "pairs")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "README.md").exists()
