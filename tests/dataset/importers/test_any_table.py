"""A table of one's own: every column, both kinds of file, what is left out, an export that comes back."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dataset import read
from dataset.build.stage import build
from dataset.export.formats import export
from dataset.importers import any_table
from dataset.options import DatasetOptions
from store.errors import Unexpected, UserError
from tests import crawl_tables
from tests.dataset.importers.cans import own_table

OPTIONS = DatasetOptions(tokenizer="characters")
ROW = {
    "image": "images/0.jpg",
    "text": "犬\nだ",
    "boke_id": 7,
    "odai_id": 5,
    "stars": "1,234",
    "raters": 9,
    "category": "シュール",
    "posted": "2013-05-01 09:30",
    "labels": "犬/猫",
    "licence": "https://creativecommons.org/licenses/by/4.0/",
    "photo_licence": "CC0",
    "credit": "梅",
}


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return tmp_path / "data" / "p" / "crawl"


def built(crawl: Path) -> list[dict[str, Any]]:
    """Return the photos, with their captions, of a dataset that is built from what was imported."""
    dataset = crawl.with_name("dataset")
    build(OPTIONS, [crawl], dataset, name="p")
    captions = read.captions(dataset).to_pylist()
    return [
        {**photo, "captions": [one for one in captions if one["sha256"] == photo["sha256"]]}
        for photo in read.photos(dataset).to_pylist()
    ]


@pytest.mark.parametrize("name", ["jokes.csv", "jokes.jsonl"])
def test_every_column_arrives(tmp_path: Path, crawl: Path, name: str) -> None:
    report = any_table.read(own_table(tmp_path / "own", [ROW], name), crawl)
    assert (report.bokes, report.photos, dict(report.bad), dict(report.unreadable)) == (1, 1, {}, {})
    [photo] = built(crawl)
    assert photo["sha256"] == sha256(crawl_tables.photo(0)).hexdigest()
    assert (photo["labels"], photo["odai_ids"]) == (["犬", "猫"], [5])
    assert (photo["source"], photo["licence"], photo["credit"]) == ("table", "CC0-1.0", "梅")
    [caption] = photo["captions"]
    assert (caption["boke_id"], caption["stars"], caption["raters"]) == (7, 1234, 9)
    assert (caption["text"], caption["category"], caption["licence"]) == ("犬\nだ", "シュール", "CC-BY-4.0")
    assert caption["posted"] == datetime(2013, 5, 1, 0, 30, tzinfo=UTC), "without a zone it is Japan's time"
    assert caption["url"] is None


def test_image_and_text_are_enough_and_other_names_for_them_do(tmp_path: Path, crawl: Path) -> None:
    rows = [{"File_Name": f"images/{n}.jpg", "Caption": f"{n}番", "labels": ["猫"]} for n in (0, 0, 1)]
    rows[1]["Caption"] = "別"
    assert any_table.read(own_table(tmp_path / "own", rows, "jokes.jsonl"), crawl).photos == 2
    found = {frozenset(one["text"] for one in photo["captions"]): photo for photo in built(crawl)}
    assert set(found) == {frozenset({"0番", "別"}), frozenset({"1番"})}
    assert all(photo["labels"] == ["猫"] for photo in found.values())


def test_two_tables_with_photos_of_the_same_name_do_not_mix(tmp_path: Path, crawl: Path) -> None:
    first = own_table(tmp_path / "one", [{"image": "images/0.jpg", "text": "一"}])
    second = own_table(tmp_path / "two", [{"image": "images/0.jpg", "text": "二"}])
    (tmp_path / "two" / "images" / "0.jpg").write_bytes(crawl_tables.photo(9))
    for table in (first, second, first):
        any_table.read(table, crawl)
    found = {photo["sha256"]: [one["text"] for one in photo["captions"]] for photo in built(crawl)}
    digests = [sha256(crawl_tables.photo(number)).hexdigest() for number in (0, 9)]
    assert found == {digests[0]: ["一"], digests[1]: ["二"]}
    assert str(tmp_path) not in str(found)


def test_captions_under_different_licences_keep_their_own(tmp_path: Path, crawl: Path) -> None:
    rows = [
        {**ROW, "boke_id": n, "text": f"{n}番", "licence": one} for n, one in enumerate(("MIT", "", "CC0"))
    ]
    any_table.read(own_table(tmp_path / "own", rows), crawl)
    [photo] = built(crawl)
    assert {one["boke_id"]: one["licence"] for one in photo["captions"]} == {0: "MIT", 1: None, 2: "CC0-1.0"}


def test_what_cannot_be_read_is_counted(tmp_path: Path, crawl: Path) -> None:
    table = own_table(tmp_path / "own", [{**ROW, "stars": "many"}, {**ROW, "image": ""}])
    table.write_text(table.read_text() + '\nhalf,a row\n"../../secret.jpg",盗み,1,2,3,4,,,,,,\n')
    report = any_table.read(table, crawl)
    assert report.bad == {"rows without image or text": 1, "lines that are no row": 1, "photos missing": 1}
    assert report.unreadable == {"stars": 1}


def test_a_table_without_the_columns_says_which_there_are(tmp_path: Path, crawl: Path) -> None:
    with pytest.raises(Unexpected, match=r"columns are joke, picture; needed are image and text\..*images/0"):
        any_table.read(own_table(tmp_path / "own", [{"joke": "犬", "picture": "a"}]), crawl)
    assert not list(crawl.glob("*/*.parquet"))


def test_a_table_without_rows_says_its_columns(tmp_path: Path, crawl: Path) -> None:
    (tmp_path / "empty.csv").write_text("image,words\n", encoding="utf-8")
    with pytest.raises(Unexpected, match="The columns are image, words; needed are"):
        any_table.read(tmp_path / "empty.csv", crawl)


def test_the_folder_is_named_to_who_stands_in_it(
    tmp_path: Path, crawl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.chdir(own)
    Path("t.csv").write_text("image,text\n../a.png,犬\ngone.png,猫\n", encoding="utf-8")
    with pytest.raises(Unexpected, match=r"leads out of own; gone\.png is missing in own"):
        any_table.read(Path("t.csv"), crawl)


def test_what_is_no_table_is_refused(tmp_path: Path, crawl: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    for name in ("rows.parquet", "."):
        with pytest.raises(UserError, match=r"is no table that is read here\. Name a file that ends in"):
            any_table.read(tmp_path / name, crawl)
    with pytest.raises(UserError, match="is not there"):
        any_table.read(tmp_path / "rows.csv", crawl)


def test_an_export_comes_back(tmp_path: Path, crawl: Path) -> None:
    any_table.read(own_table(tmp_path / "own"), crawl)
    before = {photo["sha256"]: {one["text"] for one in photo["captions"]} for photo in built(crawl)}
    export(crawl.with_name("dataset"), tmp_path / "pairs", "pairs")
    again = tmp_path / "data" / "again" / "crawl"
    for split in ("train", "dev"):
        if (tmp_path / "pairs" / f"{split}.jsonl").read_text():
            any_table.read(tmp_path / "pairs" / f"{split}.jsonl", again)
    after = {photo["sha256"]: {one["text"] for one in photo["captions"]} for photo in built(again)}
    assert after == before
    assert sum(map(len, before.values())) == 6
