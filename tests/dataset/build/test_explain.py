"""What is said of a shard that DuckDB cannot read."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.build.stage import explain
from store.errors import DamagedFile
from store.sql import read_parquet


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
