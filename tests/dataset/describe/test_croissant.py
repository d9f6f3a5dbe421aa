"""croissant.json: version 1.1, as mlcroissant reads it; the same bytes from the same build; no invention."""

import json
from pathlib import Path
from typing import Any

import mlcroissant
import pytest

from dataset.build.stage import build
from dataset.options import DatasetOptions
from tests.crawl_tables import boke, image, page, write

DRAWN = {"source": "embedded", "licence": "MIT"}
CAN = {"source": "bokekan", "licence": "CC-BY-2.0"}


def described(tmp_path: Path, /, photo: dict[str, Any], caption: dict[str, Any]) -> dict[str, Any]:
    crawl = write(
        tmp_path / "p" / "crawl",
        [page(number, [boke(number, number, f"犬だ{number}")], **caption) for number in (1, 2)],
        [image(number, None, **photo) for number in (1, 2)],
    )
    found = []
    for _ in range(2):
        build(DatasetOptions(), [crawl], crawl.with_name("dataset"), name="p", force=True)
        found.append((crawl.with_name("dataset") / "croissant.json").read_bytes())
    assert found[0] == found[1]
    content: dict[str, Any] = json.loads(found[0])
    return content


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib's, inside mlcroissant
def test_what_bokeru_drew_says_so_and_names_no_site(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = described(tmp_path, {**DRAWN, "credit": "Bokeru"}, DRAWN)
    assert "drawn and written by Bokeru itself" in content["description"]
    assert content["license"] == ["https://spdx.org/licenses/MIT"]
    assert content["rai:personalSensitiveInformation"].startswith("None")
    assert "bokete.jp" not in json.dumps(content)
    assert "url" not in content
    metadata = mlcroissant.Dataset(jsonld=str(tmp_path / "p" / "dataset" / "croissant.json")).metadata
    assert metadata.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1"
    assert "@context" not in caplog.text, "the context is the standard one"
    assert metadata.data_collection == content["rai:dataCollection"]


def test_a_licence_that_some_rows_lack_is_not_claimed_for_all(tmp_path: Path) -> None:
    content = described(tmp_path, CAN, {"source": "bokekan"})
    assert content["license"] == [
        "https://creativecommons.org/licenses/by/2.0/",
        "not known for every row: see the column licence",
    ]
    assert "bokekan" in content["description"]
    assert content["rai:personalSensitiveInformation"].startswith("Names of users are not kept")


@pytest.mark.parametrize("photo_is_drawn", [True, False])
def test_of_what_is_partly_drawn_the_part_is_named(tmp_path: Path, photo_is_drawn: bool) -> None:
    content = described(tmp_path, *((DRAWN, CAN) if photo_is_drawn else (CAN, DRAWN)))
    card = (tmp_path / "p" / "dataset" / "README.md").read_text()
    for text in (content["description"], card):
        assert (
            "captions that people wrote for them, from bokekan. Rows of the source `embedded` were drawn"
            in text
        )
        assert "Nobody's photo" not in text
    assert content["rai:personalSensitiveInformation"].startswith("Names of users are not kept")


def test_nothing_is_known_of_rows_of_an_earlier_version(tmp_path: Path) -> None:
    content = described(tmp_path, {}, {})
    assert content["description"].endswith(
        "Photos and captions. Rows without a source do not say where they come from."
    )
    assert content["license"] == ["not known for every row: see the column licence"]
    assert {"citeAs", "isBasedOn", "url", "datePublished"} & content.keys() == set()
