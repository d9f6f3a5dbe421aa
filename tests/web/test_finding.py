"""Photos by words and by photos, on the page and by the API, as `bokeru find` finds them."""

import os
import re
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from commands.lineage import by_name
from commands.pipeline import Pipeline
from dataset.describe.mentions import mentioning
from dataset.read import photos
from featurize.read import Names, Vectors, read
from featurize.words.gallery import Gallery
from pipelines import load
from store.place import Place
from tests.featurize.small_networks import photo
from tests.featurize.words.test_find import Place as Coloured
from tests.featurize.words.test_find import place as coloured
from tests.web.small_pipeline import KEY, Extractor
from web.app import create
from web.content import library
from web.content.browse import finding
from web.content.browse.finding import mentioned
from web.content.catalogue import Catalogue
from web.content.library import Library
from web.content.speakers import Speakers
from web.options import WebOptions

__all__ = ["coloured"]  # the fixture
PAGE, API = "/pipelines/demo/find", "/api/pipelines/demo/find"
TILES = re.compile(r'class="tile">\s*<a href="/pipelines/demo/photos/([0-9a-f]{64})')


@pytest.fixture
def client(whole: Place, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a client of a pipeline with a model and no text tower."""
    monkeypatch.setattr(library, "Extractor", Extractor)
    return TestClient(create(whole.data, whole.name))


@pytest.fixture(scope="module")
def seeing(coloured: Coloured) -> TestClient:
    """Return a client of the pipeline whose towers know three colours."""
    _ = coloured.extracted
    config = coloured.folder / "demo.yaml"
    pipeline = Pipeline(coloured.folder / "data", "demo", config, settings=load("demo", config))
    speakers = Speakers(by_name(pipeline), "demo")
    return TestClient(create(pipeline.data, "demo", speakers=speakers))


def test_words_show_the_right_photos_and_the_address_says_which(
    seeing: TestClient, coloured: Coloured
) -> None:
    answer = seeing.get(PAGE, params={"words": "青", "count": 4})
    assert answer.status_code == 200
    assert set(TILES.findall(answer.text)) == coloured.of("青")
    assert "no text tower" not in answer.text
    told = seeing.get(API, params={"words": "青", "count": 4}).json()
    assert [match["sha256"] for match in told["matches"]] == TILES.findall(answer.text)
    assert told["by"] == "vectors"


def test_without_a_tower_what_is_written_is_searched_and_it_is_said(client: TestClient, whole: Place) -> None:
    label = next(label for labels in photos(whole.dataset)["labels"].to_pylist() for label in labels or ())
    answer = client.get(PAGE, params={"words": label})
    assert "no text tower here" in answer.text
    names = photos(whole.dataset)["sha256"].to_pylist()
    expected = [names[place] for place in mentioning(whole.dataset, [label])[:24]]
    assert TILES.findall(answer.text) == expected
    told = client.get(API, params={"words": label}).json()
    assert [match["sha256"] for match in told["matches"]] == expected
    assert told["by"] == "captions"


def test_pages_and_the_command_search_what_is_written_alike(whole: Place) -> None:
    catalogue = Catalogue.load(whole.dataset)
    texts = [caption["text"] for caption in catalogue.captions_of(0)]
    for words in ([texts[0][:3]], [texts[0][:2], texts[-1][-2:]], ["見つからない"], []):
        assert mentioned(catalogue, words) == mentioning(whole.dataset, words)


def test_a_hidden_caption_finds_nothing_and_is_not_told(whole: Place) -> None:
    text = Catalogue.load(whole.dataset).captions_of(0)[0]["text"]
    options = WebOptions.model_validate({"hide": {"words": (text,)}})
    client = TestClient(create(whole.data, whole.name, options=options))
    told = client.get(API, params={"words": text}).json()
    assert not [match for match in told["matches"] if match["caption"] == text]


def test_more_like_a_photo_is_what_a_plain_search_finds(client: TestClient, whole: Place) -> None:
    names = photos(whole.dataset)["sha256"].to_pylist()
    values = read(whole.features / KEY, whole).of(names)[:].astype(float)
    centred = values - values.mean(0)
    centred /= ((centred**2).sum(1) ** 0.5)[:, None]
    likeness = centred @ centred[5]
    likeness[5] = -9
    expected = [names[row] for row in (-likeness).argsort()[:6]]
    answer = client.get(PAGE, params={"like": names[5], "count": 6})
    assert TILES.findall(answer.text) == expected
    assert f"like={expected[0]}" in answer.text
    assert "count=12" in answer.text, "and more of them"


def test_an_upload_finds_what_is_like_it(client: TestClient, whole: Place) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.data.rglob("*")}
    files = {"photo": ("new.jpg", photo(3), "image/jpeg")}
    page = client.post(PAGE, files=files)
    told = client.post(API, content=photo(3), params={"count": 24}).json()
    assert TILES.findall(page.text) == [match["sha256"] for match in told["matches"]]
    assert len(told["matches"]) == 24
    assert {path: path.stat().st_mtime_ns for path in whole.data.rglob("*")} == before, "nothing is kept"
    assert client.post(PAGE, files={"photo": ("x.jpg", b"no photo", "image/jpeg")}).status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"words": "犬", "like": "0" * 64}, 422),
        ({"like": "0" * 64}, 404),
        ({"like": "zz"}, 422),
        ({"words": "犬" * 1001}, 422),
        ({"words": " ".join(map(str, range(21)))}, 400),
        ({"words": "犬", "count": 193}, 422),
        ({}, 422),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: TestClient, query: dict[str, str | int], status: int
) -> None:
    assert client.get(API, params=query).status_code == status


def test_the_boxes_are_where_they_are_looked_for(client: TestClient, whole: Place) -> None:
    data = client.get("/pipelines/demo/data").text
    assert f'action="{PAGE}"' in data
    assert "the encoder has no text tower" in data
    name = photos(whole.dataset)["sha256"][0].as_py()
    assert f"{PAGE}?like={name}" in client.get(f"/pipelines/demo/photos/{name}").text


def test_what_changes_while_vectors_are_awaited_is_read_anew(
    whole: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else places in a dataset of before, from which a photo was forgotten, would be looked up in today's."""
    place = Place(shutil.copytree(whole.data, tmp_path / "data"), whole.name)
    own = Library(patience=None)
    awaited = own.vectors
    made: list[Names] = []

    def changed(place: Place, key: str) -> Vectors:
        os.utime(place.dataset / "manifest.json", ns=(len(made), 1))
        return awaited(place, key)

    def gallery(names: Names, vectors: Vectors) -> Gallery:
        made.append(names)
        return Gallery(names, vectors)

    monkeypatch.setattr(finding, "Gallery", gallery)
    found = finding.Finding(own, Speakers())
    name = photos(place.dataset)["sha256"][0].as_py()
    monkeypatch.setattr(own, "vectors", changed)
    found.like(place, name)
    monkeypatch.undo()
    monkeypatch.setattr(finding, "Gallery", gallery)
    found.like(place, name)
    found.like(place, name)
    assert len(made) == 2
