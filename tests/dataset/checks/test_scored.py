"""`verify` compares the scores on a dataset's rows with the tables that they came from."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset import read, verify
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.register.stages import Stage
from store.schema import SCORES
from store.shards import ShardWriter
from store.whole_file import write_json
from tests.crawl_tables import boke, image, page, write

Row = dict[str, Any]
IMAGES = [image(n) for n in (1, 2)]


def keep(place: Path, name: str, given: dict[tuple[int, str | None], float]) -> None:
    with ShardWriter(place / "scores" / name, "scores", SCORES) as writer:
        for (photo, text), value in given.items():
            row = {"sha256": IMAGES[photo - 1]["sha256"], "text": text, "outcome": "ok"}
            writer.append({**row, "scores": {name: value}})
    write_json(place / "scores" / name / "settings.json", {"made_by": "x 1"})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a pipeline whose first photo and its caption have scores; the second photo has none."""
    place = tmp_path / "p"
    write(place / "crawl", [page(n, [boke(10 + n, n, f"犬{n}")]) for n in (1, 2)], IMAGES)
    keep(place, "light", {(1, None): 0.1})
    keep(place, "kanji", {(1, "犬1"): 0.5, (1, "もう無い"): 1.0})
    build(DatasetOptions(dev_fraction=0), [place / "crawl"], place / "dataset", name="p")
    return place


def found(place: Path) -> list[str]:
    return [str(problem) for problem in verify.check_inputs(Stage("dataset", place / "dataset"))]


def edit(place: Path, photo: int, scores: list[Row] | None, *, of_caption: bool) -> None:
    [path] = read.shards(place / "dataset", "train")
    table = pq.read_table(path)
    rows = table.to_pylist()
    row = next(row for row in rows if row["sha256"] == IMAGES[photo - 1]["sha256"])
    (row["captions"][0] if of_caption else row)["scores"] = scores
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)


def test_scores_of_a_build_are_those_of_the_tables(place: Path) -> None:
    assert found(place) == []


@pytest.mark.parametrize(
    ("photo", "of_caption", "scores", "told"),
    [
        (1, False, [{"name": "light", "value": 0.2}], "has the scores light 0.2, but scores/ has light 0.1"),
        (1, False, [{"name": "dark", "value": 0.1}], "has the scores dark 0.1, but scores/ has light 0.1"),
        (1, False, None, "has the scores none, but scores/ has light 0.1"),
        (2, False, [{"name": "light", "value": 0.1}], "has the scores light 0.1, but scores/ has none"),
        (1, True, [{"name": "kanji", "value": 1.0}], "boke 11 of photo"),
        (1, True, None, "has the scores none, but scores/ has kanji 0.5"),
        (2, True, [{"name": "kanji", "value": 0.5}], "boke 12 of photo"),
    ],
)
def test_a_score_that_was_edited_is_damage(
    place: Path, photo: int, of_caption: bool, scores: list[Row] | None, told: str
) -> None:
    edit(place, photo, scores, of_caption=of_caption)
    [problem] = found(place)
    assert told in problem
    assert str(IMAGES[photo - 1]["sha256"]) in problem


@pytest.mark.parametrize("change", ["more", "gone", "another scorer"])
def test_other_tables_than_those_of_the_build_say_nothing(place: Path, change: str) -> None:
    edit(place, 1, None, of_caption=False)
    assert found(place)
    if change == "more":
        keep(place, "more", {(2, None): 1.0})
    elif change == "gone":
        for path in (place / "scores" / "light").glob("*.parquet"):
            path.unlink()
    else:
        write_json(place / "scores" / "light" / "settings.json", {"made_by": "x 2"})
    assert found(place) == []
