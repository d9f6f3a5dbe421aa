"""Every step of a build keeps to what it declares: the tables it reads, makes and drops, column by column."""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from PIL import Image

from dataset.build.caption_selector import CaptionSelector
from dataset.build.catalogue import TABLES, Kind
from dataset.build.crawl_tables import crawl_shards
from dataset.build.publish import Origin
from dataset.build.stage import WORK, build, connect
from dataset.build.steps import STEPS, Inputs, Step
from dataset.filters import opt_outs
from dataset.importers import bokekan
from dataset.options import DatasetOptions
from dataset.scores.tables import paths
from dataset.text.tokenizer_process import tokenizer_version
from store.forget.forgotten import Forgotten
from store.photo.near.kept import KeptLooks
from store.schema import SCORES
from store.shards import ShardWriter
from tests.crawl_tables import boke, crawl, image, page, photo, write
from tests.dataset.importers.cans import boke_row, can, rows_as_csv

Crawls = tuple[list[Path], DatasetOptions]
Found = dict[str, dict[str, str]]
"""Columns and types by the names of tables."""


def plain(tmp_path: Path) -> Crawls:
    return [crawl(tmp_path / "p" / "crawl", 4)], DatasetOptions()


def nothing_fetched(tmp_path: Path) -> Crawls:
    """A crawl that fetched no photo, and pages of every outcome."""
    rows = [
        page(n, [], outcome=outcome) for n, outcome in enumerate(("missing", "drift", "error", "denied"), 50)
    ]
    other = write(tmp_path / "q" / "crawl", rows, [])
    return [crawl(tmp_path / "p" / "crawl", 2), other], DatasetOptions()


def imported(tmp_path: Path) -> Crawls:
    """A crawl and, by `dataset.also`, a can."""
    other = tmp_path / "q" / "crawl"
    rows = [boke_row(number) for number in range(6)]
    bokekan.read(can(tmp_path / "can", rows_as_csv(rows).encode()), other)
    return [crawl(tmp_path / "p" / "crawl", 2), other], DatasetOptions()


def every_filter(tmp_path: Path) -> Crawls:
    """A last dataset to reuse, near photos, boke on another photo, a forget list, opt-outs, filters."""
    rows = [
        page(n, [boke(n, n, "犬だ"), boke(n + 100, n, "猫だ"), boke(None, n, f"{n}だ", image_url=None)])
        for n in range(1, 9)
    ]
    rows.append(page(20, [boke(20, 20, "別の", image_url=rows[0]["image_url"])], outcome="ok"))
    rows.append(page(21, [boke(21, 21, "否")], outcome="denied"))
    images = [image(n) for n in range(1, 9)]
    images[1] = image(2, saved_anew(photo(1)))
    directory = write(tmp_path / "p" / "crawl", rows, images)
    build(DatasetOptions(), [directory], tmp_path / "p" / "dataset", name="p")
    (tmp_path / "outs").write_text("odai 2\nboke 3\nurl http://bokete.test/boke/4\n")
    forgotten = Forgotten.load(tmp_path / "p")
    forgotten.add("photo", [hashlib.sha256(photo(5)).hexdigest()])
    forgotten.save(tmp_path / "p")
    options = DatasetOptions(
        opt_outs=str(tmp_path / "outs"),
        min_stars=1,
        categories=("シュール",),
        labels=("犬",),
        exclude_kinds=("text",),
        where="scores.length < 9 or scores.length is null",
    )
    for name, text in (("light", None), ("length", "犬だ")):
        row = {"sha256": images[0]["sha256"], "text": text, "outcome": "ok", "scores": {name: 2}}
        with ShardWriter(tmp_path / "p" / "scores" / name, "scores", SCORES) as writer:
            writer.append(row)
    return [directory], options


VARIANTS = (plain, nothing_fetched, imported, every_filter)


@contextmanager
def prepared(
    tmp_path: Path, crawls: list[Path], options: DatasetOptions
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Inputs]]:
    """Yield a connection and the inputs of a build, as `stage.build` makes them."""
    new, pipeline = tmp_path / "new", crawls[0].parent
    (new / WORK).mkdir(parents=True)
    pages, images = crawl_shards(crawls)
    tokens = tokenizer_version(options.tokenizer)
    origin = Origin("p", "", options.model_dump(mode="json"), [str(crawls[0])], [], tokens, {})
    forgotten, outs = Forgotten.load(pipeline).digests(), opt_outs(options.opt_outs)
    inputs = Inputs(
        *(pages, images, options, forgotten, ["猫"], outs, pipeline / "dataset", new, origin),
        kept=KeptLooks(pipeline / "photos"),
        scores=paths(pipeline / "scores"),
    )
    with connect(new) as connection:
        yield connection, inputs


def found(connection: duckdb.DuckDBPyConnection) -> Found:
    """Return every table and view that is there, as DESCRIBE tells its columns."""
    return {name: described(connection, name) for name in present(connection)}


def present(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("""
        SELECT table_name FROM duckdb_tables() WHERE NOT internal
        UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal""").fetchall()
    return {name for (name,) in rows}


def described(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    return {column: kind for column, kind, *_ in connection.execute(f"DESCRIBE {name}").fetchall()}


def declared(names: set[str]) -> Found:
    return {name: plainly(TABLES[name].columns) for name in names if TABLES[name].kind is not Kind.ARROW}


def plainly(columns: dict[str, str]) -> dict[str, str]:
    """Return columns without the quotes that DuckDB puts around words of its own within a struct."""
    return {name: kind.replace('"', "") for name, kind in columns.items()}


def within(names: tuple[str, ...]) -> set[str]:
    """Return tables, and what the views among them are made from."""
    return {*names, *(under for name in names for under in within(TABLES[name].over))}


@contextmanager
def hidden(connection: duckdb.DuckDBPyConnection, names: set[str]) -> Iterator[None]:
    """Take tables and views away for a while: a query that names one fails."""
    kinds = {name: "VIEW" if TABLES[name].kind is Kind.VIEW else "TABLE" for name in names}
    for name, kind in kinds.items():
        connection.execute(f"ALTER {kind} {name} RENAME TO hidden_{name}")
    yield
    for name, kind in kinds.items():
        connection.execute(f"ALTER {kind} hidden_{name} RENAME TO {name}")


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Found:
    """The Arrow tables that cursors registered, filled while a build runs."""
    seen: Found = {}
    query = CaptionSelector._query

    def watched(self: CaptionSelector, sql: str, **tables: pa.Table) -> pa.Table:
        with duckdb.connect() as connection:
            for name, table in tables.items():
                seen[name] = described(connection.register(name, table), name)
        return query(self, sql, **tables)

    monkeypatch.setattr(CaptionSelector, "_query", watched)
    return seen


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_step_reads_makes_and_drops_what_it_declares(
    variant: Callable[[Path], Crawls], tmp_path: Path, registered: Found
) -> None:
    with prepared(tmp_path, *variant(tmp_path)) as (connection, inputs):
        registered.clear()  # of an earlier build
        there: set[str] = set()
        for step in STEPS:
            with hidden(connection, there - within(step.reads)):
                step.work(connection, inputs)
            there |= set(step.makes)
            assert {name: plainly(columns) for name, columns in found(connection).items()} == declared(there)
            step.drop(connection)
            there -= set(step.drops)
            assert present(connection) == there
            arrow = {name for name in step.makes if TABLES[name].kind is Kind.ARROW}
            assert registered == {name: TABLES[name].columns for name in arrow}
        assert there == set()


def test_every_step_needs_what_it_declares_to_read(tmp_path: Path) -> None:
    crawls, options = every_filter(tmp_path)
    learning = options.model_copy(update={"tokenizer": "sentencepiece"})
    with prepared(tmp_path, crawls, learning) as (connection, inputs):
        for step in STEPS:
            for name in step.reads:
                assert fails_without(connection, inputs, step, name), (step.name, name)
            step(connection, inputs)


def fails_without(connection: duckdb.DuckDBPyConnection, inputs: Inputs, step: Step, name: str) -> bool:
    """Try a step without one table, and take back what it made until it failed."""
    before = present(connection)
    with hidden(connection, {name}):
        try:
            step.work(connection, inputs)
        except duckdb.CatalogException:
            return True
        finally:
            for made in present(connection) - before - {f"hidden_{name}"}:
                kind = "VIEW" if TABLES[made].kind is Kind.VIEW else "TABLE"
                connection.execute(f"DROP {kind} {made}")
    return False


def test_only_tables_that_a_step_makes_are_read_changed_and_dropped_and_each_is_made_once() -> None:
    made = [name for step in STEPS for name in step.makes]
    assert sorted(made) == sorted(TABLES)
    dropped = [name for step in STEPS for name in step.drops]
    assert sorted(dropped) == sorted(TABLES)


def test_only_what_a_step_declares_to_change_has_other_rows_after_it(tmp_path: Path) -> None:
    with prepared(tmp_path, *every_filter(tmp_path)) as (connection, inputs):
        for step in STEPS:
            before = {name: rows(connection, name) for name in present(connection)}
            step.work(connection, inputs)
            changed = {name for name, content in before.items() if rows(connection, name) != content}
            assert changed == set(step.changes), step.name
            step.drop(connection)


def saved_anew(content: bytes) -> bytes:
    """Return a near copy of a photo."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return sorted(map(repr, connection.sql(f"FROM {name}").to_arrow_table().to_pylist()))
