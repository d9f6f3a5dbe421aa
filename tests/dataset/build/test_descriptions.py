"""What is kept of decoded photos, and the dataset, have the same bytes however many processes decode."""

import hashlib
import os
import shutil
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from commands.verify import verify
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.photo import computed, spread
from store.photo.computed import Answer
from tests import speaking_photos
from tests.crawl_tables import boke, image, page, photo, write

KEPT = computed.kept
COUNT = 70
"""More photos than two processes are sent at once."""
CUT = photo(0, 48)[:-200]


def crawled(directory: Path) -> Path:
    """Write a crawl of photos, one of which says where it was taken, and one of which is cut off."""
    contents = [photo(n, 48) for n in range(COUNT - 2)]
    images = [
        image(n, content) for n, content in enumerate([*contents, speaking_photos.jpeg(), contents[0]], 1)
    ]
    images[-1] |= {"bytes": CUT, "sha256": hashlib.sha256(CUT).hexdigest()}
    write(directory, [page(n, [boke(n, n, f"犬{n}")]) for n in range(1, COUNT + 1)], images)
    return directory


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pipeline's folder, built in one process."""
    place = tmp_path_factory.mktemp("made") / "p"
    build(DatasetOptions(), [crawled(place / "crawl")], place / "dataset", name="p")
    return place


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """Return the same folder, as yet without a dataset."""
    shutil.copytree(made / "crawl", tmp_path / "p" / "crawl")
    return tmp_path / "p"


def use(monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    monkeypatch.setattr(spread, "WORTHWHILE", 1e-12)
    monkeypatch.setattr(spread, "TRIED", 1)
    monkeypatch.setattr(spread, "cores", lambda: processes)


def ends_its_process(content: bytes) -> Answer:
    """Compute what builds keep, of all photos but the last."""
    if content == CUT:
        os.kill(os.getpid(), signal.SIGSEGV)
    return KEPT(content)


def test_three_processes_build_the_same_bytes(
    made: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, 3)
    build(DatasetOptions(), [place / "crawl"], place / "dataset", name="p")
    for folder in ("dataset/data", "dataset/captions"):
        assert files(place / folder) == files(made / folder)
    kept, wanted = (list(files(each / "photos").values()) for each in (place, made))  # names hold the time
    assert kept == wanted


def test_verify_tells_the_same_problems_from_three_processes(
    made: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = [str(problem) for problem in verify(made)]
    assert any("cannot be decoded" in problem for problem in here)
    use(monkeypatch, 3)
    assert [str(problem) for problem in verify(made)] == here


def test_a_photo_that_ends_its_process_counts_as_damaged(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    use(monkeypatch, 2)
    monkeypatch.setattr(computed, "kept", ends_its_process)
    build(DatasetOptions(), [place / "crawl"], place / "dataset", name="p")
    [message] = caplog.messages
    sha256 = hashlib.sha256(CUT).hexdigest()
    assert message == f"photo {sha256} counts as damaged: the process that decoded it was ended by SIGSEGV"
    [kept] = (place / "photos").glob("*.parquet")
    rows = {row["sha256"]: row for row in pq.read_table(kept).to_pylist()}
    assert len(rows) == COUNT
    assert [row["width"] for row in rows.values()].count(None) == 1
    assert rows[sha256]["width"] is None
