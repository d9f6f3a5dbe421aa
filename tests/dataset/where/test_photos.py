"""Photos of a dataset by an expression: as the same condition in plain Python chooses them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dataset.build.stage import build
from dataset.options import DatasetOptions
from dataset.where.photos import photos
from store.errors import MissingStage, UsageError
from store.place import Place
from tests.crawl_tables import crawl

Row = dict[str, Any]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = Place(tmp_path_factory.mktemp("where"), "p")
    crawl(place.crawl, 12, 4)
    build(DatasetOptions(dev_fraction=0.4), [place.crawl], place.dataset, name="p")
    return place.dataset


def rows(dataset: Path, split: str = "*") -> list[Row]:
    return [
        row
        for path in sorted(dataset.glob(f"data/{split}-*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


def any_caption(holds: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: any(holds(caption) for caption in row["captions"])


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("stars > 3", any_caption(lambda caption: caption["stars"] > 3)),
        ("text LIKE '犬が走る%'", any_caption(lambda caption: caption["text"].startswith("犬が走る"))),
        ("text_nfkc LIKE '%犬%'", any_caption(lambda caption: "犬" in caption["text_nfkc"])),
        ("stars = 0 AND text LIKE '犬%'", any_caption(lambda c: c["stars"] == 0 and c["text"][0] == "犬")),
        ("stars = 9 AND text LIKE '%走る%'", lambda row: False),  # each holds, but of two captions
        ("odai_id < 4 OR odai_id = 7", any_caption(lambda c: c["odai_id"] < 4 or c["odai_id"] == 7)),
        ("category = 'シュール'", any_caption(lambda caption: caption["category"] == "シュール")),
        ("list_contains(labels, '犬')", lambda row: "犬" in row["labels"]),
        ("photo_category = '動物'", lambda row: row["category"] == "動物"),
        ("brightness > 0.5", lambda row: row["facts"]["brightness"] > 0.5),
        ("facts.bytes < 3300 AND width = height", lambda row: row["facts"]["bytes"] < 3300),
        ("sha256 < '8'", lambda row: row["sha256"] < "8"),
        ("kind IS NULL", lambda row: True),
        ("label_confidences IS NULL AND 1 = 2", lambda row: False),
    ],
)
def test_photos_that_have_a_caption_for_which_it_holds(
    dataset: Path, where: str, holds: Callable[[Row], bool]
) -> None:
    expected = [row["sha256"] for row in rows(dataset) if holds(row)]
    assert sorted(photos(dataset, where)["sha256"].to_pylist()) == sorted(expected)


def test_the_conditions_above_part_the_photos(dataset: Path) -> None:
    for where in ("text LIKE '犬が走る%'", "brightness > 0.5", "odai_id < 4 OR odai_id = 7", "sha256 < '8'"):
        assert 0 < len(photos(dataset, where)) < len(rows(dataset)), where


def test_a_row_is_the_datasets_without_bytes(dataset: Path) -> None:
    table = photos(dataset)
    whole = {row["sha256"]: row for row in rows(dataset)}
    assert "image" not in table.column_names
    for row in table.to_pylist():
        split = row.pop("split")
        kept = whole.pop(row["sha256"])
        assert row == {name: value for name, value in kept.items() if name != "image"}
        assert row["sha256"] in {each["sha256"] for each in rows(dataset, split)}
    assert not whole


@pytest.mark.parametrize("split", ["train", "dev"])
def test_one_split(dataset: Path, split: str) -> None:
    expected = [row["sha256"] for row in rows(dataset, split)]
    assert photos(dataset, split=split)["sha256"].to_pylist() == expected
    assert photos(dataset, "stars >= 0", split)["sha256"].to_pylist() == expected, "in the dataset's order"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("1 = 1; DROP VIEW photo", "Only SELECT statements"),
        ("true) OR (SELECT true", "DuckDB cannot read it"),
        ("EXISTS (FROM read_text('/etc/passwd'))", "a subquery"),
        ("getenv('HOME') = 'x'", "getenv may not be used"),
        ("read_text('/etc/passwd') IS NULL", "may not be used"),
        ("image IS NULL", "there is no column image"),
        ("stars", "not true or false"),
        ("CASE WHEN text LIKE '犬も%' THEN true ELSE text::int > 3 END", "TRY_CAST"),
        ("", "it is empty"),
    ],
)
def test_what_is_no_condition_says_why(dataset: Path, where: str, words: str) -> None:
    with pytest.raises(UsageError, match="where") as told:
        photos(dataset, where)
    assert words in str(told.value)


def test_what_is_not_there(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no split 'test'\. There are: train, dev"):
        photos(dataset, split="test")
    with pytest.raises(MissingStage, match="bokeru dataset"):
        photos(tmp_path / "p" / "dataset", "stars > 3")
