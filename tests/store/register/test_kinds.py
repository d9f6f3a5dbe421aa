"""Paths find their kinds, and only theirs."""

import pytest

from store.register.kinds import KINDS, PLACES, kinds
from tests.store.register.paths import kind_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("p/crawl/pages/pages-1.parquet", "<pipeline>/crawl/pages/*.parquet"),
        ("p/crawl/pages/.pages-1.parquet", None),
        ("p/crawl/pages/.tmp-1-pages.parquet", "**/.tmp-*"),
        ("p/crawl/pages/deeper/pages-1.parquet", None),
        ("p/crawl/.lock", "<pipeline>/crawl/.lock"),
        ("features/crawl/.lock", None),
        ("features/k/a.parquet", "features/<key>/*.parquet"),
        ("features/.k.lock", "features/.<key>.lock"),
        ("features/..lock", None),
        ("weights/forgotten.json", None),
        ("p/forgotten.json", "<pipeline>/forgotten.json"),
        ("p.q/forgotten.json", "<pipeline>/forgotten.json"),
        (".p/forgotten.json", None),
        ("p/forgotten_json", None),
        ("p/dataset/data/train-00000-of-00001.parquet", "<pipeline>/dataset/data/train-*.parquet"),
        ("p/.dataset.new-1/.work/duckdb.tmp", "<pipeline>/.dataset.new-*/**/*"),
        ("p/.dataset.new-1/README.md", "<pipeline>/.dataset.new-*/**/*"),
        ("p/.dataset.new-1/.tmp-2-README.md", "**/.tmp-*"),
        ("p/runs/r/model/config.json", "<pipeline>/runs/<run>/model/config.json"),
        ("p/runs/config.json", None),
        (".tmp-1-x", "**/.tmp-*"),
    ],
)
def test_a_path_finds_its_kind(path: str, expected: str | None) -> None:
    found = kind_of(path)
    assert (found.path if found else None) == expected


def test_no_kind_is_declared_twice() -> None:
    assert len({kind.path for kind in KINDS}) == len(KINDS)


def test_every_file_of_a_stage_that_lasts_lies_in_its_directory() -> None:
    for stage, place in PLACES.items():
        assert all(kind.path == f"{place}/{kind.name}" for kind in kinds(stage))


def test_what_is_read_as_a_table_has_columns_and_a_name() -> None:
    for kind in KINDS:
        is_table = kind.format == "parquet"
        assert (kind.columns is not None, bool(kind.table)) == (is_table, is_table)
