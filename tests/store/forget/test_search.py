"""Content is found in whatever file holds it."""

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.forget.content import Content
from store.forget.search import search
from store.whole_file import write_json, write_whole
from tests import crawl_tables


def photo(odai: int) -> str:
    return hashlib.sha256(crawl_tables.photo(odai)).hexdigest()


def test_search_finds_content_in_any_form(tmp_path: Path) -> None:
    wanted = Content(sha256s={photo(1)}, texts={"長い一度きりのボケ"})
    places = {
        "a.jpg": crawl_tables.photo(1),
        "b.txt": f"x {photo(1)} y".encode(),
        "c.json": json.dumps({"a": ["長い一度きりのボケ"]}).encode(),
        "d.log": "… 長い一度きりのボケ …".encode(),
        "e.parquet": b"no parquet, but " + photo(1).encode(),
    }
    for name, held in places.items():
        write_whole(tmp_path / name, held)
    table = pa.table({"x": [{"y": [crawl_tables.photo(1)]}]})
    pq.write_table(table, tmp_path / "f.parquet")
    assert [path.name for path in search(tmp_path, wanted)] == sorted({*places, "f.parquet"})


def test_a_caption_of_two_lines_is_found_on_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,長い一度きりの ボケである\n")
    (tmp_path / "b.csv").write_text("1,長い一度きりの、ボケである\n")
    found = search(tmp_path, Content(texts={"長い一度きりの\nボケである"}))
    assert [path.name for path in found] == ["a.csv"]


def test_words_that_are_also_captions_are_not_taken_for_them(tmp_path: Path) -> None:
    wanted = Content(texts={"犬"})
    write_json(tmp_path / "labels.json", {"labels": ["犬"], "text": "犬が"})
    pq.write_table(pa.table({"tokens": ["犬"]}), tmp_path / "tokens.parquet")
    assert search(tmp_path, wanted) == []
    write_json(tmp_path / "text.json", {"text": "犬"})
    pq.write_table(pa.table({"text": ["犬"]}), tmp_path / "text.parquet")
    assert [path.name for path in search(tmp_path, wanted)] == ["text.json", "text.parquet"]


def test_search_follows_links_to_other_disks_and_not_in_circles(tmp_path: Path) -> None:
    wanted, disk = Content(sha256s={photo(1)}), tmp_path / "disk"
    write_whole(disk / "a.txt", photo(1))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset").symlink_to(disk)
    (disk / "back").symlink_to(tmp_path / "data")
    assert search(tmp_path / "data", wanted) == [tmp_path / "data" / "dataset" / "a.txt"]


def test_search_takes_json_that_nobody_can_follow_for_plain_text(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.json", "[" * 100_000 + photo(1))
    write_whole(tmp_path / "b.json", "[" * 100_000)
    assert [path.name for path in search(tmp_path, Content(sha256s={photo(1)}))] == ["a.json"]
