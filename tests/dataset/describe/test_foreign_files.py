"""`bokeru inspect` ends in a line, whatever the file: what is wrong costs the column that it is in."""

import os
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from commands.main import main
from dataset.describe import table_facts as reader
from dataset.describe.inspect import inspect
from dataset.describe.table_facts import table_facts
from store.errors import DamagedFile, UserError
from store.processes.apart import run_apart
from tests.store.foreign import ROWS, broken_page, encrypted, with_rows_claimed


def shown(path: Path) -> tuple[str, UserError | None]:
    """Return what is printed, and what is said at the end."""
    output = StringIO()
    try:
        inspect(path, Console(file=output, width=200))
    except UserError as error:
        return output.getvalue(), error
    return output.getvalue(), None


def row_of(column: str, text: str) -> list[str]:
    [line] = [line for line in text.splitlines() if line.startswith(f"{column} ")]
    return line.split()


def test_an_encrypted_footer_is_told_and_nobody_deletes_the_file(tmp_path: Path) -> None:
    path = encrypted(tmp_path / "a.parquet", plain_footer=False)
    output, error = shown(path)
    assert (output, getattr(error, "exit_status", 0)) == ("", 5)
    assert "it is encrypted" in str(error)
    assert "elete" not in str(error)


def test_an_encrypted_column_costs_itself_alone(tmp_path: Path) -> None:
    output, error = shown(encrypted(tmp_path / "a.parquet"))
    assert row_of("key", output) == ["key", "int64", "?", "?"]
    assert row_of("text", output)[:3] == ["text", "string", "0"]
    assert "column 'key' is encrypted" in str(error)
    assert "elete" not in str(error)


def test_encrypted_photos_end_the_reader_and_not_the_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Their bytes are never read, so only the footer's library meets them: pyarrow 26 aborts the process."""
    path = encrypted(tmp_path / "a.parquet", column="photo")
    assert main(["inspect", str(path)]) == 5
    printed = capfd.readouterr()
    assert printed.err.startswith(f"bokeru: {path} ")
    assert len(printed.err.splitlines()) == 1
    assert "crypt" in printed.err


@pytest.mark.parametrize("checksums", [True, False])
def test_a_broken_page_costs_its_column(tmp_path: Path, checksums: bool) -> None:
    path = broken_page(tmp_path / "a.parquet", checksums=checksums)
    output, error = shown(path)
    assert row_of("text", output)[2] == "?"
    assert row_of("key", output)[2:] == ["0", *row_of("key", output)[3:]]
    assert isinstance(error, DamagedFile)
    assert "column 'text' cannot be read" in str(error)


def test_one_broken_shard_does_not_hide_the_others(tmp_path: Path) -> None:
    pages = tmp_path / "crawl" / "pages"
    pages.mkdir(parents=True)
    for name in ("a", "c"):
        (pages / f"{name}.parquet").write_bytes(b"PAR1")
    pq.write_table(ROWS, pages / "b.parquet")
    output, error = shown(tmp_path / "crawl")
    assert "pages: 2 rows in 1 row group, 1 shard" in output
    assert [f"{name}.parquet is damaged" in str(error) for name in "abc"] == [True, False, True]


VALUES = {
    "dates of year 12345": (pa.array([3_789_000], pa.int32()).cast(pa.date32()), "12343-"),
    "times before year 1": (
        pa.array([-(10**17)], pa.int64()).cast(pa.timestamp("us", "UTC")),
        "-1199-",
    ),
    "nanoseconds": (pa.array([1_700_000_000_123_456_789]).cast(pa.timestamp("ns")), "2023-11-14"),
    "long durations": (pa.array([2**62]).cast(pa.duration("s")), str(2**62)),
    "short durations": (pa.array([1_001]).cast(pa.duration("ns")), "1001"),
    "times of day": (pa.array([1]).cast(pa.time64("ns")), "00:00:00.000000001"),
    "decimals": (pa.array([Decimal("12345678901234567890.5")]), "1234567890123456789…"),
    "half floats": (pa.array([1.5], pa.float32()).cast(pa.float16()), "1.5"),
    "nothing": (pa.nulls(1), "–"),
    "dictionaries": (pa.array(["犬"]).dictionary_encode(), "犬"),
    "maps": (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "[1] a  1"),
    "large lists": (pa.array([["a", "b"]], pa.large_list(pa.string())), "[2] a"),
    "views": (pa.array(["a" * 30], pa.string_view()), "a" * 19 + "…"),
    "dates in structs": (
        pa.StructArray.from_arrays([pa.array([3_789_000], pa.int32()).cast(pa.date32())], ["day"]),
        "12343-",
    ),
    "dates in lists": (pa.array([[date(2026, 11, 29)]]), "[1] 2026-11-29"),
    "what moves a cursor": (pa.array(["\x1b[2J\x07a\nb"]), "\\x1b[2J\\x07a⏎b"),
    "markup": (pa.array(["[red]a[/b]"]), "[red]a[/b]"),
    "identifiers": (
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16)], pa.binary(16))),
        "00000000-0000-0000-…",
    ),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_that_python_cannot_hold_are_shown(tmp_path: Path, kind: str) -> None:
    values, text = VALUES[kind]
    pq.write_table(pa.table({kind: values}), tmp_path / "a.parquet")
    facts = table_facts([tmp_path / "a.parquet"])
    assert facts.troubles == []
    if kind != "identifiers":  # of fixed size, as vectors are: not read
        assert facts.columns[0].examples[0].startswith(text)
        output, error = shown(tmp_path / "a.parquet")
        assert (text in output, error) == (True, None)


def test_two_columns_of_one_name_are_two(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1, None]), pa.array(["a", "b"])], ["a", "a"])
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = table_facts([tmp_path / "a.parquet"]).columns
    assert (first.nulls, first.examples, second.nulls, second.examples) == (1, ["1", "–"], 0, ["a", "b"])


def test_dots_in_names_are_no_fields(tmp_path: Path) -> None:
    table = pa.table({"a": [{"b": 1}], "a.b": ["x"], "c": [[[1, 2]]]})
    pq.write_table(table, tmp_path / "a.parquet")
    facts = table_facts([tmp_path / "a.parquet"])
    assert [column.examples for column in facts.columns] == [["1"], ["x"], ["[1] [2] 1"]]
    assert all(column.stored for column in facts.columns)


def test_a_claim_of_billions_of_rows_costs_nothing(tmp_path: Path) -> None:
    output, _ = shown(with_rows_claimed(tmp_path / "a.parquet", 5 * 10**9))
    assert "a.parquet: 5,000,000,000 rows" in output


def test_nulls_that_take_too_long_to_count_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"a": pa.nulls(10**6, pa.int32())}), tmp_path / "a.parquet")
    [column] = table_facts([tmp_path / "a.parquet"]).columns
    assert (column.nulls, column.examples) == (10**6, ["–"] * 3)
    monkeypatch.setattr(reader, "SECONDS", 0.0)
    facts = table_facts([tmp_path / "a.parquet"])
    assert (facts.columns[0].nulls, facts.troubles) == (None, [])


def test_deep_nesting_is_cut(tmp_path: Path) -> None:
    kind = pa.int32()
    for _ in range(60):
        kind = pa.struct([("a", kind)])
    pq.write_table(pa.schema([("deep", kind)]).empty_table(), tmp_path / "a.parquet")
    output, error = shown(tmp_path / "a.parquet")
    assert row_of("deep", output)[1].startswith("struct<a:")
    assert error is None


def test_a_value_that_takes_too_much_memory_costs_its_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(ROWS, tmp_path / "a.parquet")
    read = pq.ParquetFile.iter_batches

    def enormous(file: pq.ParquetFile, rows: int, columns: list[str]) -> object:
        if columns == ["text"]:
            raise pa.ArrowMemoryError("malloc of size 4295491456 failed")
        return read(file, rows, columns=columns)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", enormous)
    output, error = shown(tmp_path / "a.parquet")
    assert (row_of("key", output)[2], row_of("text", output)[2]) == ("0", "?")
    assert "column 'text' was not read: it takes more memory" in str(error)
    assert getattr(error, "exit_status", 0) == 1, "it may be whole"


@pytest.mark.long
def test_the_limit_on_memory_holds(tmp_path: Path) -> None:
    """A page of one value of 300 MB; pyarrow alone needs less than half of the limit."""
    pq.write_table(pa.table({"text": ["a" * 300_000_000], "key": [1]}), tmp_path / "a.parquet")
    path = tmp_path / "a.parquet"
    assert run_apart(inspect, path, memory=400_000_000, seconds=60) == 1


def test_pipes_devices_and_links_in_a_circle_are_not_opened(tmp_path: Path) -> None:
    crawl = tmp_path / "data" / "p" / "crawl"
    (crawl / "pages").mkdir(parents=True)
    (crawl / "archive").mkdir()
    os.mkfifo(crawl / "pages" / "a.parquet")
    (crawl / "pages" / "b.parquet").symlink_to("/dev/zero")
    (crawl / "pages" / "c.parquet").mkdir()
    (crawl / "pages" / "d.parquet").symlink_to("d.parquet")
    for name in ("report.json", "archive/a.warc.gz"):
        os.mkfifo(crawl / name)
    (tmp_path / "data" / "again").symlink_to(tmp_path / "data")
    output, error = shown(tmp_path / "data")
    for name in ("a", "b", "c"):
        assert f"{name}.parquet is damaged: it is no file, but a folder, a pipe or a device" in str(error)
    assert "d.parquet" in str(error)
    assert output.count("it is no file") >= 2
    for path in (crawl / "report.json", Path("/dev/zero"), tmp_path / "data" / "again" / "again" / "p"):
        assert shown(path)


def test_names_that_are_not_utf8_are_told(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff[red]"))
    (folder / "pages").mkdir(parents=True)
    pq.write_table(ROWS, tmp_path / "a.parquet")
    (tmp_path / "a.parquet").rename(folder / "pages" / "a.parquet")
    output, error = shown(folder)
    assert "\\udcff[red]" in output
    assert "is not UTF-8" in str(error)


def test_a_parquet_file_is_told_by_its_bytes(tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "a.parq")
    assert "2 rows" in shown(tmp_path / "a.parq")[0]
    (tmp_path / "b.csv").write_text("PAR")
    assert "not a Parquet file" in str(shown(tmp_path / "b.csv")[1])


def test_a_file_that_shrinks_while_it_is_read_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(ROWS, path)
    schema = pq.read_schema(path)
    monkeypatch.setattr(reader, "read_schema", lambda path: schema)
    path.write_bytes(path.read_bytes()[:100])
    assert isinstance(shown(path)[1], DamagedFile)
    path.unlink()
    assert "a.parquet" in str(shown_or_missing(path))


def shown_or_missing(path: Path) -> UserError | None:
    path.touch()
    return shown(path)[1]
