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


PLACES = (
    b"p/" + "写真".encode("cp932") + b"/" + "ボケ集".encode("cp932") + b".txt",
    b"p/a\nb.txt",
    b"p/" + CAPTION.encode() + b".png",
    b"p/more/note.txt",  # a link leads there
    b".cache/x/note.txt",
    b"note.txt",
    b".note.txt",
    b"features/note.txt",
)


def test_all_are_named_until_they_are_gone(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (data / "p" / "runs").mkdir()
    (data / "p" / "runs" / "round").symlink_to("..")
    (data / "p" / "old").symlink_to("nowhere")
    data.with_name("disk").mkdir()
    (data / "p" / "more").symlink_to(data.with_name("disk"))
    notes = [Path(os.fsdecode(os.fsencode(data) + b"/" + place)) for place in PLACES]
    for note in notes:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(CAPTION)
    for _ in range(2):
        assert forget(data) == 1
        said = capfd.readouterr().err
        assert [
            note for note in notes if str(note).encode(errors="backslashreplace").decode() not in said
        ] == []
    for note in notes:
        note.unlink()
    assert forget(data) == 0
