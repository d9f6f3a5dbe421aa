"""Small files become few large ones, and whatever comes between, each row and record is there once."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawler.archive.index import ArchiveIndex
from crawler.archive.writer import ArchiveWriter
from crawler.forget import forget
from crawler.items import Answer
from crawler.job import Job
from crawler.memory import merging
from crawler.memory.merging import PATTERNS, files, merge_small, tidy
from crawler.memory.mirror import Mirror
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions
from store.forget.content import Content
from store.forget.forgotten import Forgotten
from store.register.stages import Stage
from store.replacing.files import all_replaced
from store.schema import IMAGES, LEFT_OUT, PAGES
from store.shards import ShardWriter, shard_paths, stamp
from tests.crawl_tables import NOW, SITE, boke, image, page
from tests.crawler.archive.crawled import answers, check

HTML = (("Content-Type", "text/html"),)


def small_crawl(directory: Path, shards: int = 6) -> Path:
    """Write a crawl whose files hold two odai each, as a polite crawl does."""
    for number in range(shards):
        archive = ArchiveWriter(directory / "archive")
        name = directory / "archive" / f"archive-{stamp()}.warc.gz"
        with (
            ShardWriter(directory / "images", "images", IMAGES) as images,
            ShardWriter(directory / "left_out", "left_out", LEFT_OUT) as left_out,
            ShardWriter(directory / "pages", "pages", PAGES) as pages,
        ):
            for odai in (2 * number + 1, 2 * number + 2):
                row = page(odai, [boke(odai, odai, f"ボケ {odai}")], fetched_at=NOW + timedelta(seconds=odai))
                pages.append(row)
                url, at = str(row["url"]), NOW + timedelta(seconds=odai)
                archive.append(
                    Answer(url, url, at, 200, (("Content-Type", "text/html"),), b"<p>%d</p>" % odai)
                )
                images.append(image(odai))
                left_out.append({"url": f"{SITE}/odai/{odai + 1000}", "table": "pages", "left_out_at": NOW})
            archive.commit(name)
    return directory


def content(directory: Path) -> dict[str, Counter[str]]:
    """Return how often each row counts, by table, and each record."""
    found = {
        name: Counter(
            repr(row) for path in shard_paths(directory / name) for row in pq.read_table(path).to_pylist()
        )
        for name in ("pages", "images", "left_out")
    }
    paths = files(directory, PATTERNS[3])
    counting = [path for path in paths if path not in all_replaced(paths)]
    return found | {"archive": Counter(map(repr, ArchiveIndex(counting).left()))}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return small_crawl(tmp_path / "p" / "crawl")


def test_small_files_become_one_of_each_kind_that_holds_the_same(directory: Path) -> None:
    before = content(directory)
    assert merge_small(directory) == 4
    assert content(directory) == before
    assert [len(files(directory, pattern)) for pattern in PATTERNS] == [1, 1, 1, 1]
    check(directory)
    (images,) = files(directory, PATTERNS[1])
    assert pq.read_schema(images).metadata[b"decoder"] == b"2"
    assert pq.ParquetFile(images).num_row_groups == 1


def test_nothing_is_done_where_nothing_is_gained(directory: Path) -> None:
    merge_small(directory)
    before = {path: path.stat().st_mtime_ns for path in directory.rglob("*")}
    assert merge_small(directory) == 0
    assert {path: path.stat().st_mtime_ns for path in directory.rglob("*")} == before


def test_large_files_stay_and_new_ones_have_a_limit(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = max(path.stat().st_size for path in files(directory, PATTERNS[1]))
    before = content(directory)
    monkeypatch.setattr(merging, "SMALL", size + 1)
    monkeypatch.setattr(merging, "LARGEST", 2 * size)
    merge_small(directory)
    assert content(directory) == before
    assert len(files(directory, PATTERNS[1])) == 3
    monkeypatch.setattr(merging, "SMALL", 1)
    assert merge_small(directory) == 0


class Killed(BaseException):
    """Raised in place of a kill: nothing after it runs."""


@pytest.mark.parametrize(
    "step",
    [*range(0, 30, 5), *(pytest.param(step, marks=pytest.mark.long) for step in range(30) if step % 5)],
)
def test_a_kill_at_any_step_doubles_and_loses_nothing(
    step: int, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, steps = content(directory), iter(range(100))

    def dying(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(steps) == step:
                raise Killed
            return method(*arguments, **options)

        return call

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Path, "unlink", dying(Path.unlink))
        patched.setattr(Path, "replace", dying(Path.replace))
        merge_small(directory)
    assert content(directory) == before
    tidy(directory, None)
    assert content(directory) == before
    assert [len(files(directory, pattern)) for pattern in PATTERNS] == [1, 1, 1, 1]


def test_rows_that_lie_there_twice_count_once_in_a_crawls_tables(directory: Path, tmp_path: Path) -> None:
    shutil.copytree(directory, tmp_path / "copy")
    merge_small(directory)
    shutil.copytree(tmp_path / "copy", directory, dirs_exist_ok=True)
    assert len(files(directory, PATTERNS[0])) == 7
    with Tables(Job(CrawlOptions(start=()), directory)) as tables:
        assert tables.outcomes("pages") == {"ok": 12}
        assert tables._query("SELECT count(*) FROM pages").fetchall() == [(12,)]


def test_a_damaged_file_is_left_where_it_is(directory: Path) -> None:
    damaged = [files(directory, pattern)[2] for pattern in (PATTERNS[1], PATTERNS[3])]
    for path in damaged:
        at, whole = path.stat().st_size // 6, path.read_bytes()  # within a photo, or a page
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    merge_small(directory)
    assert [len(files(directory, pattern)) for pattern in PATTERNS] == [1, 2, 1, 2]
    assert all(path.exists() for path in damaged)


def test_shards_with_other_columns_are_merged_apart(directory: Path) -> None:
    old = PAGES.remove(PAGES.get_field_index("etag"))
    for number in (50, 51):
        with ShardWriter(directory / "pages", "pages", old) as writer:
            writer.append(page(number, []))
    merge_small(directory)
    columns = [pq.read_schema(path).names for path in files(directory, PATTERNS[0])]
    assert sorted(map(len, columns)) == [len(old.names), len(PAGES.names)]


def test_an_archives_file_without_its_rows_goes_and_only_that(directory: Path) -> None:
    alone = directory / "archive" / "archive-29990101T000000.000000-abcdef.warc.gz"
    shutil.copy(files(directory, PATTERNS[3])[0], alone)
    assert merging.remove_unfinished(directory) == alone
    assert merging.remove_unfinished(directory) is None
    for path in files(directory, PATTERNS[0]):
        path.unlink()
    assert merging.remove_unfinished(directory) is None, "somebody deleted the rows: their records stay"
    assert len(files(directory, PATTERNS[3])) == 6


def mirror_of(directory: Path, there: Path) -> Mirror:
    return Mirror(f"file://{there}", directory)


def names(directory: Path) -> list[str]:
    return sorted(path.name for pattern in PATTERNS for path in files(directory, pattern))


def test_the_mirror_follows(directory: Path, tmp_path: Path) -> None:
    there, mirror = tmp_path / "there", mirror_of(directory, tmp_path / "there")
    mirror.synchronise()
    assert len(names(there)) == 24
    tidy(directory, mirror)
    assert names(there) == names(directory)
    assert len(names(there)) == 4
    assert not mirror.differs()


def test_a_machine_that_comes_back_with_the_old_files_takes_the_new_ones(
    directory: Path, tmp_path: Path
) -> None:
    before, there, other = content(directory), tmp_path / "there", tmp_path / "other" / "crawl"
    shutil.copytree(directory, other)
    mirror_of(directory, there).synchronise()
    tidy(directory, mirror_of(directory, there))
    small_crawl(directory, 1)  # and once more: the list of what is replaced goes on
    before = content(directory)
    tidy(directory, mirror_of(directory, there))
    mirror_of(other, there).synchronise()
    assert content(other) == before
    assert names(there) == names(directory)
    tidy(other, mirror_of(other, there))
    assert names(other) == names(there) == names(directory)


def test_a_kill_before_the_old_ones_go_from_the_mirror_brings_nothing_back(
    directory: Path, tmp_path: Path
) -> None:
    before, there = content(directory), tmp_path / "there"
    mirror_of(directory, there).synchronise()
    shutil.copytree(there, tmp_path / "old")
    tidy(directory, mirror_of(directory, there))
    shutil.copytree(tmp_path / "old", there, dirs_exist_ok=True)
    assert mirror_of(directory, there).differs()
    mirror_of(directory, there).synchronise()
    assert content(directory) == before
    assert names(there) == names(directory)


def test_what_was_forgotten_does_not_come_back_from_a_mirror(directory: Path, tmp_path: Path) -> None:
    """Neither from old files there, nor from another machine that had not heard of it."""
    there, other = tmp_path / "there", tmp_path / "other" / "crawl"
    mirror_of(directory, there).synchronise()
    shutil.copytree(directory, other)
    shutil.copytree(there, tmp_path / "old")
    forgotten = Forgotten.load(directory.parent)
    forgotten.add("boke", [3])
    forgotten.save(directory.parent)
    forget(Stage("crawl", directory), Content(boke_ids={3}), forgotten.filter())
    mirror_of(directory, there).synchronise()
    tidy(directory, mirror_of(directory, there))
    shutil.copytree(tmp_path / "old", there, dirs_exist_ok=True)
    mirror_of(directory, there).synchronise()
    mirror_of(other, there).synchronise()
    for crawl in (directory, other, there):
        bokes = [boke["boke_id"] for path in (crawl / "pages").glob("*.parquet")
                 for row in pq.read_table(path).to_pylist() for boke in row["bokes"]]  # fmt: skip
        assert 3 not in bokes
        assert 4 in bokes
        assert f"{SITE}/odai/3" not in {address for address, _ in answers(crawl)}


def test_photos_are_merged_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, noise = tmp_path / "crawl", bytes(range(256)) * 4096
    for number in range(24):
        with ShardWriter(directory / "images", "images", IMAGES) as images:
            for _ in range(4):
                images.append(
                    {"url": f"{number}", "outcome": "ok", "fetched_at": datetime.now(UTC), "bytes": noise}
                )
    pool = pa.default_memory_pool()
    start, peaks, regrouped = pool.bytes_allocated(), [0], merging._regrouped

    def watched(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for table in regrouped(tables):
            peaks.append(pool.bytes_allocated() - start)
            yield table

    monkeypatch.setattr(merging, "_regrouped", watched)
    assert merge_small(directory) == 1
    assert max(peaks) < 80 * 2**20, "of 96 MiB"
