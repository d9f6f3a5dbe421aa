"""The copy that opens without a server."""

import re
import shutil
from pathlib import Path
from urllib.parse import quote, unquote

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
from web.options import WebOptions


def test_the_copy_holds_all_that_it_names(tmp_path: Path) -> None:
    place = small_pipeline.make(tmp_path / "data")
    index = export(place.data, "demo", tmp_path / "copy")
    assert index == tmp_path / "copy" / "index.html"
    pages = sorted(path.name for path in index.parent.glob("*.html"))
    names = ("contains", "data", "index", "statistics", "training")
    assert pages == [f"{name}{ending}" for name in names for ending in (".html", ".ja.html")]
    for page in index.parent.glob("*.html"):
        of_data = page.name.split(".")[0] in ("contains", "data", "statistics")
        assert page.read_text().count('aria-current="page"') == 1 + of_data
        named = re.findall(r'(?:src|href)="([^"#]+)"', page.read_text())
        assert named
        for name in named:
            assert (index.parent / unquote(name)).is_file(), f"{page.name} names {name}"
    photos = {split: len(read.photos(place.dataset, split)) for split in ("train", "dev")}
    assert index.read_text().count("<article") == min(12, photos["train"]) + min(12, photos["dev"])
    data = (index.parent / "data.html").read_text()
    shown = min(12, photos["train"]) + min(12, photos["dev"])
    assert f"{shown} of {sum(photos.values())} photos are in this copy" in data
    for page in index.parent.glob("*.html"):
        assert "method=" not in page.read_text(), "no form that asks a server"
        assert str(place.data) not in page.read_text(), "strangers read it"
    files = {path for path in index.parent.rglob("*") if path.is_file()}
    assert files == {index.parent / path for path in made(index.parent) or ()}
    assert [each.directory for each in read_exports(place.directory).exports] == [index.parent.resolve()]


def test_each_run_has_a_page_and_a_decoder_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = small_pipeline.make(tmp_path / "data", count=12)
    others = [small_pipeline.train(place, seed=seed).name for seed in (2, 3)]
    odd = place.runs / "my run #1"  # whoever copies a run gives it a name
    shutil.copytree(place.runs / others[0], odd)
    (odd / "model" / "vocabulary.json").write_text('{"tokens": []}')
    index = export(place.data, "demo", tmp_path / "copy", WebOptions(copy_runs=20))
    assert "The copy leaves out the run my run #1" in caplog.text
    shutil.copytree(place.runs / others[0], odd, dirs_exist_ok=True)
    export(place.data, "demo", index.parent, WebOptions(copy_runs=20))
    found = [path for path in index.parent.glob("generate-*.html") if not path.name.endswith(".ja.html")]
    pages = {path.stem.removeprefix("generate-"): path for path in found} | {"": index}
    assert len(pages) == len(list(place.runs.iterdir())) == 4
    assert pages.keys() <= {"", *(run.name for run in place.runs.iterdir())}
    for run, page in pages.items():
        text = page.read_text()
        assert text.count('aria-current="true"') == 1
        for name in re.findall(r'(?:src|href)="([^"#]+)"', text):
            assert (index.parent / unquote(name)).is_file(), f"{page.name} names {name}"
        assert f"offline/{quote(f'model-{run}' if run else 'model')}.js" in text
    export(place.data, "demo", index.parent, WebOptions(copy_runs=1, keys_megabytes=0.0001))
    assert not list(index.parent.glob("generate-*"))
    assert 'aria-current="true"' not in index.read_text()
    assert "web.keys_megabytes is 0.0001" in caplog.text
    assert not (index.parent / "static" / "offline" / "keys.js").exists()
    assert "This copy has no list of what is in it" in (index.parent / "contains.html").read_text()


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


def test_forget_takes_a_copys_decoder_along(tmp_path: Path) -> None:
    """It was learned from what goes: nothing of the copy stays in the data folder."""
    place = small_pipeline.make(tmp_path / "data", count=8)
    index = export(place.data, "demo", place.data / "copies" / "copy")
    (decoder,) = index.parent.glob("static/offline/model*.js")
    sha256 = read.photos(place.dataset, "train")["sha256"][0].as_py()
    (index.parent / "mine.txt").write_text("my own")
    assert forget(place, Request(sha256=sha256)).changed["export"] == 1
    assert not decoder.exists()
    assert [path.name for path in index.parent.rglob("*") if path.is_file()] == ["mine.txt"]


def test_nothing_to_copy_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset --pipeline demo"):
        export(tmp_path, "demo", tmp_path / "copy")
    place = small_pipeline.make(tmp_path / "data", count=8, trained=False)
    with pytest.raises(MissingStage, match="bokeru train --pipeline demo"):
        export(place.data, "demo", tmp_path / "copy")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        export(place.data, "demo", tmp_path / "file")
