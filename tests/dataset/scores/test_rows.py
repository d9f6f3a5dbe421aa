"""Scores in a dataset: on their rows, in statistics and card, in `dataset.where` and `bokeru why`."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from dataset import read
from dataset.build.stage import build
from dataset.describe.inspect import inspect
from dataset.describe.why import why
from dataset.forget import forget
from dataset.options import DatasetOptions
from dataset.scores.figures import histogram
from dataset.verify import check
from store.errors import UsageError
from store.forget.content import Content
from store.register.stages import Stage
from store.schema import SCORES
from store.shards import ShardWriter
from store.whole_file import write_json
from tests.crawl_tables import boke, image, page, write

TEXTS = {11: "犬が走る", 12: "だよね", 21: "犬が走る", 22: "猫", 31: "人"}
KANJI = {(1, "犬が走る"): 0.5, (1, "だよね"): 0.0, (2, "猫"): 1.0, (3, "人"): None}
"""By photo and caption; None where the scorer failed, nothing where it was not asked."""
SHA256 = {number: str(image(number)["sha256"]) for number in (1, 2, 3)}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a pipeline of three photos: scorers gave two a light, and captions a share of kanji."""
    place = tmp_path / "p"
    bokes = [boke(number, number // 10, text) for number, text in TEXTS.items()]
    pages = [page(n, [one for one in bokes if one["odai_id"] == n]) for n in SHA256]
    write(place / "crawl", pages, map_images())
    keep(place, "kanji", {key: None if v is None else {"kanji": v} for key, v in KANJI.items()})
    keep(place, "light", {(1, None): {"light.red": 0.25, "light.blue": 0.75}, (2, None): {"light.red": 0.1}})
    return place


def map_images() -> list[dict[str, object]]:
    return [image(number) for number in SHA256]


def keep(
    place: Path,
    name: str,
    scores: Mapping[tuple[int, str | None], Mapping[str, float] | None],
    by: str = "x 1",
) -> None:
    """Write a table as `bokeru score` does, in place of what is there."""
    for path in (place / "scores" / name).glob("*.parquet"):
        path.unlink()
    with ShardWriter(place / "scores" / name, "scores", SCORES) as writer:
        for (photo, text), given in scores.items():
            row = {"sha256": SHA256[photo], "text": text, "outcome": "error" if given is None else "ok"}
            writer.append({**row, "error": None if given else "nan", "scores": given})
    write_json(place / "scores" / name / "settings.json", {"made_by": by})


def built(place: Path, where: str | None = None) -> bool:
    options = DatasetOptions(tokenizer="characters", dev_fraction=0, where=where)
    return build(options, [place / "crawl"], place / "dataset", name="p")


def as_dict(scores: list[dict[str, Any]] | None) -> dict[str, float] | None:
    return None if scores is None else {one["name"]: one["value"] for one in scores}


def captions(place: Path) -> dict[int, dict[str, float] | None]:
    rows = read.captions(place / "dataset").to_pylist()
    return {row["boke_id"]: as_dict(row["scores"]) for row in rows}


def photos(place: Path) -> dict[str, dict[str, float] | None]:
    rows = read.photos(place / "dataset").to_pylist()
    return {row["sha256"]: as_dict(row["scores"]) for row in rows}


OF_CAPTIONS = {11: {"kanji": 0.5}, 12: {"kanji": 0.0}, 21: None, 22: {"kanji": 1.0}, 31: None}


def test_photos_and_captions_have_their_own_scores(place: Path) -> None:
    assert built(place)
    light = {"light.blue": 0.75, "light.red": 0.25}
    assert photos(place)[SHA256[1]] == light
    assert list(photos(place)[SHA256[1]] or ()) == sorted(light), "by name"
    assert photos(place)[SHA256[2]] == {"light.red": float(np.float32(0.1))}
    assert photos(place)[SHA256[3]] is None
    assert captions(place) == OF_CAPTIONS
    assert list(check(Stage("dataset", place / "dataset"))) == []


def test_several_scorers_of_captions_share_a_row(place: Path) -> None:
    keep(place, "b", {(1, "犬が走る"): {"b": 2.0}, (3, "人"): {"b": 3.0}})
    built(place)
    assert captions(place) == {**OF_CAPTIONS, 11: {"b": 2.0, "kanji": 0.5}, 31: {"b": 3.0}}


def test_other_scores_make_another_dataset_and_the_same_ones_do_not(place: Path) -> None:
    assert built(place)
    assert not built(place)
    keep(
        place,
        "light",
        {(1, None): {"light.red": 0.25, "light.blue": 0.75}, (2, None): {"light.red": 0.1}},
        "x 2",
    )
    assert built(place), "another version of the scorer"
    keep(place, "more", {(3, None): {"more": 1.0}})
    assert built(place)
    assert not built(place)
    assert photos(place)[SHA256[3]] == {"more": 1.0}


def test_statistics_and_card_say_how_they_lie(place: Path) -> None:
    built(place)
    scores = read.statistics(place / "dataset")["scores"]
    lie = {"mean": 0.5, "min": 0, "median": 0.5, "p90": 1, "p99": 1, "max": 1}
    drawn = scores["kanji"].pop("histogram")
    assert scores["kanji"] == {"of": "captions", "scored": 3, "without": 2, **lie}
    # 0, 0.5 and 1 in 20 bins of 0.05: the first, the eleventh, and the last, which has the greatest value.
    assert [(start, n) for start, n in drawn if n] == [(0.0, 1), (0.5, 1), (0.95, 1)]
    assert len(drawn) == 20
    assert {name: (one["of"], one["scored"], one["without"]) for name, one in scores.items()} == {
        "kanji": ("captions", 3, 2),
        "light.blue": ("photos", 1, 2),
        "light.red": ("photos", 2, 1),
    }
    console = Console(record=True, width=150, file=io.StringIO())
    inspect(place / "dataset", console)
    shown = console.export_text()
    assert "score kanji: given to 3 of 5 captions, 0 to 1, mean 0.5, median 0.5, 90% below 1" in shown
    assert "score light.red: given to 2 of 3 photos, 0.1 to 0.25, " in shown
    card = (place / "dataset" / "README.md").read_text()
    assert "| kanji | 3 of 5 captions | 0 | 0.5 | 0.5 | 1 | 1 |" in card
    assert "filters, scores](statistics.svg)" in card
    chart = (place / "dataset" / "statistics.svg").read_text()
    for title in ("Captions by kanji", "Photos by light.blue", "Photos by light.red"):
        assert chart.count(f">{title} (from … on)</text>") == 1


@pytest.mark.parametrize(
    ("values", "bins"),
    [
        ([], []),
        ([np.nan, np.inf], []),
        ([3.0], [[3.0, 1]]),
        ([0.1, 0.1, np.nan], [[0.1, 2]]),  # as written, though 4 bytes hold no 0.1
        ([-10.0, 10.0, np.inf], [[-10.0 + n, int(n in (0, 19))] for n in range(20)]),
        ([1e38, -1e38], [[float(f"{(n - 10) * 1e37:.6g}"), int(n in (0, 19))] for n in range(20)]),
    ],
    ids=["none", "no numbers", "one", "equal", "two", "far"],
)
def test_a_histogram_holds_every_number(values: list[float], bins: list[list[float]]) -> None:
    assert histogram(np.array(values, np.float32)) == bins


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("scores.kanji > 0.4", {11, 22}),
        ("scores.kanji <= 0.4", {12}),
        ("coalesce(scores.kanji, 1) > 0.4", {11, 21, 22, 31}),
        ("scores.light.red = 0.1", {21, 22}),  # as written, though 4 bytes hold no 0.1
        ('Scores."light".blue > 0.5 and stars > 2', {11, 12}),
        ("scores.kanji is null and scores.light.red is null", {31}),
    ],
)
def test_where_asks_for_those_of_the_caption_and_of_its_photo(
    place: Path, where: str, kept: set[int]
) -> None:
    built(place, where)
    assert captions(place).keys() == kept


def test_why_names_filter_expression_and_score(place: Path) -> None:
    built(place, "scores.kanji > 0.4")
    [low], [failed] = why("12", place / "dataset"), why("31", place / "dataset")
    assert (low.reason, low.found) == ("where", {"scores.kanji": 0.0})
    assert "left out by where (dataset.where is 'scores.kanji > 0.4'" in str(low)
    assert str(low).endswith("Here scores.kanji = 0.0)")
    assert str(failed).endswith("Here scores.kanji = null)")


def test_a_score_that_is_not_there_names_the_nearest(place: Path) -> None:
    with pytest.raises(
        UsageError, match=r"the score kanjis, which .*Nearest: kanji\. There are: kanji, light"
    ):
        built(place, "scores.kanjis > 0.4")
    with pytest.raises(UsageError, match=r"the score Kanji, "):
        built(place, "scores.Kanji > 0.4")
    for path in place.glob("scores/*/*"):
        path.unlink()
    with pytest.raises(UsageError, match=r"There are none yet\. Make it with .*: bokeru score"):
        built(place, "scores.kanji > 0.4")


def test_they_stay_when_a_photo_is_forgotten(place: Path) -> None:
    built(place)
    forget(Stage("dataset", place / "dataset"), Content(sha256s={SHA256[2]}), lambda _: True)  # type: ignore[arg-type]
    assert photos(place).keys() == {SHA256[1], SHA256[3]}
    assert captions(place) == {number: OF_CAPTIONS[number] for number in (11, 12, 31)}
    assert read.statistics(place / "dataset")["scores"]["kanji"]["scored"] == 2
