"""The copy that opens without a server."""

import re
from pathlib import Path

import pytest

from dataset import read
from dataset.export.pages import FILES
from dataset.export.record import read_exports
from store.errors import MissingStage, UsageError
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
    assert files == {path for pattern in FILES for path in index.parent.glob(pattern)}
    assert [each.directory for each in read_exports(place.directory).exports] == [index.parent.resolve()]


def test_nothing_to_copy_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset --pipeline demo"):
        export(tmp_path, "demo", tmp_path / "copy")
    place = small_pipeline.make(tmp_path / "data", count=8, trained=False)
    with pytest.raises(MissingStage, match="bokeru train --pipeline demo"):
        export(place.data, "demo", tmp_path / "copy")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        export(place.data, "demo", tmp_path / "file")
