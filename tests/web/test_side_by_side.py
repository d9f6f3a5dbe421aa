"""Two runs' captions side by side: pairs, order, marks, against values worked out by hand."""

import math
import re
import shutil
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from store.place import Place
from tests.web import small_pipeline
from tests.web.waiting import ready
from train.captions.captioner import Caption
from web.app import create
from web.caption_service import HIDDEN, ModelCaption
from web.content.catalogue import Catalogue
from web.content.training.side_by_side import difference, side_by_side


def written(text: str, log: float = -1.0) -> ModelCaption:
    """Return a caption whose tokens are its characters, each with a log-probability, its end, too."""
    logs = (log,) * (len(text) + 1)
    return ModelCaption(Caption(text, tuple(text), sum(logs), logs, sum(logs)))


@pytest.fixture(scope="module")
def catalogue(whole: Place) -> Catalogue:
    return Catalogue.load(whole.dataset)


def test_the_difference_of_captions() -> None:
    """Of 2 + 3 tokens 犬 is in both: 1 - 2 / 5. A token that one has twice counts twice."""
    assert difference(written("犬だ"), written("犬です")) == pytest.approx(3 / 5)
    assert difference(written("犬"), written("犬")) == 0
    assert difference(written("犬"), written("猫")) == 1
    assert difference(written("笑笑"), written("笑")) == pytest.approx(1 / 3)
    assert difference(written(""), written("")) == 0


def test_the_most_different_come_first_and_words_are_marked(catalogue: Catalogue) -> None:
    a, b, c = catalogue.sha256s[:3]
    one = {a: written("犬だ"), b: written("猫です"), c: written("鳥")}
    other = {a: written("犬だ", -3.0), b: written("猫だ", -0.5), c: written("魚", -0.9), "d": written("余")}
    found = side_by_side(catalogue, one, other, "difference", 1)
    assert [photo["sha256"] for photo, _, _ in found.rows] == [c, b, a]
    assert (found.photos, found.same, found.page, found.last) == (3, 1, 1, 1)
    _, mine, theirs = found.rows[1]
    assert mine.tokens is not None
    assert theirs.tokens is not None
    assert [(token.text, differs) for token, differs in mine.tokens] == [
        ("猫", False),
        ("で", True),
        ("す", True),
    ]
    assert [(token.text, differs) for token, differs in theirs.tokens] == [("猫", False), ("だ", True)]
    assert mine.tokens[0][0].probability == pytest.approx(math.exp(-1))
    assert (mine.per_token, theirs.per_token) == (-1.0, -0.5)
    likely = side_by_side(catalogue, one, other, "likelihood", 1)
    assert [photo["sha256"] for photo, _, _ in likely.rows] == [a, b, c]
    given = side_by_side(catalogue, one, other, "photos", 1)
    assert [photo["sha256"] for photo, _, _ in given.rows] == [a, b, c]


def test_pages(catalogue: Catalogue) -> None:
    one = {sha256: written("犬") for sha256 in catalogue.sha256s[:30]}
    found = side_by_side(catalogue, one, one, "photos", 99)
    assert (found.page, found.last, len(found.rows), found.same) == (3, 3, 6, 30)


def test_a_hidden_caption_has_no_words(catalogue: Catalogue) -> None:
    (a,) = catalogue.sha256s[:1]
    (row,) = side_by_side(catalogue, {a: HIDDEN}, {a: written("犬")}, "difference", 1).rows
    assert row[1].tokens is None
    assert row[2].tokens is not None


@pytest.fixture(scope="module")
def two(whole: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a copy of the pipeline with two runs."""
    data = shutil.copytree(whole.data, tmp_path_factory.mktemp("two") / "data")
    place = replace(whole, data=data)
    small_pipeline.train(place, seed=71)
    return place


def test_the_page_shows_what_both_runs_write(two: Place) -> None:
    names = sorted(path.name for path in two.runs.iterdir())
    path = f"/pipelines/demo/side-by-side?run={names[0]}&run={names[1]}&order=photos&split=train"
    with TestClient(create(two.data, "demo")) as client:
        text = ready(client, path).text
        page = client.get(f"/pipelines/demo/training?run={names[0]}&run={names[1]}").text
        cards = re.findall(r'<article class="card beside".*?</article>', text, re.DOTALL)
        assert len(cards) == 12
        for card in cards[:3]:
            (sha256,) = set(re.findall("photos/([0-9a-f]{64})", card))
            for name, section in zip(names, card.split("<section>")[1:], strict=True):
                assert name in section
                shown = re.search(r'<span class="tokens"[^>]*>(.*?)</span></p>', section, re.DOTALL)
                assert shown
                (written_now,) = client.get(
                    f"/api/pipelines/demo/photos/{sha256}/captions?strategy=greedy&run={name}"
                ).json()
                assert re.sub("<[^>]*>", "", shown[1]) == written_now["text"]
    assert f"side-by-side?run={names[0]}" in page or f"side-by-side?run={names[1]}" in page


def test_one_run_has_nothing_beside_it(whole: Place) -> None:
    with TestClient(create(whole.data, "demo")) as client:
        answer = client.get("/pipelines/demo/side-by-side")
        assert answer.status_code == 200
        assert "There are no two runs with a model." in answer.text
        assert "side-by-side" not in client.get("/pipelines/demo/training").text
        assert client.get("/pipelines/demo/side-by-side?run=none").status_code == 404
