"""Files whose names or places are odd are searched as others are."""

import os
from pathlib import Path

import pytest

from commands.main import main
from dataset.build.stage import build
from dataset.options import DatasetOptions
from tests import crawl_tables
from tests.crawl_tables import boke, image, page, write

CAPTION = "誰も書かない一度きりのボケ"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the data folder of a pipeline `p` with four photos; odai 50 has CAPTION."""
    crawl = crawl_tables.crawl(tmp_path / "data" / "p" / "crawl", 3)
    write(crawl, [page(50, [boke(50_000, 50, CAPTION)])], [image(50)])
    build(DatasetOptions(dev_fraction=0.0), [crawl], tmp_path / "data" / "p" / "dataset", name="p")
    (tmp_path / "pipelines.yaml").write_text("pipelines: {p: {}}\n")
    return tmp_path / "data"


def forget(data: Path) -> int:
    config = data.with_name("pipelines.yaml")
    return main(["forget", "--pipeline", "p", "--config", str(config), "--data", str(data), "--odai", "50"])


PLACES = {
    "name in Shift_JIS": b"p/" + "写真".encode("cp932") + b"/" + "ボケ集".encode("cp932") + b".txt",
    "two lines in its name": b"p/a\nb.txt",
    "hidden": b".cache/x/note.txt",
    "beside the pipelines": b"note.txt",
    "hidden beside them": b".note.txt",
    "the caption in its name": b"p/" + CAPTION.encode() + b".png",
    "among vectors": b"features/note.txt",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_it_is_named_until_it_is_gone(data: Path, capfd: pytest.CaptureFixture[str], place: bytes) -> None:
    note = Path(os.fsdecode(os.fsencode(data) + b"/" + place))
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(CAPTION)
    for _ in range(2):
        assert forget(data) == 1
        said = capfd.readouterr().err
        assert "Still held by" in said
        assert "Traceback" not in said
    note.unlink()
    assert forget(data) == 0


def test_a_link_that_leads_nowhere_stops_nothing(data: Path) -> None:
    (data / "p" / "old").symlink_to("nowhere")
    (data / "p" / "runs").mkdir()
    (data / "p" / "runs" / "round").symlink_to("..")
    assert forget(data) == 0


def test_a_copy_behind_a_link_is_named(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    disk = data.with_name("disk")
    disk.mkdir()
    (disk / "note.txt").write_text(CAPTION)
    (data / "p" / "more").symlink_to(disk)
    assert forget(data) == 1
    assert str(data / "p" / "more" / "note.txt") in capfd.readouterr().err
