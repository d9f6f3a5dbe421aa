"""What `verify` measures again: facts on rows and kept looks, edited with sums that fit, are damage."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import ExifTags, Image

from dataset import read, verify
from dataset.build.stage import build
from dataset.checks.measured import SAMPLE, check_measured, sample
from dataset.options import DatasetOptions
from store.photo.near.kept import KeptLooks
from store.register.stages import Stage
from tests import speaking_photos
from tests.crawl_tables import boke, image, page, photo, write

COUNT = 6
Row = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pipeline's folder: photos, of which the last one says where it was taken, and is cut."""
    place = tmp_path_factory.mktemp("measured") / "p"
    images = [image(n) for n in range(1, COUNT)] + [image(COUNT, speaking_photos.jpeg())]
    write(place / "crawl", [page(n, [boke(10 + n, n, f"犬{n}")]) for n in range(1, COUNT + 1)], images)
    build(DatasetOptions(dev_fraction=0), [place / "crawl"], place / "dataset", name="p")
    return place


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    for path in made.rglob("*"):
        if path.is_file():
            target = tmp_path / "p" / path.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path / "p"


def edited(path: Path, change: Callable[[Row], object]) -> None:
    """Change the first row of a table that has facts."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(next(row for row in rows if row["facts"]))
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)


def found(place: Path, *, everything: bool = False) -> list[str]:
    problems = verify.check_inputs(Stage("dataset", place / "dataset"), everything=everything)
    return [str(problem) for problem in problems if problem.damaged]


def shard(place: Path) -> Path:
    [path] = read.shards(place / "dataset", "train")
    return path


def kept(place: Path) -> Path:
    [path] = (place / "photos").glob("[!.]*.parquet")
    return path


def test_what_was_built_is_whole(place: Path) -> None:
    rows = pq.read_table(shard(place)).to_pylist()
    assert sum(row["image_sha256"] != row["sha256"] for row in rows) == 1, "one was cut"
    assert found(place) == []
    assert found(place, everything=True) == []


def test_a_photo_may_have_more_bytes_than_were_fetched(tmp_path: Path) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Copyright] = "K"  # a few bytes, which are written anew as XMP, which is long
    with Image.open(io.BytesIO(photo(1))) as picture:
        picture.save(file, "JPEG", exif=exif)
    place = tmp_path / "p"
    write(place / "crawl", [page(1, [boke(11, 1, "犬")])], [image(1, file.getvalue())])
    build(DatasetOptions(dev_fraction=0), [place / "crawl"], place / "dataset", name="p")
    [(_, content)] = read.photo_bytes(place / "dataset")
    assert len(content) > len(file.getvalue())
    assert found(place, everything=True) == []


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        *(("brightness", 0.123), ("blank", 0.9), ("blur", 1.0), ("entropy", 8.0), ("contrast", 0.0)),
        *(("width", 7), ("height", 7), ("aspect", 3.0), ("bytes", 7), ("bytes", None)),
    ],
)
def test_a_fact_that_was_edited_is_damage(place: Path, fact: str, value: float | None) -> None:
    edited(shard(place), lambda row: row["facts"].update({fact: value}))
    [problem] = found(place)
    assert f"its {fact} is {value}, but its bytes make it " in problem
    assert str(shard(place)) in problem


def test_what_is_said_to_have_nothing_to_cut_out_is_looked_at(place: Path) -> None:
    table = pq.read_table(kept(place))
    assert table["bare"].to_pylist().count(False) == 1
    said = pa.repeat(True, len(table))
    pq.write_table(table.set_column(table.column_names.index("bare"), "bare", said), kept(place))
    [problem] = found(place)
    assert "kept in photos/: bare is not that of its bytes" in problem


def test_the_last_digits_may_be_another_machine_s(place: Path) -> None:
    edited(shard(place), lambda row: row["facts"].update(brightness=row["facts"]["brightness"] + 1e-6))
    assert found(place) == []


@pytest.mark.parametrize("column", ["small", "views", "phash"])
def test_what_was_kept_for_near_copies_is_measured_too(place: Path, column: str) -> None:
    def change(row: Row) -> None:
        value = row[column]
        row[column] = "0" * 16 if column == "phash" else bytes([value[0] ^ 1]) + value[1:]

    edited(kept(place), change)
    [problem] = found(place)
    assert f"kept in photos/: {column} is not that of its bytes" in problem


def test_facts_that_were_kept_are_measured_too(place: Path) -> None:
    edited(kept(place), lambda row: row["facts"].update(blur=1.0))
    [problem] = found(place)
    assert "kept in photos/: its blur is 1.0" in problem


def test_without_what_was_kept_nothing_is_wrong(place: Path) -> None:
    kept(place).unlink()
    assert found(place) == []


def test_what_another_decoder_measured_is_not_compared(place: Path) -> None:
    edited(shard(place), lambda row: row["facts"].update(blur=1.0))
    table = pq.read_table(shard(place))
    pq.write_table(table.replace_schema_metadata({"decoder": "1"}), shard(place))
    assert found(place) == []


def test_a_sample_is_measured_or_all(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset.checks.measured.SAMPLE", 2)
    for number in range(COUNT):
        rows = pq.read_table(shard(place)).to_pylist()
        rows[number]["facts"]["blur"] = -1.0
        pq.write_table(pa.Table.from_pylist(rows, pq.read_table(shard(place)).schema), shard(place))
    looks = KeptLooks(place / "photos")
    assert len(list(check_measured([shard(place)], looks, "1"))) == 2
    assert len(list(check_measured([shard(place)], looks, "1", everything=True))) == COUNT


def test_another_seed_chooses_others_and_the_order_does_not_matter() -> None:
    names = [f"{number:064x}" for number in range(1000)]
    assert len(sample(names, "a")) == SAMPLE
    assert sample(names, "a") == sample(names[::-1], "a")
    assert set(sample(names, "a")) != set(sample(names, "b"))
    assert sample(names[:3], "a") == sorted(sample(names[:3], "a"), key=sample(names[:3], "a").index)
