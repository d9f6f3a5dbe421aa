"""Importers: others' datasets become crawl tables, and what cannot be read is counted."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from commands.forget.command import forget
from commands.verify import verify
from dataset import read
from dataset.build.stage import build
from dataset.importers import bokekan, oogiri_go
from dataset.options import DatasetOptions
from store.errors import DamagedFile, Unexpected, UserError
from store.forget.content import Request
from store.place import Place
from store.register.sources import read_sources
from tests import crawl_tables, speaking_photos
from tests.dataset.importers import cans
from tests.dataset.importers.cans import boke_row, can, rows_as_csv, sample

ROWS = [boke_row(number) for number in range(1, 7)]


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return tmp_path / "data" / "p" / "crawl"


def captions(crawl: Path) -> dict[int, dict[str, Any]]:
    directory = crawl.with_name("dataset")
    build(DatasetOptions(exclude_kinds=()), [crawl], directory, name="p")
    return {row["boke_id"] or n: row for n, row in enumerate(read.captions(directory).to_pylist())}


def table(crawl: Path, name: str) -> list[dict[str, Any]]:
    return [
        row for path in sorted((crawl / name).glob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


# ---- bokekan


def test_a_can_becomes_a_dataset(tmp_path: Path, crawl: Path) -> None:
    report = bokekan.read(can(tmp_path / "can", rows_as_csv(ROWS).encode()), crawl)
    assert (report.bokes, report.photos, dict(report.bad)) == (6, 3, {})
    assert verify(crawl) == []
    found = captions(crawl)
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    assert found[2]["text"] == "ボケ2"
    assert (found[2]["stars"], found[2]["raters"], found[2]["labels"]) == (20, 2, ["犬", "猫"])
    assert found[2]["url"] == "https://bokete.jp/boke/2"
    assert found[2]["posted"] == datetime(2013, 5, 1, 0, 30, tzinfo=UTC)


def test_a_photo_that_repeats_between_cans_is_stored_once(tmp_path: Path, crawl: Path) -> None:
    for name, numbers in (("can1", (1, 2)), ("can2", (4, 5))):
        can(tmp_path / "cans" / name, rows_as_csv(map(boke_row, numbers)).encode())
    report = bokekan.read(tmp_path / "cans", crawl)
    assert (report.bokes, report.photos) == (4, 2)
    assert len(captions(crawl)) == 4


def test_importing_twice_adds_no_photo(tmp_path: Path, crawl: Path) -> None:
    source = can(tmp_path / "can", rows_as_csv(ROWS).encode())
    bokekan.read(source, crawl)
    assert bokekan.read(source, crawl).photos == 0
    assert len(captions(crawl)) == 6
    assert len(read_sources(crawl)) == 1


def test_what_a_killed_import_left_goes_with_the_next(tmp_path: Path, crawl: Path) -> None:
    left = [crawl / ".tmp-0a1b2c3d-sources.json", crawl / "pages" / ".tmp-0a1b2c3d-import-0.parquet"]
    for path in (*left, crawl / "images" / ".tmp-0a1b2c3d-import-0.parquet", crawl / "images" / "mine.txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half a file")
    bokekan.read(can(tmp_path / "can", rows_as_csv(ROWS).encode()), crawl)
    assert not list(crawl.rglob(".tmp-*"))
    assert (crawl / "images" / "mine.txt").exists()


def test_users_are_not_stored(tmp_path: Path, crawl: Path) -> None:
    bokekan.read(can(tmp_path / "can", rows_as_csv(ROWS).encode()), crawl)
    assert "撮った人" not in str(table(crawl, "pages"))


def test_photos_are_credited_and_captions_have_no_known_licence(tmp_path: Path, crawl: Path) -> None:
    """By the cans' own terms: photos are CC BY 2.0, by those whom `odai_photo_by` names."""
    rows = [boke_row(1), boke_row(2, odai_photo_by=" "), boke_row(3, odai_photo_by="-")]
    bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), crawl)
    found = captions(crawl)
    assert {(row["source"], row["licence"]) for row in found.values()} == {("bokekan", None)}
    photos = read.photos(crawl.with_name("dataset")).to_pylist()
    assert {(row["source"], row["licence"]) for row in photos} == {("bokekan", "CC-BY-2.0")}
    assert sorted(str(row["credit"]) for row in photos) == ["None", "None", "撮った人"]


def test_what_an_earlier_version_imported_is_told_by_another_import(tmp_path: Path, crawl: Path) -> None:
    source = can(tmp_path / "can", rows_as_csv(ROWS).encode())
    bokekan.read(source, crawl)
    for path in (crawl / "images").glob("*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["source", "licence", "credit", "rights"]), path)
    assert bokekan.read(source, crawl).photos == 3
    captions(crawl)
    photos = read.photos(crawl.with_name("dataset")).to_pylist()
    assert [(row["licence"], row["credit"]) for row in photos] == [("CC-BY-2.0", "撮った人")] * 3


def test_licence_and_source_are_in_the_card(tmp_path: Path, crawl: Path) -> None:
    bokekan.read(can(tmp_path / "can", rows_as_csv(ROWS).encode()), crawl)
    captions(crawl)
    card = (crawl.with_name("dataset") / "README.md").read_text()
    assert "**bokekan** — licence: photos CC BY 2.0" in card


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_encodings(tmp_path: Path, crawl: Path, encoding: str) -> None:
    bokekan.read(can(tmp_path / "can", rows_as_csv(ROWS).encode(encoding)), crawl)
    assert captions(crawl)[1]["text"] == "ボケ1"


def test_bytes_of_no_encoding_leave_out_only_their_caption(tmp_path: Path, crawl: Path) -> None:
    content = rows_as_csv(ROWS).encode().replace("ボケ3".encode(), b"\xff\xfe\xfd")
    bokekan.read(can(tmp_path / "can", content), crawl)
    assert sorted(captions(crawl)) == [1, 2, 4, 5, 6]


def test_line_breaks_in_quotes_are_kept(tmp_path: Path, crawl: Path) -> None:
    rows = [boke_row(1, text='一行目\n"二行目",三')]
    bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), crawl)
    assert captions(crawl)[1]["text"] == '一行目\n"二行目",三'


@pytest.mark.parametrize(
    "broken",
    ['9,"終わらない引用', "9,列が足りない", '9,100,"a"b"c,x', "番号,100,500,images/0.jpg" + "," * 9],
    ids=["open quote", "few columns", "stray quotes", "no number"],
)
def test_a_broken_line_costs_only_itself(tmp_path: Path, crawl: Path, broken: str) -> None:
    lines = rows_as_csv(ROWS).split("\r\n")
    lines.insert(3, broken)
    report = bokekan.read(can(tmp_path / "can", "\r\n".join(lines).encode()), crawl)
    assert report.bokes == 6
    assert report.bad["lines that are no record"] == 1


def test_missing_photos_are_told_and_counted(tmp_path: Path, crawl: Path) -> None:
    report = bokekan.read(can(tmp_path / "can", rows_as_csv(ROWS).encode(), photos=(0, 1)), crawl)
    assert report.bad["photos missing"] == 1
    [missing] = [row for row in table(crawl, "images") if row["outcome"] == "missing"]
    assert missing["error"] == "2.jpg is missing in can"
    assert sorted(captions(crawl)) == [1, 3, 4, 6]


def test_a_photo_missing_in_one_can_is_taken_from_another(tmp_path: Path, crawl: Path) -> None:
    can(tmp_path / "cans" / "1", rows_as_csv(ROWS).encode(), photos=())
    can(tmp_path / "cans" / "2", rows_as_csv(ROWS).encode())
    assert bokekan.read(tmp_path / "cans", crawl).photos == 3


def test_a_photo_that_is_none_is_told(tmp_path: Path, crawl: Path) -> None:
    source = can(tmp_path / "can", rows_as_csv(ROWS).encode())
    (source / "images" / "0.jpg").write_bytes(b"<html>")
    assert bokekan.read(source, crawl).bad["photos error"] == 1


def test_a_photo_that_forbids_training_is_denied_and_one_with_rights_keeps_them(
    tmp_path: Path, crawl: Path
) -> None:
    directory = can(tmp_path / "can", rows_as_csv(boke_row(number) for number in range(3)).encode())
    forbids = speaking_photos.png(speaking_photos.xmp("DMI-PROHIBITED"))
    (directory / "images" / "0.jpg").write_bytes(forbids)
    (directory / "images" / "1.jpg").write_bytes(speaking_photos.webp())
    report = bokekan.read(directory, crawl)
    said = {row["outcome"]: row for row in table(crawl, "images")}
    assert report.bad == {"photos denied": 1}
    assert (said["denied"]["error"], said["denied"]["bytes"]) == ("plus:DataMining: DMI-PROHIBITED", None)
    rights = [row["rights"] for row in table(crawl, "images") if row["rights"]]
    assert rights == [{k: v for k, v in speaking_photos.STATED.items() if k != "data_mining"}]


@pytest.mark.parametrize("path", ["../secret.jpg", "/etc/passwd"])
def test_a_path_out_of_the_can_is_not_followed(tmp_path: Path, crawl: Path, path: str) -> None:
    source = can(tmp_path / "can", rows_as_csv([boke_row(1, odai_photo_url=path)]).encode())
    (tmp_path / "secret.jpg").write_bytes((source / "images" / "0.jpg").read_bytes())
    with pytest.raises(
        Unexpected, match=r"none of their photos was found: (its path leads out of can|passwd)"
    ):
        bokekan.read(source, crawl)


def test_a_file_with_other_columns_is_told_with_them(tmp_path: Path, crawl: Path) -> None:
    with pytest.raises(
        Unexpected, match=r"1 files without the columns of a boke\.csv.* has the columns a, b\. "
    ) as told:
        bokekan.read(can(tmp_path / "can", b"a,b\n1,2\n"), crawl)
    assert told.value.exit_status == 5
    assert not list(crawl.rglob("*.parquet"))


def test_strange_numbers_and_dates_become_nulls(tmp_path: Path, crawl: Path) -> None:
    rows = [boke_row(1, rate_sum="12つ", rate_count="-3", posted_at="昨日"), boke_row(2, rate_sum="1,234")]
    report = bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), crawl)
    found = captions(crawl)
    assert (found[1]["stars"], found[1]["raters"], found[1]["posted"]) == (None, None, None)
    assert found[2]["stars"] == 1234
    assert report.unreadable == {"rate_sum": 1, "rate_count": 1, "posted_at": 1}
    assert "1 values of posted_at that could not be read, such as '昨日'" in str(report)


@pytest.mark.parametrize("reader", [bokekan.read, oogiri_go.read])
def test_a_source_that_is_not_there_or_is_empty_says_so(tmp_path: Path, crawl: Path, reader: Any) -> None:
    with pytest.raises(UserError, match="is not there"):
        reader(tmp_path / "none", crawl)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no"):
        reader(tmp_path / "empty", crawl)


def test_what_was_forgotten_is_not_imported_again(tmp_path: Path, crawl: Path) -> None:
    source = can(tmp_path / "can", rows_as_csv(ROWS).encode())
    bokekan.read(source, crawl)
    captions(crawl)
    forget(Place(tmp_path / "data", "p"), Request(boke=2))
    forget(Place(tmp_path / "data", "p"), Request(odai=100))
    bokekan.read(source, crawl)
    assert "ボケ2" not in str(table(crawl, "pages"))
    assert sorted(captions(crawl)) == [1, 4, 5]


def test_a_damaged_list_of_sources_is_named(tmp_path: Path, crawl: Path) -> None:
    crawl.mkdir(parents=True)
    (crawl / "sources.json").write_text("{")
    with pytest.raises(DamagedFile, match=r"sources\.json"):
        read_sources(crawl)


# ---- Oogiri-GO


def test_oogiri_go_becomes_a_dataset(tmp_path: Path, crawl: Path) -> None:
    source = cans.oogiri_go(tmp_path / "go", [sample(number) for number in range(4)])
    report = oogiri_go.read(source, crawl)
    assert (report.bokes, report.photos, dict(report.bad)) == (4, 2, {})
    rows = captions(crawl).values()
    assert {(row["text"], row["stars"], row["odai_id"]) for row in rows} == {
        (f"答え{n}", n, n % 2) for n in range(4)
    }
    assert {(row["source"], row["licence"]) for row in rows} == {("oogiri-go", "MIT")}
    assert {row["url"] for row in rows} == {None}, "the data set names no addresses"
    photos = read.photos(crawl.with_name("dataset")).to_pylist()
    assert {(row["source"], row["licence"], row["credit"]) for row in photos} == {("oogiri-go", "MIT", None)}
    card = (crawl.with_name("dataset") / "README.md").read_text()
    assert "**oogiri-go** — licence: MIT" in card
    assert "bokete.jp" not in card


def test_samples_without_photo_and_broken_lines_are_counted(tmp_path: Path, crawl: Path) -> None:
    lines = ["{broken", "[]", '{"text": 3}', ""]
    samples: list[dict[str, object] | str] = [sample(0), sample(1, type="T2T", image=None), *lines]
    report = oogiri_go.read(cans.oogiri_go(tmp_path / "go", samples), crawl)
    assert report.bokes == 1
    assert report.bad == {"samples without a photo": 1, "lines that are no sample": 3}


def test_kinds_and_stars_that_nobody_knows(tmp_path: Path, crawl: Path) -> None:
    samples = [sample(0, type="IT2T", star=None), sample(1)]
    oogiri_go.read(cans.oogiri_go(tmp_path / "go", samples), crawl)
    kinds = {row["odai_id"]: row["kind"] for row in table(crawl, "pages")}
    assert kinds == {0: "fill-in", 1: "photo"}
    assert {row["stars"] for row in captions(crawl).values()} == {None, 1}


def test_a_file_can_be_named_instead_of_its_folder(tmp_path: Path, crawl: Path) -> None:
    source = cans.oogiri_go(tmp_path / "go", [sample(0)])
    assert oogiri_go.read(source / "jp.jsonl", crawl).photos == 1


def test_an_image_name_cannot_lead_out_of_the_folder(tmp_path: Path, crawl: Path) -> None:
    source = cans.oogiri_go(tmp_path / "go", [sample(0, image="../../secret")])
    (tmp_path / "secret.jpg").write_bytes((source / "images" / "0.jpg").read_bytes())
    with pytest.raises(Unexpected, match="leads out of go"):
        oogiri_go.read(source, crawl)


@pytest.mark.parametrize("called", ["7.jfif", "7.avif", "7.jpe", "7.mpo", "7.gif", "7.JPG", "7", "7.txt"])
@pytest.mark.parametrize("place", ["images", ""])
@pytest.mark.parametrize("named", ["7", "7.jpg"])
def test_a_photo_is_found_whatever_its_suffix(
    tmp_path: Path, crawl: Path, place: str, called: str, named: str
) -> None:
    source = cans.oogiri_go(tmp_path / "go", [sample(0, image=named)], photos=())
    (source / place / called).write_bytes(crawl_tables.photo(7))
    (source / place / "7.aaa").write_text("a text of the same name")
    assert oogiri_go.read(source, crawl).photos == 1
    assert [row["format"] for row in table(crawl, "images")] == ["jpeg"]


@pytest.mark.parametrize("named", ["a\0b", "x" * 5000, "/etc/passwd", "../go/jp.jsonl", ".", "", "7/7"])
def test_names_that_no_photo_has_are_told(tmp_path: Path, crawl: Path, named: str) -> None:
    source = cans.oogiri_go(tmp_path / "go", [sample(0, image=named), sample(1)])
    report = oogiri_go.read(source, crawl)
    assert (report.photos, report.bad.total()) == (1, 1)


def test_two_sources_are_both_in_the_card(tmp_path: Path, crawl: Path) -> None:
    bokekan.read(can(tmp_path / "can", rows_as_csv(ROWS).encode()), crawl)
    oogiri_go.read(cans.oogiri_go(tmp_path / "go", [sample(0)]), crawl)
    assert [source["name"] for source in read_sources(crawl)] == ["bokekan", "oogiri-go"]
