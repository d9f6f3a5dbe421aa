"""A manifest that has gone: what tells it from one that never was, as in data of 0.1 and after a kill."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from commands.verify import exit_status, verify
from crawler.items import PageRow
from crawler.memory.merging import merge_small
from crawler.memory.mirror import Mirror
from crawler.memory.row_writer import RowWriter
from crawler.options import CrawlOptions
from featurize import cache
from store.manifest import NAME as MANIFEST
from store.manifest import is_marked
from store.shards import read_schema
from tests.crawl_tables import page


def crawl(directory: Path, count: int = 1) -> list[Path]:
    """Write some shards as a crawl does that is killed before its end; return them."""
    writer = RowWriter(directory, CrawlOptions(archive="none"))
    for number in range(count):
        writer.append(PageRow(page(number + 1, [])))
        writer.commit()
    return sorted((directory / "pages").glob("[!.]*.parquet"))


def told(directory: Path) -> tuple[int, str]:
    problems = verify(directory)
    return exit_status(problems), "\n".join(map(str, problems))


def test_the_manifest_of_a_crawl_is_there_before_its_first_shard(tmp_path: Path) -> None:
    directory = tmp_path / "p" / "crawl"
    RowWriter(directory, CrawlOptions())
    assert (directory / MANIFEST).exists()
    assert not list(directory.rglob("*.parquet"))


def test_a_crawl_that_was_killed_is_whole_and_one_without_its_manifest_is_not(tmp_path: Path) -> None:
    directory = tmp_path / "p" / "crawl"
    [first, _] = crawl(directory, 2)
    assert told(directory) == (0, "")
    (directory / MANIFEST).unlink()
    status, text = told(directory)
    assert (status, f"{directory / MANIFEST} is missing" in text) == (5, True)
    assert first.name in text
    crawl(directory, 1)  # the next command lists what it finds
    assert told(directory) == (0, "")


def test_without_a_mark_it_is_a_notice(tmp_path: Path) -> None:
    """As 0.1 wrote shards, and as other tools write them."""
    directory = tmp_path / "p" / "crawl"
    [shard] = crawl(directory)
    pq.write_table(pq.read_table(shard).replace_schema_metadata(None), shard)
    (directory / MANIFEST).unlink()
    status, text = told(directory)
    assert (status, "no manifest lists 1 of its files" in text) == (0, True)


def test_a_damaged_shard_says_nothing_of_the_manifest(tmp_path: Path) -> None:
    directory = tmp_path / "p" / "crawl"
    [shard] = crawl(directory)
    shard.write_bytes(b"")
    (directory / MANIFEST).unlink()
    status, text = told(directory)
    assert (status, MANIFEST in text) == (5, False)


def test_the_manifest_of_a_cache_is_there_before_its_first_shard(tmp_path: Path) -> None:
    directory = tmp_path / "features" / "k-fc7-00000000"
    with cache.writer(directory, 2, "float32") as writer:
        assert (directory / MANIFEST).exists()
        writer.append({"sha256": "0" * 64, "outcome": "ok", "error": None, "vector": [1.0, 2.0]})
    assert exit_status(verify(directory)) == 0
    (directory / MANIFEST).unlink()
    status, text = told(directory)
    assert (status, f"{directory / MANIFEST} is missing" in text) == (5, True)


@pytest.mark.parametrize("killed", [True, False])
def test_another_machine_has_a_manifest_before_it_has_shards_from_the_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    here, there = tmp_path / "a" / "p" / "crawl", tmp_path / "b" / "p" / "crawl"
    crawl(here, 2)
    address = f"file://{tmp_path / 'mirror'}"
    Mirror(address, here).synchronise()
    mirror = Mirror(address, there)
    if killed:
        fetch = mirror._fetch

        def fetch_and_die(name: str) -> None:
            fetch(name)
            raise KeyboardInterrupt

        monkeypatch.setattr(mirror, "_fetch", fetch_and_die)
        with pytest.raises(KeyboardInterrupt):
            mirror.synchronise()
    else:
        mirror.synchronise()
    shards = list(there.rglob("*.parquet"))
    assert len(shards) == (1 if killed else 2)
    assert all(is_marked(read_schema(shard)) for shard in shards)
    assert told(there) == (0, "")


def test_a_merged_shard_is_marked(tmp_path: Path) -> None:
    directory = tmp_path / "p" / "crawl"
    crawl(directory, 3)
    assert merge_small(directory) == 1
    [merged] = (directory / "pages").glob("[!.]*.parquet")
    assert is_marked(read_schema(merged))
