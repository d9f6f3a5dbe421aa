"""The map's page: what a model says of its photos, told in colours, in words and as a list."""

import html
import io
import json
import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from dataset.read import photos
from featurize.projection.plane import plane
from featurize.read import vectors
from store.place import Place
from tests.web.content.map.conftest import BLIND
from tests.web.small_pipeline import KEY
from tests.web.waiting import ready
from train.captions.captioner import Captioner
from web.app import create
from web.content.catalogue import Catalogue
from web.options import HideOptions, WebOptions

MAP = "/pipelines/demo/map"


@pytest.fixture
def client(collapsed: Place) -> Iterator[TestClient]:
    with TestClient(create(collapsed.data, "demo")) as client:
        yield client


def seeing(place: Place) -> str:
    """Return the run whose model sees photos."""
    return next(path.name for path in place.runs.iterdir() if path.name != BLIND)


def said(place: Place, run: str) -> dict[str, str]:
    """Return a run's greedy captions by photo, written without the app."""
    names = photos(place.dataset)["sha256"].to_pylist()
    written = Captioner.load(place.runs / run / "model").caption(
        vectors(place.features / KEY, names), strategy="greedy"
    )
    return {name: caption.text for name, (caption,) in zip(names, written, strict=True)}


def data(text: str) -> Any:
    (found,) = re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def legend(text: str) -> list[tuple[str, str, int]]:
    """Return the groups of a page: their numbers, labels and counts."""
    found = re.findall(
        r'data-group="(\d)".*?</button>\s*<span[^>]*>(.*?)</span>\s*<span class="count">([\d,]+)',
        text,
        re.DOTALL,
    )
    return [(number, html.unescape(label), int(count.replace(",", ""))) for number, label, count in found]


def test_colours_are_those_of_what_the_model_says(client: TestClient, collapsed: Place) -> None:
    run = seeing(collapsed)
    text = ready(client, f"{MAP}?run={run}").text
    expected = said(collapsed, run)
    drawn = {photo["sha256"]: photo for photo in data(text)["photos"]}
    assert {name: photo["caption"] for name, photo in drawn.items()} == expected
    counts = Counter(expected.values())
    assert [count for _, _, count in legend(text)][:3] == [n for _, n in counts.most_common(3)]
    assert {label: count for _, label, count in legend(text) if label in counts} == {
        label: counts[label] for _, label, _ in legend(text) if label in counts
    }
    labels = {number: label for number, label, _ in legend(text)}
    assert all(labels[str(photo["group"])] == photo["caption"] for photo in drawn.values() if photo["group"])
    assert f"The model says {len(counts)} different things of 40 photos" in text


def test_a_collapsed_model_has_one_colour(client: TestClient, collapsed: Place) -> None:
    text = ready(client, f"{MAP}?run={BLIND}").text
    (caption,) = set(said(collapsed, BLIND).values())
    assert legend(text) == [("1", caption, 40)]
    assert {photo["group"] for photo in data(text)["photos"]} == {1}
    assert "The model says 1 thing of 40 photos: it stands below 100% of them." in text


@pytest.mark.parametrize(("by", "column"), [("category", "category"), ("split", "split")])
def test_other_colours(client: TestClient, by: str, column: str) -> None:
    text = ready(client, f"{MAP}?by={by}").text
    listed = client.get("/api/pipelines/demo/photos?per_page=200").json()["photos"]
    counts = Counter(photo[column] for photo in listed)
    assert {label: count for _, label, count in legend(text) if label != "others"} == {
        label: count for label, count in counts.items() if label
    }


def test_a_colouring_that_there_is_not_means_captions(client: TestClient) -> None:
    assert legend(ready(client, f"{MAP}?by=score:none").text) == legend(ready(client, MAP).text)


def test_the_list_leads_to_the_photos(client: TestClient) -> None:
    text = ready(client, MAP).text
    table = text[text.index("<table>") : text.index("</table>")]
    links = re.findall(r'href="(/pipelines/demo/photos/[0-9a-f]{64})"', table)
    assert len(links) >= len(legend(text))
    assert client.get(links[0]).status_code == 200


def test_the_sheet_holds_all_thumbnails(client: TestClient) -> None:
    text = ready(client, MAP).text
    sheet = re.search(r'data-sheet="([^"]*)"', text)
    assert sheet
    answer = ready(client, html.unescape(sheet[1]))
    assert answer.headers["content-type"] == "image/jpeg"
    assert "private" in answer.headers["cache-control"]
    drawn = data(text)
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (drawn["columns"] * drawn["size"], -(-40 // drawn["columns"]) * drawn["size"])


def test_the_table_is_that_of_the_map(client: TestClient) -> None:
    drawn = data(ready(client, MAP).text)["photos"]
    answer = ready(client, f"{MAP}/atlas.parquet")
    assert "atlas.parquet" in answer.headers["content-disposition"]
    rows = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    assert [row["id"] for row in rows] == [photo["sha256"] for photo in drawn]
    assert [row["caption"] for row in rows] == [photo["caption"] for photo in drawn]
    assert [row["x"] for row in rows] == pytest.approx([photo["x"] for photo in drawn], abs=1e-4)
    with Image.open(io.BytesIO(rows[0]["image"]["bytes"])) as picture:
        assert picture.size == (64, 64)


def test_the_table_passes_on_no_picture_that_nobody_may_pass_on(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = Catalogue.photo
    held = {"train": "all rights reserved", "dev": "CC0-1.0"}
    monkeypatch.setattr(
        Catalogue,
        "photo",
        lambda self, number: (row := photo(self, number)) | {"licence": held[row["split"]]},
    )
    content = ready(client, f"{MAP}/atlas.parquet").content
    rows = pq.read_table(io.BytesIO(content)).to_pylist()
    assert {row["split"]: row["image"] is None for row in rows} == {"train": True, "dev": False}


def test_hidden_captions_are_not_on_it(collapsed: Place) -> None:
    (caption,) = set(said(collapsed, BLIND).values())
    options = WebOptions(hide=HideOptions(words=(caption,)))
    with TestClient(create(collapsed.data, "demo", options=options)) as client:
        text = ready(client, f"{MAP}?run={BLIND}").text
        rows = pq.read_table(io.BytesIO(client.get(f"{MAP}/atlas.parquet?run={BLIND}").content))
    assert caption not in html.unescape(text)
    assert legend(text) == [("0", "others", 40)]
    assert rows["caption"].null_count == 40
    assert "40 captions are hidden by web.hide." in text


def test_it_says_how_many_of_how_many_are_shown(collapsed: Place, tmp_path: Path) -> None:
    place = replace(collapsed, data=shutil.copytree(collapsed.data, tmp_path / "data"))
    with TestClient(create(place.data, "demo", options=WebOptions(map_photos=10))) as client:
        text = ready(client, MAP).text
    assert "10 of 40 photos with a vector" in text
    assert len(data(text)["photos"]) == 10


def test_while_it_is_made_the_page_says_how_far_it_is(
    collapsed: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laying out is one half of it, thumbnails the other: half of the steps are a quarter."""
    place = replace(collapsed, data=shutil.copytree(collapsed.data, tmp_path / "data"))
    shutil.rmtree(place.directory / "map", ignore_errors=True)
    going_on = threading.Event()

    def wait(values: np.ndarray, report: Callable[[int, int], None]) -> np.ndarray:
        report(250, 500)
        assert going_on.wait(60)
        return plane(values, report)

    monkeypatch.setattr("web.content.map.layout.plane", wait)
    with TestClient(create(place.data, "demo")) as client:
        answer = client.get(MAP, headers={"accept-language": "ja"})
        assert answer.status_code == 503
        assert "写真の地図を作っています：25% 終わりました。" in answer.text
        assert answer.headers["refresh"] == answer.headers["retry-after"]
        going_on.set()
        assert ready(client, MAP).status_code == 200


def test_captions_of_drawn_photos_have_their_english_in_the_legend(collapsed: Place, tmp_path: Path) -> None:
    place = replace(collapsed, data=shutil.copytree(collapsed.data, tmp_path / "data"))
    path = place.dataset / "statistics.json"
    drawn = {"photos": [["embedded", None, 40]], "captions": [["embedded", None, 160]]}
    path.write_text(json.dumps({**json.loads(path.read_text()), "origins": drawn}))
    with TestClient(create(place.data, "demo", gloss=lambda text: f"{len(text)} characters")) as client:
        text = ready(client, f"{MAP}?run={BLIND}&lang=en").text
        (caption,) = set(said(collapsed, BLIND).values())
        assert f'lang="en">{len(caption)} characters</span>' in text
        assert "characters</span>" not in client.get(f"{MAP}?run={BLIND}&by=split").text


def test_without_a_run_it_says_what_to_do(whole: Place, tmp_path: Path) -> None:
    place = replace(whole, data=shutil.copytree(whole.data, tmp_path / "data"))
    shutil.rmtree(place.runs)
    with TestClient(create(place.data, "demo")) as client:
        answer = client.get(MAP)
    assert answer.status_code == 404
    assert "bokeru train --pipeline demo" in answer.text
