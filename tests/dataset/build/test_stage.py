"""The dataset stage as a whole: from a crawl's tables to files that are whole or not there."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.verify import verify
from crawler.memory import merging
from dataset import read
from dataset.build import stage
from dataset.build.stage import build, connect
from dataset.build.steps import STEPS
from dataset.options import DatasetOptions
from store.errors import DamagedFile, MissingStage, TooLittleRoom, UserError
from store.place import Place
from store.processes.room import Room
from store.schema import IMAGES, PAGES
from tests import crawl_tables
from tests.crawl_tables import NOW, boke, image, page, write
from tests.small_disk import SmallDisk

OPTIONS = DatasetOptions(dev_fraction=0.3)


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return crawl_tables.crawl(tmp_path / "p" / "crawl")


@pytest.fixture
def dataset(crawl: Path) -> Path:
    return built(crawl)


def built(crawl: Path, options: DatasetOptions = OPTIONS) -> Path:
    directory = crawl.with_name("dataset")
    build(options, [crawl], directory, name="p")
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    """Return the files of a directory, with their path in it."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def one(tmp_path: Path, *bokes: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    """Return the captions of a dataset of one photo."""
    crawl = write(tmp_path / "p" / "crawl", [page(1, bokes)], [image(1)])
    rows: list[dict[str, Any]] = read.captions(built(crawl, DatasetOptions(**settings))).to_pylist()
    return rows


def sides(dataset: Path) -> dict[str, str]:
    return {row["sha256"]: row["split"] for row in read.photos(dataset).to_pylist()}


# ---- what is built


def test_every_photo_is_in_one_split_with_its_captions(dataset: Path) -> None:
    train, dev = read.captions(dataset, "train"), read.captions(dataset, "dev")
    assert len(train) + len(dev) == 20 * 4
    assert not set(train["sha256"].to_pylist()) & set(dev["sha256"].to_pylist())
    assert len(dev) > 0


def test_bytes_come_back_as_crawled(dataset: Path) -> None:
    crawled = {row["sha256"]: row["bytes"] for row in map(crawl_tables.image, range(1, 21))}
    assert dict(read.photo_bytes(dataset)) == crawled


def test_a_built_dataset_is_whole(dataset: Path) -> None:
    assert verify(dataset.parent) == []


def test_captions_come_best_first(dataset: Path) -> None:
    for photo in pq.read_table(read.shards(dataset)[0])["captions"].to_pylist():
        stars = [caption["stars"] for caption in photo]
        assert stars == sorted(stars, reverse=True)


def test_the_vocabulary_is_of_train_only(dataset: Path) -> None:
    tokens = {token for tokens in read.captions(dataset, "train")["tokens"].to_pylist() for token in tokens}
    assert set(read.vocabulary(dataset).tokens[4:]) == tokens


def test_the_same_photo_at_two_addresses_is_one_row(tmp_path: Path) -> None:
    content = crawl_tables.photo(1)
    pages = [page(1, [boke(1, 1, "一")]), page(2, [boke(2, 2, "二")])]
    dataset = built(write(tmp_path / "p" / "crawl", pages, [image(1, content), image(2, content)]))
    assert read.photos(dataset)["odai_ids"].to_pylist() == [[1, 2]]
    assert sorted(read.captions(dataset)["text"].to_pylist()) == ["一", "二"]


def test_the_newest_version_of_a_boke_counts(tmp_path: Path) -> None:
    crawl = tmp_path / "p" / "crawl"
    write(crawl, [page(1, [boke(1, 1, "新しい", stars=9)], fetched_at=NOW + timedelta(days=1))], [image(1)])
    write(crawl, [page(1, [boke(1, 1, "古い", stars=1)])], [])
    [caption] = read.captions(built(crawl)).to_pylist()
    assert (caption["text"], caption["stars"]) == ("新しい", 9)


def test_of_two_versions_on_one_page_the_first_counts(tmp_path: Path) -> None:
    captions = one(tmp_path, *(boke(n, 1, f"{n}の{place}") for place in "上下" for n in range(20)))
    assert sorted(caption["text"] for caption in captions) == sorted(f"{n}の上" for n in range(20))


def test_of_the_same_number_and_stars_the_first_text_comes_first(tmp_path: Path) -> None:
    pages = [
        page(1, [boke(n, 1, f"{n}番 {host}") for n in range(40)])
        | {"url": f"http://{host}/odai/1", "fetched_at": NOW + timedelta(days=day)}
        for day, host in enumerate(("b.test", "c.test", "a.test"))
    ]
    crawl = write(tmp_path / "p" / "crawl", pages, [image(1)])
    texts = read.captions(built(crawl))["text"].to_pylist()
    assert texts == [f"{n}番 {host}" for n in range(40) for host in ("a.test", "b.test", "c.test")]


def test_the_same_crawl_makes_the_same_dataset_whatever_ties_there_are(tmp_path: Path) -> None:
    pages = []
    for n in range(300):  # the same numbers and stars on two hosts, copies among them, on one photo
        texts = [boke(n, 1, f"{n % 50}番"), boke(None, 1, f"{n % 40}番")]
        pages += [page(1, texts), {**page(1, texts), "url": f"http://sp.bokete.test/odai/1?{n}"}]
    crawl = write(tmp_path / "p" / "crawl", pages, [image(1)])
    first = contents(built(crawl, DatasetOptions(dev_fraction=0)))
    for _ in range(3):
        shutil.rmtree(crawl.with_name("dataset"))
        again = built(crawl, DatasetOptions(dev_fraction=0))
        assert contents(again) == first


def test_the_category_of_a_photo_of_two_hosts_odai_is_no_matter_of_chance(tmp_path: Path) -> None:
    shown = crawl_tables.image_url(1)
    pages = [
        page(n, [boke(n * 2 + at, n, "一" * (at + 1), image_url=shown)], category=category, image_url=shown)
        | {"url": f"http://{host}/odai/{n}"}
        for n in range(1, 60)
        for at, (host, category) in enumerate((("b.test", "動物"), ("a.test", "人物")))
    ]
    crawl = write(tmp_path / "p" / "crawl", pages, [image(1)])
    assert read.photos(built(crawl))["category"].to_pylist() == ["動物"]


def test_an_address_without_a_character_is_none(tmp_path: Path) -> None:
    rows = [
        page(1, [boke(1, 1, "一", image_url="")]),
        page(1, [boke(2, 1, "二", image_url="")], image_url=""),
    ]
    captions = read.captions(built(write(tmp_path / "p" / "crawl", rows, [image(1)])))
    assert sorted(captions["text"].to_pylist()) == ["一", "二"]


def test_photos_without_bytes_take_their_captions_along_in_either_split(tmp_path: Path) -> None:
    empty = {n for n in range(1, 61) if n % 3 == 0}
    pages = [page(n, [boke(n, n, f"{n}番")]) for n in range(1, 61)]
    rows = [{**image(n), "bytes": None if n % 2 else b""} if n in empty else image(n) for n in range(1, 61)]
    dataset = built(write(tmp_path / "p" / "crawl", pages, rows), DatasetOptions(dev_fraction=0.5))
    figures = read.statistics(dataset)
    assert figures["filters"]["no_photo"] == len(empty)
    for split in read.SPLITS:
        texts = read.captions(dataset, split)["text"].to_pylist()
        assert figures["splits"][split]["captions"] == len(texts) > 0
    assert sorted(read.captions(dataset)["odai_id"].to_pylist()) == sorted(set(range(1, 61)) - empty)
    assert not [problem for problem in verify(dataset.parent) if "/dataset/" in str(problem)]


def test_a_boke_on_a_list_page_finds_its_photo_by_its_odai(tmp_path: Path) -> None:
    listed = page(9, [{**boke(1, 1, "一覧"), "image_url": None}], odai_id=None, image_url=None)
    listed["url"] = "http://bokete.test/boke/recent"
    crawl = write(tmp_path / "p" / "crawl", [listed, page(1, [])], [image(1)])
    assert read.captions(built(crawl))["text"].to_pylist() == ["一覧"]


def test_any_width_of_a_photo_is_that_photo(tmp_path: Path) -> None:
    small = (
        crawl_tables.image_url(1).replace("/600/", "/240/").replace("_600.", "_240.").removeprefix("http:")
    )
    row = page(1, [{**boke(1, 1, "小さい"), "image_url": small}], image_url=None)
    assert len(read.photos(built(write(tmp_path / "p" / "crawl", [row], [image(1)])))) == 1


def test_boke_without_a_number_are_told_apart_by_text(tmp_path: Path) -> None:
    captions = one(tmp_path, boke(None, 1, "一"), boke(None, 1, "二"), boke(None, 1, "一"))
    assert sorted(caption["text"] for caption in captions) == ["一", "二"]


def test_several_crawls_make_one_dataset(tmp_path: Path) -> None:
    crawls = [crawl_tables.crawl(tmp_path / name / "crawl", 3, first=n) for n, name in ((1, "a"), (10, "b"))]
    build(OPTIONS, crawls, tmp_path / "a" / "dataset", name="a")
    assert len(read.photos(tmp_path / "a" / "dataset")) == 6


def test_optional_columns_may_be_missing_from_shards(tmp_path: Path, crawl: Path) -> None:
    for path in (crawl / "pages").iterdir():
        pq.write_table(pq.read_table(path).drop_columns(["label_confidences", "kind"]), path)
    assert len(read.photos(built(crawl))) == 20


def test_shards_are_small_enough_and_numbered(crawl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset.build.shards.numbered.SHARD_BYTES", 20_000)
    monkeypatch.setattr("dataset.build.shards.photos.ROW_GROUP_ROWS", 3)
    monkeypatch.setattr("dataset.build.shards.photos.SMALL_ROW_GROUP", 0)
    names = [path.name for path in read.shards(built(crawl), "train")]
    assert len(names) > 2
    assert names == [f"train-{n:05d}-of-{len(names):05d}.parquet" for n in range(len(names))]


# ---- fresh, growing


def test_a_fresh_dataset_is_not_built_again(dataset: Path) -> None:
    assert not build(OPTIONS, [dataset.with_name("crawl")], dataset, name="p")


def test_other_settings_build_it_again(dataset: Path) -> None:
    assert build(DatasetOptions(min_stars=1), [dataset.with_name("crawl")], dataset, name="p")


@pytest.mark.parametrize("damage", ["missing", "cut", "manifest"])
def test_a_damaged_dataset_is_built_again(dataset: Path, damage: str) -> None:
    before = sides(dataset)
    path = dataset / "manifest.json" if damage == "manifest" else read.shards(dataset, "train")[0]
    path.unlink() if damage == "missing" else path.write_bytes(path.read_bytes()[:100])
    built(dataset.with_name("crawl"))
    assert sides(dataset) == before
    assert verify(dataset) == []


@pytest.mark.parametrize("name", ["statistics.json", "vocabulary.json"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text(path.read_text() + " ")])
def test_a_file_beside_the_shards_that_is_missing_or_changed_is_made_again(
    dataset: Path, name: str, damage: Callable[[Path], object]
) -> None:
    before, content = sides(dataset), (dataset / name).read_bytes()
    damage(dataset / name)
    built(dataset.with_name("crawl"))
    assert (dataset / name).read_bytes() == content
    assert sides(dataset) == before


def test_force_builds_what_is_up_to_date(dataset: Path) -> None:
    crawl, before = dataset.with_name("crawl"), (dataset / "manifest.json").stat().st_mtime_ns
    assert not build(OPTIONS, [crawl], dataset, name="p")
    assert build(OPTIONS, [crawl], dataset, name="p", force=True)
    assert (dataset / "manifest.json").stat().st_mtime_ns > before
    assert verify(dataset) == []


def test_the_summary_tells_what_was_left_out(crawl: Path) -> None:
    text = read.summary(built(crawl, DatasetOptions(min_stars=1, dev_fraction=0.0)))
    assert "train 20 photos, 60 captions; dev 0 photos, 0 captions" in text
    assert "left out: min_stars 20" in text


def test_growing_moves_no_photo_and_tokenises_only_what_is_new(dataset: Path) -> None:
    before = sides(dataset)
    crawl_tables.crawl(dataset.with_name("crawl"), 2, captions=5, first=100)
    built(dataset.with_name("crawl"))
    after = sides(dataset)
    assert len(after) == 22
    assert {sha256: after[sha256] for sha256 in before} == before
    texts = read.manifest(dataset)["texts"]
    assert texts["reused"] >= 80
    assert texts["tokenised"] + texts["reused"] == 90
    assert texts["tokenised"] <= 2


def test_older_pages_that_come_later_move_no_photo(dataset: Path) -> None:
    before = sides(dataset)
    rows = [image(odai, fetched_at=NOW - timedelta(days=900)) for odai in range(200, 230)]
    pages = [page(odai, [boke(odai, odai, f"古{odai}")]) for odai in range(200, 230)]
    after = sides(built(write(dataset.with_name("crawl"), pages, rows)))
    assert {sha256: after[sha256] for sha256 in before} == before


def test_another_tokenizer_tokenises_all_again(dataset: Path) -> None:
    built(dataset.with_name("crawl"), OPTIONS.model_copy(update={"tokenizer": "characters"}))
    assert read.manifest(dataset)["texts"] == {"tokenised": 80, "reused": 0}


def test_many_captions_are_cut_by_several_processes(crawl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = read.captions(built(crawl)).to_pylist()
    monkeypatch.setattr("dataset.build.blocks.BLOCK_BYTES", 1000)
    shutil.rmtree(crawl.with_name("dataset"))
    assert read.captions(built(crawl)).to_pylist() == alone


# ---- bad input


def test_without_a_crawl_the_message_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru crawl --pipeline p"):
        build(OPTIONS, [tmp_path / "p" / "crawl"], tmp_path / "p" / "dataset", name="p")


def test_a_cut_shard_leaves_the_old_dataset(dataset: Path) -> None:
    crawl = crawl_tables.crawl(dataset.with_name("crawl"), 2, first=50)
    shard = sorted((crawl / "images").iterdir())[0]
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(DamagedFile, match=r"images-.* is damaged"):
        built(crawl)
    assert len(read.photos(dataset)) == 20


@pytest.mark.parametrize(("table", "schema"), [("pages", PAGES), ("images", IMAGES)])
def test_a_shard_with_a_wrong_schema_is_named(crawl: Path, table: str, schema: pa.Schema) -> None:
    wrong = pa.table({name: [1] for name in schema.names})
    pq.write_table(wrong, crawl / table / "wrong.parquet")
    with pytest.raises(DamagedFile, match=r"wrong\.parquet is damaged: column '.*' is int64, not"):
        built(crawl)


def test_shards_that_a_crawl_merges_meanwhile_are_no_damage(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawl = crawl_tables.crawl(dataset.with_name("crawl"), 2, first=50)

    def merge(*_: object) -> None:
        merging.merge_small(crawl)

    monkeypatch.setattr(stage, "STEPS", (merge, *STEPS))
    with pytest.raises(UserError, match="a crawl has merged its small files meanwhile") as failure:
        built(crawl)
    assert failure.value.exit_status == 1
    monkeypatch.undo()
    built(crawl)
    assert len(read.photos(dataset)) == 22


def test_damage_behind_the_footer_leaves_the_old_dataset(dataset: Path) -> None:
    crawl = crawl_tables.crawl(dataset.with_name("crawl"), 30, first=50)
    for shard in (crawl / "pages").iterdir():
        content = bytearray(shard.read_bytes())
        content[4:2000] = os.urandom(1996)
        shard.write_bytes(bytes(content))
    with pytest.raises(DamagedFile, match=r"pages-.* is damaged"):
        built(crawl)
    assert len(read.photos(dataset)) == 20


def test_a_photo_whose_bytes_are_damaged_stops_the_build(dataset: Path) -> None:
    crawl = crawl_tables.crawl(dataset.with_name("crawl"), 1, first=50)
    [shard] = [path for path in (crawl / "images").iterdir() if pq.read_metadata(path).num_rows == 1]
    content = crawl_tables.photo(50)
    shard.write_bytes(shard.read_bytes().replace(content, content[:-10] + b"0123456789"))
    with pytest.raises(DamagedFile, match="CRC"):
        built(crawl)
    assert len(read.photos(dataset)) == 20


def test_a_photo_row_without_bytes_is_left_out_and_counted(tmp_path: Path) -> None:
    pages = [page(1, [boke(1, 1, "一")]), page(2, [boke(2, 2, "二")])]
    dataset = built(write(tmp_path / "p" / "crawl", pages, [image(1), image(2, bytes=None)]))
    assert read.captions(dataset)["text"].to_pylist() == ["一"]
    assert read.statistics(dataset)["filters"]["no_photo"] == 1


def test_a_dataset_without_photos_names_what_took_them(crawl: Path) -> None:
    with pytest.raises(UserError, match="min_stars left out 80 of 80"):
        built(crawl, DatasetOptions(min_stars=1000))


def test_a_crawl_without_captions_says_to_crawl_more(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no captions yet"):
        built(write(tmp_path / "p" / "crawl", [page(1, [])], [image(1)]))


def test_a_very_long_caption_is_left_out(tmp_path: Path) -> None:
    captions = one(tmp_path, boke(1, 1, "長" * 100_000), boke(2, 1, "短い"))
    assert [caption["text"] for caption in captions] == ["短い"]


def test_a_caption_of_emoji_is_kept(tmp_path: Path) -> None:
    [caption] = one(tmp_path, boke(1, 1, "😀😀👨‍👩‍👧"))
    assert "".join(caption["tokens"]) == caption["text_nfkc"] == "😀😀👨‍👩‍👧"


def test_a_caption_of_lone_surrogates_is_left_out(tmp_path: Path) -> None:
    captions = one(tmp_path, boke(1, 1, "壊れた\ud83d"), boke(2, 1, "良い"))
    assert [caption["text"] for caption in captions] == ["良い"]


def test_the_original_is_kept_beside_the_normal_form(tmp_path: Path) -> None:
    [caption] = one(tmp_path, boke(1, 1, "ＡＢＣ\r\n①\x00"))
    assert (caption["text"], caption["text_nfkc"]) == ("ＡＢＣ\n①", "ABC\n1")


def test_captions_that_differ_only_in_width_are_one(tmp_path: Path) -> None:
    captions = one(tmp_path, boke(1, 1, "ＡＢＣ", stars=1), boke(2, 1, "ABC", stars=5))
    assert [caption["boke_id"] for caption in captions] == [2]


# ---- faults


def test_a_full_disk_leaves_the_old_dataset(tmp_path: Path, small_disk: SmallDisk) -> None:
    crawl = crawl_tables.crawl(tmp_path / "p" / "crawl", 5)
    disk = small_disk(700)
    full = OPTIONS.model_copy(update={"min_free_gb": 0.0})
    build(full, [crawl], disk / "dataset", name="p")
    crawl_tables.crawl(crawl, 150, captions=1, first=100)
    with pytest.raises((OSError, UserError)):
        build(full, [crawl], disk / "dataset", name="p")
    assert len(read.photos(disk / "dataset")) == 5
    assert not list(disk.glob(".dataset.new-*"))


@pytest.mark.parametrize("checks", [0, 1, 5, 21])  # the last while photos are read
def test_a_disk_with_too_little_room_leaves_the_old_dataset(
    dataset: Path, checks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(dataset)
    left = iter([10**9] * checks + [-1] * 99)
    monkeypatch.setattr(Room, "bytes_left", lambda _: next(left))
    crawl = dataset.with_name("crawl")
    with pytest.raises(TooLittleRoom, match=r"min_free_gb.*bokeru dataset --pipeline p"):
        build(DatasetOptions(min_stars=2), [crawl], dataset, name="p")
    assert contents(dataset) == before
    assert not list(dataset.parent.glob(".dataset.new-*"))


def test_what_does_not_fit_in_memory_leaves_room_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: DuckDB's documentation, configuration, `max_temp_directory_size`."""
    monkeypatch.setattr(Room, "bytes_left", lambda _: 2**20)
    room = Room(tmp_path, DatasetOptions(), "dataset", Place(tmp_path, "p"))
    with connect(tmp_path, room) as connection:
        connection.execute("SET memory_limit = '64MB'; SET threads = 1")
        with pytest.raises(duckdb.OutOfMemoryException, match="max_temp_directory_size"):
            connection.execute("CREATE TABLE t AS SELECT md5(i::VARCHAR) AS m FROM range(5_000_000) AS r(i)")


def test_more_photos_get_more_memory(tmp_path: Path) -> None:
    """What is looked up by photo has to fit: `benchmarks.dataset --captions-only --photos 1000000`."""

    def limit(photos: int) -> str:
        with connect(tmp_path, photos=photos) as connection:
            return str(connection.sql("SELECT current_setting('memory_limit')").fetchall()[0][0])

    assert limit(0) == "667.5 MiB"
    assert limit(10**6) == "1.5 GiB"


def test_the_limit_of_room_is_no_reason_to_build_anew(dataset: Path) -> None:
    changed = OPTIONS.model_copy(update={"min_free_gb": 0.5})
    assert not build(changed, [dataset.with_name("crawl")], dataset, name="p")


KILLED = """
import sys
from pathlib import Path
import dataset.build.steps as module
from dataset.build.stage import build
from dataset.options import DatasetOptions
where, crawl = sys.argv[1], Path(sys.argv[2])
original = getattr(module, where)
def stop(*arguments):
    print("there", flush=True)
    sys.stdin.read()
setattr(module, where, stop)
build(DatasetOptions(min_stars=1), [crawl], crawl.with_name("dataset"), name="p")
"""


@pytest.mark.parametrize("where", ["assign", "caption_blocks", "publish"])
def test_a_killed_build_leaves_the_old_dataset(dataset: Path, where: str) -> None:
    crawl = dataset.with_name("crawl")
    before = contents(dataset)
    code = [sys.executable, "-c", KILLED, where, str(crawl)]
    with subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        process.send_signal(signal.SIGKILL)
    assert contents(dataset) == before
    assert list(dataset.parent.glob(".dataset.new-*"))
    assert build(DatasetOptions(min_stars=2), [crawl], dataset, name="p")
    assert not list(dataset.parent.glob(".dataset.new-*"))


def test_tokenising_processes_end_with_a_killed_parent() -> None:
    code = (
        "import time\nfrom dataset.text.tokenizer_process import TokenizerProcess\n"
        "with TokenizerProcess('characters', 10) as one:\n"
        "    print(one._process.pid, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
    for _ in range(600):
        if not Path(f"/proc/{child}").exists() or "zombie" in Path(f"/proc/{child}/status").read_text():
            return
        time.sleep(0.1)
    pytest.fail(f"process {child} lives on")
