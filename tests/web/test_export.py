"""The copy that opens without a server."""

import re
from pathlib import Path

import pytest

from commands.forget.command import forget
from dataset import read
from dataset.build.stage import build
from dataset.export.made import made
from dataset.export.record import read_exports
from dataset.options import DatasetOptions
from store.errors import MissingStage, UsageError, UserError
from store.forget.content import Request
from tests.web import small_pipeline
from web.export import export


def test_the_copy_holds_all_that_it_names(tmp_path: Path) -> None:
    place = small_pipeline.make(tmp_path / "data")
    index = export(place.data, "demo", tmp_path / "copy")
    assert index == tmp_path / "copy" / "index.html"
    pages = sorted(path.name for path in index.parent.glob("*.html"))
    assert pages == ["index.html", "index.ja.html", "training.html", "training.ja.html"]
    for page in index.parent.glob("*.html"):
        assert page.read_text().count('aria-current="page"') == 1
        named = re.findall(r'(?:src|href)="([^"#]+)"', page.read_text())
        assert named
        for name in named:
            assert (index.parent / name).is_file(), f"{page.name} names {name}"
    photos = {split: len(read.photos(place.dataset, split)) for split in ("train", "dev")}
    assert index.read_text().count("<article") == min(12, photos["train"]) + min(12, photos["dev"])
    assert "method=" not in index.read_text()  # no form that asks a server
    files = {path for path in index.parent.rglob("*") if path.is_file()}
    assert files == {index.parent / path for path in made(index.parent) or ()}
    assert [each.directory for each in read_exports(place.directory).exports] == [index.parent.resolve()]


def test_a_copy_again_takes_the_place_of_the_first_and_of_nothing_else(tmp_path: Path) -> None:
    place = small_pipeline.make(tmp_path / "data", count=8)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("my own page")
    with pytest.raises(UserError, match=r"is not empty: index\.html is in it"):
        export(place.data, "demo", tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == "my own page"
    index = export(place.data, "demo", tmp_path / "copy")
    photo = next((index.parent / "photos").iterdir())
    (index.parent / "photos" / "mine.jpg").write_text("my own")
    (index.parent / "CNAME").write_text("boke.example")
    forget(place, Request(sha256=photo.stem))
    assert photo.exists(), "elsewhere forget changes nothing, and says so"
    build(DatasetOptions(), [place.crawl], place.dataset, name="demo")
    assert export(place.data, "demo", tmp_path / "copy") == index
    assert not photo.exists()
    assert photo.stem not in index.read_text()
    assert (index.parent / "photos" / "mine.jpg").read_text() == "my own"
    assert (index.parent / "CNAME").read_text() == "boke.example"


def test_nothing_to_copy_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset --pipeline demo"):
        export(tmp_path, "demo", tmp_path / "copy")
    place = small_pipeline.make(tmp_path / "data", count=8, trained=False)
    with pytest.raises(MissingStage, match="bokeru train --pipeline demo"):
        export(place.data, "demo", tmp_path / "copy")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        export(place.data, "demo", tmp_path / "file")
