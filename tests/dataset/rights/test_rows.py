"""Where rows come from: what sources and photos' metadata say, filters by it, card and exports."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset import read
from dataset.build.stage import build
from dataset.describe.why import why
from dataset.export.formats import export
from dataset.options import DatasetOptions
from tests.crawl_tables import boke, image, page, write

SAYS = {"creator": "写した人", "credit": None, "copyright": "© 2020", "licence": "mine"}
BY = {**SAYS, "licence_url": "https://creativecommons.org/licenses/by/4.0/"}
CLOSED = {**SAYS, "creator": None, "licence": "All rights reserved", "licence_url": None}
IMAGES = [
    image(1, None, source="bokekan", licence="CC-BY-2.0", credit="山田 太郎", rights=CLOSED),
    image(2, None, source="bokete.jp", rights=BY),
    image(3, None, source="bokete.jp", rights=CLOSED),
    image(4),
]
PAGES = [
    page(1, [boke(1, 1, "犬だ")], source="bokekan"),
    page(2, [boke(2, 2, "猫だ")], source="bokete.jp", licence="MIT"),
    page(3, [boke(3, 3, "車だ")], source="bokete.jp", licence="MIT"),
    page(4, [boke(4, 4, "人だ")]),
]


def built(tmp_path: Path, /, **settings: Any) -> Path:
    crawl = write(tmp_path / "p" / "crawl", PAGES, IMAGES)
    directory = crawl.with_name("dataset")
    options = {"tokenizer": "characters", "dev_fraction": 0.0, **settings}
    build(DatasetOptions.model_validate(options, strict=False), [crawl], directory, name="p")
    return directory


def test_a_photos_metadata_say_what_its_source_does_not(tmp_path: Path) -> None:
    rows = {row["odai_ids"][0]: row for row in read.photos(built(tmp_path)).to_pylist()}
    columns = ("source", "licence", "credit", "rights")
    assert {n: tuple(row[name] for name in columns) for n, row in rows.items()} == {
        1: ("bokekan", "CC-BY-2.0", "山田 太郎", CLOSED),
        2: ("bokete.jp", "CC-BY-4.0", "写した人", BY),
        3: ("bokete.jp", "All rights reserved", None, CLOSED),
        4: (None, None, None, None),
    }
    captions = read.captions(tmp_path / "p" / "dataset").to_pylist()
    assert {row["boke_id"]: (row["source"], row["licence"]) for row in captions} == {
        1: ("bokekan", None),
        2: ("bokete.jp", "MIT"),
        3: ("bokete.jp", "MIT"),
        4: (None, None),
    }


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"sources": ["bokekan"]}, [1]),
        ({"exclude_sources": ["bokekan"]}, [2, 3, 4]),
        ({"licences": ["mit"]}, [2, 3]),
        ({"photo_licences": ["CC BY 2.0", "https://creativecommons.org/licenses/by/4.0/"]}, [1, 2]),
        ({"credited_only": True}, [1, 2]),
        ({"public_only": True}, [2]),
    ],
    ids=str,
)
def test_a_filter_keeps(tmp_path: Path, settings: dict[str, Any], kept: list[int]) -> None:
    directory = built(tmp_path, **settings)
    assert sorted(read.captions(directory)["boke_id"].to_pylist()) == kept
    [(name, _)] = settings.items()
    assert read.statistics(directory)["filters"][name] == 4 - len(kept)
    for number in {1, 2, 3, 4} - set(kept):
        [answer] = why(str(number), directory)
        assert (answer.reason, answer.licence) == (name, "MIT" if number in (2, 3) else None)


def test_where_one_photo_came_from_several_places_its_known_licence_counts(tmp_path: Path) -> None:
    same = image(5, IMAGES[0]["bytes"], source="bokete.jp")  # type: ignore[arg-type]
    for number, images in enumerate(([IMAGES[0], same], [same, IMAGES[0]])):
        crawl = write(tmp_path / str(number) / "crawl", [PAGES[0], page(5, [boke(5, 5, "同じ")])], images)
        build(DatasetOptions(tokenizer="characters"), [crawl], crawl.with_name("dataset"), name="p")
        [row] = read.photos(crawl.with_name("dataset")).to_pylist()
        assert (row["source"], row["licence"], row["credit"]) == ("bokekan", "CC-BY-2.0", "山田 太郎")


def test_the_card_counts_licences_and_names_whom_to_credit(tmp_path: Path) -> None:
    card = (built(tmp_path) / "README.md").read_text()
    for line in (
        "| photos | bokekan | CC-BY-2.0 | 1 |",
        "| photos | not known | not known | 1 |",
        "| captions | bokete.jp | MIT | 2 |",
    ):
        assert line in card.splitlines()
    assert "Photos by 写した人 (1), 山田 太郎 (1); `credit` names" in card
    assert "license: other" in card


def test_every_export_carries_licence_and_credit(tmp_path: Path) -> None:
    directory = built(tmp_path)
    for form in ("pairs", "coco", "webdataset", "imagefolder"):
        export(directory, tmp_path / form, form)
        assert "山田 太郎 (1)" in (tmp_path / form / "README.md").read_text()
    lines = map(json.loads, (tmp_path / "pairs" / "train.jsonl").read_text().splitlines())
    told = ("source", "licence", "photo_source", "photo_licence", "credit")
    assert {line["boke_id"]: tuple(line[name] for name in told) for line in lines} == {
        1: ("bokekan", None, "bokekan", "CC-BY-2.0", "山田 太郎"),
        2: ("bokete.jp", "MIT", "bokete.jp", "CC-BY-4.0", "写した人"),
        3: ("bokete.jp", "MIT", "bokete.jp", "All rights reserved", None),
        4: (None, None, None, None, None),
    }
    coco = json.loads((tmp_path / "coco" / "annotations" / "captions_train.json").read_text())
    names = {licence["id"]: licence["name"] for licence in coco["licenses"]}
    pairs = {(names.get(picture["license"]), picture["credit"]) for picture in coco["images"]}
    assert pairs == {
        ("CC-BY-2.0", "山田 太郎"),
        ("CC-BY-4.0", "写した人"),
        ("All rights reserved", None),
        (None, None),
    }


def test_what_is_all_drawn_says_so(tmp_path: Path) -> None:
    drawn = {"source": "embedded", "licence": "MIT"}
    rows = [page(1, [boke(1, 1, "犬だ")], **drawn)], [image(1, None, credit="Bokeru", **drawn)]
    crawl = write(tmp_path / "p" / "crawl", *rows)
    build(DatasetOptions(tokenizer="characters"), [crawl], crawl.with_name("dataset"), name="p")
    card = (crawl.with_name("dataset") / "README.md").read_text()
    assert "drawn and written by Bokeru itself" in card
    assert "license: mit" in card
    assert "bokete.jp" not in card
