"""The same can and samples as people have them: zipped, linked, in other encodings, with other paths."""

import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from commands.main import main
from dataset.importers import bokekan, oogiri_go, tables
from dataset.importers.tables import ImportReport
from store.errors import Unexpected, UserError
from store.shards import ShardLimits, ShardWriter
from tests import crawl_tables
from tests.dataset.importers import cans
from tests.dataset.importers.cans import boke_row, can, rows_as_csv, sample

ROWS = [boke_row(number) for number in range(1, 7)]
CSV = rows_as_csv(ROWS)


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return tmp_path / "data" / "p" / "crawl"


def whole(report: ImportReport) -> bool:
    return (report.bokes, report.photos, dict(report.bad), dict(report.unreadable)) == (6, 3, {}, {})


def zipped(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize(
    "written",
    [
        "/images/{}.jpg",
        "images/{}.jpg",
        r"images\{}.jpg",
        r"\images\{}.jpg",
        "./images/{}.jpg",
        "{}.jpg",
        "{}",
        "https://photo.example/images/{}.jpg",
        "//photo.example/images/{}.jpg?w=1",
        "/images/{}.JPG",
        "images/{}.png",
    ],
)
def test_a_photos_path_is_read_however_it_is_written(tmp_path: Path, crawl: Path, written: str) -> None:
    rows = [boke_row(n, odai_photo_url=written.format(n % 3)) for n in range(1, 7)]
    assert whole(bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), crawl))


@pytest.mark.parametrize("prefix", ["", "can1/", "a/b/"])
def test_a_can_is_read_as_the_zip_file_that_it_comes_in(tmp_path: Path, crawl: Path, prefix: str) -> None:
    path = zipped(can(tmp_path / "can", CSV.encode()), tmp_path / "can.zip", prefix)
    assert whole(bokekan.read(path, crawl))


def test_a_folder_of_zip_files_and_folders(tmp_path: Path, crawl: Path) -> None:
    (tmp_path / "cans").mkdir()
    for number in (1, 2):
        one = can(tmp_path / str(number), rows_as_csv([boke_row(number)]).encode())
        zipped(one, tmp_path / "cans" / f"{number}.zip")
    can(tmp_path / "cans" / "3", rows_as_csv([boke_row(3)]).encode())
    report = bokekan.read(tmp_path / "cans", crawl)
    assert (report.bokes, report.photos) == (3, 3)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp932", "utf-32"])
def test_encodings(tmp_path: Path, crawl: Path, encoding: str) -> None:
    assert whole(bokekan.read(can(tmp_path / "can", CSV.encode(encoding)), crawl))
    [row, *_] = [row for path in crawl.glob("pages/*") for row in pq.read_table(path).to_pylist()]
    assert row["bokes"][0]["text"].startswith("ボケ")


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_separators(tmp_path: Path, crawl: Path, separator: str) -> None:
    assert whole(bokekan.read(can(tmp_path / "can", CSV.replace(",", separator).encode()), crawl))


def test_names_of_columns_with_blanks_and_capitals(tmp_path: Path, crawl: Path) -> None:
    header, rest = CSV.split("\r\n", 1)
    content = header.upper().replace(",", ", ") + "\r\n" + rest
    assert whole(bokekan.read(can(tmp_path / "can", content.encode()), crawl))


def test_a_link_out_of_the_can_is_told_and_one_within_is_followed(tmp_path: Path, crawl: Path) -> None:
    one = can(tmp_path / "can", CSV.encode())
    (one / "images").rename(tmp_path / "elsewhere")
    (one / "images").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unexpected, match="images is a link that leads out of can"):
        bokekan.read(one, crawl)
    (one / "images").unlink()
    (tmp_path / "elsewhere").rename(one / "pictures")
    for number in range(3):
        (one / f"{number}.jpg").symlink_to(one / "pictures" / f"{number}.jpg")
    assert whole(bokekan.read(one, crawl))


@pytest.mark.parametrize("flush", [1, 20_000])
def test_photos_that_all_are_missing_end_with_5_and_write_nothing(
    tmp_path: Path, crawl: Path, monkeypatch: pytest.MonkeyPatch, flush: int
) -> None:
    monkeypatch.setattr(tables, "_FLUSH_BOKES", flush)
    small = partial(ShardWriter, limits=ShardLimits(rows=2))
    monkeypatch.setattr("dataset.importers.tables.ShardWriter", small)
    one = can(tmp_path / "can", CSV.encode(), photos=())
    (one / "images" / "other.jpg").write_bytes(crawl_tables.photo(1))
    with pytest.raises(
        Unexpected, match=r"6 boke, and none .*1\.jpg is missing in can.*beside it: images/other\.jpg"
    ):
        bokekan.read(one, crawl)
    assert not list(crawl.rglob("*.parquet"))
    assert not (crawl / "sources.json").exists()


@pytest.mark.parametrize("broken", [b"PK\x03\x04", b"", b"not a zip"])
def test_a_zip_file_that_is_none_is_told(tmp_path: Path, crawl: Path, broken: bytes) -> None:
    (tmp_path / "can.zip").write_bytes(broken)
    with pytest.raises(UserError, match=r"can\.zip is no zip file that can be read"):
        bokekan.read(tmp_path / "can.zip", crawl)


def test_a_photo_whose_bytes_are_broken_in_the_zip_costs_itself(tmp_path: Path, crawl: Path) -> None:
    path = zipped(can(tmp_path / "can", CSV.encode()), tmp_path / "can.zip")
    content, photo = path.read_bytes(), crawl_tables.photo(0)
    path.write_bytes(content.replace(photo, photo[:200] + b"\0" * (len(photo) - 200)))
    report = bokekan.read(path, crawl)
    assert (report.photos, report.bad["photos error"]) == (2, 1)


@pytest.mark.parametrize(
    ("value", "column"),
    [("0001-01-01", "posted_at"), ("9" * 400, "rate_sum"), ("[" * 1000, "rate_count"), ("1e400", "rate_sum")],
)
def test_a_value_that_nobody_can_read_costs_itself(
    tmp_path: Path, crawl: Path, value: str, column: str
) -> None:
    rows = [boke_row(1, **{column: value}), *ROWS[1:]]
    report = bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), crawl)
    assert (report.bokes, report.unreadable) == (6, {column: 1})


def as_lines(samples: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in samples)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("jp.jsonl", as_lines),
        ("jp.json", lambda samples: json.dumps(samples)),
        ("jp.jsonl", lambda samples: "\n" + json.dumps(samples, indent=1)),
        ("jp.jsonl", lambda samples: as_lines(samples).replace("\n", "\r\n\r\n")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_samples_in_lines_or_an_array(
    tmp_path: Path, crawl: Path, name: str, write: Callable[[Any], str], encoding: str
) -> None:
    folder = cans.oogiri_go(tmp_path / "go", [])
    (folder / "jp.jsonl").unlink()
    (folder / name).write_bytes(write([sample(number) for number in range(4)]).encode(encoding))
    report = oogiri_go.read(folder, crawl)
    assert (report.bokes, report.photos, dict(report.bad)) == (4, 2, {})


@pytest.mark.parametrize("prefix", ["", "images/", "jp/images/"])
def test_photos_are_taken_from_images_zip_as_published(tmp_path: Path, crawl: Path, prefix: str) -> None:
    folder = cans.oogiri_go(tmp_path / "go", [sample(number) for number in range(4)])
    zipped(folder / "images", folder / "images.zip", prefix)
    for photo in (folder / "images").iterdir():
        photo.unlink()
    assert oogiri_go.read(folder, crawl).photos == 2


@pytest.mark.parametrize(
    ("star", "stars", "unreadable"),
    [
        ("100", 100, 0),
        (100, 100, 0),
        (100.0, 100, 0),
        (None, None, 0),
        ("", None, 0),
        ("None", None, 0),
        ([5], None, 1),
        (True, None, 1),
        (-1, None, 1),
        (1.5, None, 1),
        ("many", None, 1),
        (float("nan"), None, 0),
        ({}, None, 1),
    ],
)
def test_stars(tmp_path: Path, crawl: Path, star: object, stars: int | None, unreadable: int) -> None:
    report = oogiri_go.read(cans.oogiri_go(tmp_path / "go", [sample(0, star=star)]), crawl)
    [row] = [row for path in crawl.glob("pages/*") for row in pq.read_table(path).to_pylist()]
    assert (row["bokes"][0]["stars"], report.unreadable["star"]) == (stars, unreadable)


@pytest.mark.parametrize(
    "line", ["[" * 200_000, '{"a":' * 100_000, '"' * 9, "\0", '{"text": "x"', "1e999", "NaN"]
)
def test_no_line_ends_an_import(tmp_path: Path, crawl: Path, line: str) -> None:
    report = oogiri_go.read(cans.oogiri_go(tmp_path / "go", [line, sample(0), line, sample(1)]), crawl)
    assert (report.bokes, report.bad["lines that are no sample"]) == (2, 2)


@pytest.mark.parametrize("image", ["None", "none", None, "", "nan", True, [], {}, float("nan"), "null"])
def test_a_sample_without_a_photo_is_counted(tmp_path: Path, crawl: Path, image: object) -> None:
    samples = [sample(0, image=image, type="T2T", question="None"), sample(1)]
    report = oogiri_go.read(cans.oogiri_go(tmp_path / "go", samples), crawl)
    assert (report.bokes, report.bad["samples without a photo"]) == (1, 1)


def test_nothing_that_can_be_read_ends_with_5_and_the_fields(tmp_path: Path, crawl: Path) -> None:
    folder = cans.oogiri_go(tmp_path / "go", [{"caption": "x", "photo": 1}])
    with pytest.raises(
        Unexpected, match=r"no boke could be read .*have caption, photo; needed are text and image"
    ):
        oogiri_go.read(folder, crawl)


def test_a_pipeline_may_consist_of_others_alone(tmp_path: Path, crawl: Path) -> None:
    bokekan.read(can(tmp_path / "can", CSV.encode()), crawl)
    config = tmp_path / "pipelines.yaml"
    config.write_text("pipelines: {p: {}, all: {dataset: {also: [p]}, crawl: {site: 'https://bokete.jp'}}}")
    arguments = ["--pipeline", "all", "--config", str(config), "--data", str(tmp_path / "data")]
    assert main(["dataset", *arguments]) == 0
    assert (tmp_path / "data" / "all" / "dataset" / "README.md").exists()
    config.write_text("pipelines: {p: {}, all: {dataset: {also: [none]}}}")
    assert main(["dataset", *arguments]) == 1
