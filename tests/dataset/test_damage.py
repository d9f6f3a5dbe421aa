"""What is said of a shard that cannot be read, by whatever reads a dataset."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.build.stage import build
from dataset.damage import explain
from dataset.describe.mentions import mentioning
from dataset.describe.why import why
from dataset.export.formats import export
from dataset.held.contains import contains
from dataset.options import DatasetOptions
from dataset.rights.publishing import not_to_pass_on
from dataset.where.photos import photos as photos_where
from store.errors import DamagedFile
from store.place import Place
from store.sql import read_parquet
from tests import crawl_tables


def _read_by_duckdb(path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE rows AS FROM {read_parquet([path])}")


def _is_read_by_arrow(path: Path) -> bool:
    try:
        pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError):
        return False
    return True


def test_a_bit_that_arrow_passes_over_is_damage_of_the_file_that_has_it(tmp_path: Path) -> None:
    """The heads of pages have no checksum, and Arrow skips what it does not know there."""
    whole, broken = tmp_path / "whole.parquet", tmp_path / "broken.parquet"
    pq.write_table(pa.table({"text": ["犬", "猫", "犬"] * 40}), whole, write_page_checksum=True)
    content = whole.read_bytes()
    for bit in range(32, 8 * len(content) - 64):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        broken.write_bytes(changed)
        if not _is_read_by_arrow(broken):
            continue
        try:
            _read_by_duckdb(broken)
        except duckdb.Error as error:
            found = explain(error, [whole, broken])
            assert isinstance(found, DamagedFile)
            assert found.path == broken
            return
    pytest.fail("no bit that DuckDB alone stumbles over")


def test_an_error_that_no_file_causes_stays_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"text": ["犬"]}), path)
    error = duckdb.ConversionException("Conversion Error: Could not convert string '犬' to INT32")
    assert explain(error, [path]) is error


def _wipe(path: Path) -> None:
    """Set all columns of a shard to zeros; its footer stays."""
    shard = pq.read_metadata(path)
    last = shard.row_group(shard.num_row_groups - 1)
    chunks = [last.column(number) for number in range(last.num_columns)]
    end = max(chunk.data_page_offset for chunk in chunks)  # the last pages may stay
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(end - 4) + content[end:])


READERS: dict[str, Callable[[Path], object]] = {
    "why": lambda dataset: why("犬", dataset),
    "find": lambda dataset: mentioning(dataset, ["犬"]),
    "contains": lambda dataset: contains("123", Place.of(dataset)),
    "photos(where=...)": lambda dataset: photos_where(dataset, "stars > 0"),
    "licences": not_to_pass_on,
    "export": lambda dataset: export(dataset, dataset.with_name("out"), "pairs"),
}


@pytest.mark.parametrize("reader", READERS)
def test_whatever_reads_a_dataset_names_the_shard_that_is_damaged(tmp_path: Path, reader: str) -> None:
    crawl = crawl_tables.crawl(tmp_path / "data" / "p" / "crawl", 12)
    dataset = crawl.with_name("dataset")
    build(DatasetOptions(tokenizer="characters"), [crawl], dataset, name="p")
    READERS[reader](dataset)
    for path in dataset.rglob("train-*.parquet"):
        _wipe(path)
    with pytest.raises(DamagedFile, match=r"train-0000.*parquet"):
        READERS[reader](dataset)
