"""Cans and samples that other tools have been at: each costs what is broken in it, and nothing else."""

import json
import os
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dataset.importers import bokekan, oogiri_go
from store.errors import TooLittleRoom, Unexpected, UserError
from store.options import StageOptions
from store.place import Place
from store.processes.lock import locked
from store.processes.room import Room
from tests.crawl_tables import photo, rows
from tests.dataset.importers import cans
from tests.dataset.importers.cans import boke_row, can, rows_as_csv, sample

ROWS = [boke_row(number) for number in range(1, 7)]
CSV = rows_as_csv(ROWS).encode()
PHOTOS = [(f"images/{number}.jpg", photo(number)) for number in range(3)]


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return tmp_path / "data" / "p" / "crawl"


def bokes(crawl: Path) -> list[dict[str, Any]]:
    paths = sorted(crawl.glob("pages/*.parquet"))
    return [boke for path in paths for row in pq.read_table(path).to_pylist() for boke in row["bokes"]]


def zipped(path: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


# ---- what stands before, behind and between


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" * 2 + CSV,
        b"sep=,\r\n" + CSV,
        b"\r\n\r\n" + CSV,
        rows_as_csv([boke_row(n, text="あ" * 3000) for n in range(1, 7)]).encode("utf-16-le"),
        CSV.replace(b"\r\n", b"\r"),
        CSV.replace(b"\r\n", b"\n"),
    ],
    ids=["two marks", "sep line", "blank lines", "utf-16 of long captions", "CR", "LF"],
)
def test_tables_are_read_whatever_stands_around_them(tmp_path: Path, crawl: Path, content: bytes) -> None:
    report = bokekan.read(can(tmp_path / "can", content), crawl)
    assert (report.bokes, report.photos, dict(report.bad)) == (6, 3, {})


def test_zeros_behind_a_table_are_one_line(tmp_path: Path, crawl: Path) -> None:
    report = bokekan.read(can(tmp_path / "can", CSV + bytes(5000)), crawl)
    assert (report.bokes, dict(report.bad)) == (6, {"lines that are no record": 1})


@pytest.mark.parametrize(
    "nothing", ["—", "－", "--", "(null)", "#VALUE!", "なし", "?", "[]", "-NaN", "#N/A N/A"]
)
def test_markers_of_other_tools_are_nothing(tmp_path: Path, crawl: Path, nothing: str) -> None:
    columns = ("category", "posted_at", "rate_sum", "rate_count", "labels", "odai_photo_id")
    row = boke_row(1, text=nothing, **dict.fromkeys(columns, nothing))
    report = bokekan.read(can(tmp_path / "can", rows_as_csv([row, boke_row(2)]).encode()), crawl)
    boke = next(boke for boke in bokes(crawl) if boke["boke_id"] == 1)
    assert boke["text"] == nothing  # a caption never is nothing
    assert [boke[name] for name in ("category", "posted", "stars", "raters")] == [None] * 4
    assert not report.unreadable
    assert report.photos == 2  # and not one photo for all rows whose photo has no number


def test_a_photos_number_is_the_same_with_and_without_a_point(tmp_path: Path, crawl: Path) -> None:
    rows = [boke_row(1, odai_photo_id="501.0"), boke_row(4, odai_photo_id="501")]
    assert bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), crawl).photos == 1
    assert {boke["image_url"] for boke in bokes(crawl)} == {"bokekan:photo/501"}


def test_a_message_names_few_columns(tmp_path: Path, crawl: Path) -> None:
    header = ",".join(f"{'x' * 400}{number}" for number in range(400))
    with pytest.raises(Unexpected) as told:
        bokekan.read(can(tmp_path / "can", header.encode()), crawl)
    assert len(str(told.value)) < 2000


# ---- files and their names


@pytest.mark.parametrize(
    ("called", "written"),
    [
        (unicodedata.normalize("NFD", "が.jpg"), "/images/が.jpg"),
        ("犬 1.jpg", "/images/%E7%8A%AC%201.jpg"),
        ("100%.jpg", "/images/100%.jpg"),
    ],
)
def test_names_are_found_in_other_spellings(tmp_path: Path, crawl: Path, called: str, written: str) -> None:
    source = can(tmp_path / "can", rows_as_csv([boke_row(1, odai_photo_url=written)]).encode(), photos=())
    (source / "images" / called).write_bytes(photo(1))
    assert bokekan.read(source, crawl).photos == 1


def test_an_escaped_path_does_not_lead_out(tmp_path: Path, crawl: Path) -> None:
    rows = [boke_row(1, odai_photo_url="/images/%2e%2e/%2e%2e/secret.jpg"), boke_row(2)]
    source = can(tmp_path / "can", rows_as_csv(rows).encode())
    (tmp_path / "secret.jpg").write_bytes(photo(9))
    assert bokekan.read(source, crawl).photos == 1


def test_names_with_backslashes_in_a_zip_file(tmp_path: Path, crawl: Path) -> None:
    files = [
        ("can\\boke.csv", CSV),
        *((f"can\\{name.replace('/', chr(92))}", content) for name, content in PHOTOS),
    ]
    assert bokekan.read(zipped(tmp_path / "can.zip", files), crawl).photos == 3


def test_names_that_lead_out_of_a_zip_file_are_only_names(tmp_path: Path, crawl: Path) -> None:
    files = [("../boke.csv", CSV), *((f"../{name}", content) for name, content in PHOTOS), ("/etc/x", b"y")]
    before = sorted(path for path in tmp_path.rglob("*"))
    assert bokekan.read(zipped(tmp_path / "can.zip", files), crawl).photos == 3
    made = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "data")} - {*before}
    assert made == {tmp_path / "can.zip"}


@pytest.mark.parametrize("inner", ["can1.zip", "images.zip"])
def test_a_zip_file_within_a_zip_file_is_named(tmp_path: Path, crawl: Path, inner: str) -> None:
    files = PHOTOS if inner == "images.zip" else [("boke.csv", CSV), *PHOTOS]
    packed = zipped(tmp_path / inner, files).read_bytes()
    outer = [(inner, packed), *([("boke.csv", CSV)] if inner == "images.zip" else [])]
    with pytest.raises(Unexpected, match=rf"{inner} is a zip file within all\.zip, which is not looked into"):
        bokekan.read(zipped(tmp_path / "all.zip", outer), crawl)


def test_links_that_lead_nowhere_or_to_themselves_are_passed_over(tmp_path: Path, crawl: Path) -> None:
    source = can(tmp_path / "can", CSV)
    (source / "round").symlink_to(source)
    (source / "self").symlink_to("self")
    (source / "images" / "9.jpg").symlink_to("nowhere")
    os.mkfifo(source / "images" / "8.jpg")
    (source / "images" / os.fsdecode(b"\xff\xfe.jpg")).write_bytes(photo(1))
    assert bokekan.read(source, crawl).photos == 3


def flagged(path: Path, member: int) -> Path:
    """Say in a zip file that one of its files is encrypted (APPNOTE.TXT, 4.4.4: bit 0 of the flags)."""
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        for _ in range(member + 1):
            place = content.find(mark, place + 1)
        content[place + offset] |= 1
    path.write_bytes(bytes(content))
    return path


def test_an_encrypted_photo_costs_itself(tmp_path: Path, crawl: Path) -> None:
    source = flagged(zipped(tmp_path / "can.zip", [("boke.csv", CSV), *PHOTOS]), member=1)
    report = bokekan.read(source, crawl)
    assert (report.photos, report.bad["photos error"]) == (2, 1)


@pytest.mark.parametrize(
    "spoil", [lambda path: flagged(path, 0), lambda path: path.write_bytes(path.read_bytes()[:-99])]
)
def test_a_can_that_cannot_be_read_does_not_end_the_others(
    tmp_path: Path, crawl: Path, spoil: Callable[[Path], object]
) -> None:
    (tmp_path / "cans").mkdir()
    for name in ("1.zip", "2.zip"):
        zipped(tmp_path / "cans" / name, [("boke.csv", CSV), *PHOTOS])
    spoil(tmp_path / "cans" / "1.zip")
    assert bokekan.read(tmp_path / "cans", crawl).bokes == 6
    with pytest.raises(Unexpected, match=r"1\.zip (cannot be read: .*encrypted|is no zip file)") as told:
        bokekan.read(tmp_path / "cans" / "1.zip", crawl)
    assert told.value.exit_status == 5


def test_a_file_that_claims_ten_gigabytes_is_refused_unread(
    tmp_path: Path, crawl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bokekan, "MAX_TABLE_BYTES", 10_000)
    path = tmp_path / "can.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("boke.csv", CSV + b" " * 20_000)
    monkeypatch.setattr("dataset.importers.photo_files.Member.read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(Unexpected, match="more than 10,000 bytes"):
        bokekan.read(path, crawl)


def test_a_photo_that_unpacks_to_more_than_it_may_costs_itself(
    tmp_path: Path, crawl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.importers.tables.MAX_PHOTO_BYTES", 100_000)
    path = zipped(tmp_path / "can.zip", [("boke.csv", CSV), ("images/0.jpg", bytes(10**6)), *PHOTOS[1:]])
    report = bokekan.read(path, crawl)
    assert (report.photos, report.bad["photos error"]) == (2, 1)


# ---- samples


def as_text(
    samples: Iterable[dict[str, Any]], before: str = "", between: str = "\n", after: str = "", **how: Any
) -> str:
    return before + between.join(json.dumps(one, **how) for one in samples) + after


SAMPLES = [sample(number) for number in range(4)]


@pytest.mark.parametrize(
    "content",
    [
        as_text(SAMPLES, between=",\n"),
        as_text(SAMPLES, indent=1),
        as_text(SAMPLES, between=""),
        as_text(SAMPLES, between="\r"),
        as_text(SAMPLES, between="\n\ufeff"),
        as_text(SAMPLES, before="\x1e", between="\n\x1e"),
        as_text(SAMPLES, before="[", between=",\n", after="]"),
        as_text(SAMPLES, before="[", between=",", after=',{"text": "cut', indent=2),
        as_text(SAMPLES, before='[null, {"text": ?},', between=",", after="]"),
        as_text(SAMPLES, before="[" * 200_000 + "?,", between=","),
        as_text(SAMPLES, before='{"a":' * 100_000 + "\n", between="\n"),
    ],
    ids=[
        "commas",
        "pretty",
        "joined",
        "CR",
        "marks",
        "RFC 7464",
        "array",
        "cut",
        "bad ones",
        "brackets",
        "deep",
    ],
)
def test_samples_are_read_however_they_are_written_down(tmp_path: Path, crawl: Path, content: str) -> None:
    folder = cans.oogiri_go(tmp_path / "go", [])
    (folder / "jp.jsonl").write_bytes(content.encode())
    report = oogiri_go.read(folder, crawl)
    assert (report.bokes, report.photos) == (4, 2)


def test_a_number_of_5000_digits_costs_itself(tmp_path: Path, crawl: Path) -> None:
    line = '{"text": "あ", "image": "0", "star": ' + "9" * 5000 + "}"
    report = oogiri_go.read(cans.oogiri_go(tmp_path / "go", [line, sample(1)]), crawl)
    assert (report.bokes, report.unreadable) == (2, {"star": 1})


# ---- the disk, and others


@pytest.mark.parametrize("name", ["bokekan", "oogiri-go"])
def test_an_import_leaves_room_on_the_disk(tmp_path: Path, crawl: Path, name: str) -> None:
    room = Room(crawl, StageOptions(min_free_gb=10**6), "import", Place.of(crawl), again="bokeru import …")
    with pytest.raises(TooLittleRoom, match=r"too little for import.*then: bokeru import …"):
        if name == "bokekan":
            bokekan.read(can(tmp_path / "can", CSV), crawl, room)
        else:
            oogiri_go.read(cans.oogiri_go(tmp_path / "go", SAMPLES), crawl, room)
    assert not list(crawl.rglob("*.parquet"))


def test_room_that_ends_on_the_way_ends_the_import_with_whole_files(
    tmp_path: Path, crawl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter([1, 1, 1, 1, *[-1] * 99])
    monkeypatch.setattr(Room, "bytes_left", lambda self: next(left))
    source = can(tmp_path / "can", CSV)
    room = Room(crawl, StageOptions(), "import", Place.of(crawl))
    with pytest.raises(TooLittleRoom):
        bokekan.read(source, crawl, room)
    assert not list(crawl.rglob(".tmp-*"))
    assert bokekan.read(source, crawl).bokes == 6


def test_an_import_waits_for_a_crawl(tmp_path: Path, crawl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.processes.lock.PATIENCE", 0)
    with (
        locked(crawl / ".lock", "is crawling"),
        pytest.raises(UserError, match="another process is crawling"),
    ):
        bokekan.read(can(tmp_path / "can", CSV), crawl)


@pytest.mark.parametrize(
    "written", ["/images/" + "x" * 300 + ".jpg", "/images/a\0b.jpg", "/images/\x1b[2J.jpg"]
)
def test_a_name_that_no_disk_takes_costs_its_photo(tmp_path: Path, crawl: Path, written: str) -> None:
    content = rows_as_csv([boke_row(1, odai_photo_url=written), boke_row(2)]).encode()
    report = bokekan.read(can(tmp_path / "can", content), crawl)
    assert (report.bokes, report.photos, report.bad["photos missing"]) == (2, 1, 1)


def test_a_folder_called_boke_csv_is_no_table(tmp_path: Path, crawl: Path) -> None:
    source = can(tmp_path / "cans" / "1", CSV)
    (tmp_path / "cans" / "2" / "boke.csv").mkdir(parents=True)
    assert bokekan.read(tmp_path / "cans", crawl).photos == 3
    (source / "boke.csv").unlink()
    (source / "boke.csv").mkdir()
    for named in (source, source / "boke.csv"):
        with pytest.raises(Unexpected, match=r"holds no boke\.csv; files there: images/0\.jpg"):
            bokekan.read(named, crawl)


@pytest.mark.parametrize("field", ["image", "text", "type"])
def test_half_a_character_costs_its_own_value_at_most(tmp_path: Path, crawl: Path, field: str) -> None:
    r"""JSON may hold a lone surrogate (RFC 8259, 8.2), which no UTF-8 can: it is written as U+FFFD."""
    source = cans.oogiri_go(tmp_path / "go", [sample(0), json.dumps({**sample(1), field: "x\ud800"})])
    report = oogiri_go.read(source, crawl)
    assert (report.bokes, report.photos) == (2, 1 if field == "image" else 2)
    texts = {boke["text"] for row in rows(crawl, "pages") for boke in row["bokes"]}
    assert texts == {"答え0", "x\ufffd" if field == "text" else "答え1"}
