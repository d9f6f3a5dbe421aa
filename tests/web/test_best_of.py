"""The best of several captions in the browser: offered where a run has a ranker, with both scores."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from dataset import read
from tests.web import small_pipeline
from train.ranking.artifact import load
from train.ranking.stage import rank
from web.app import create

PEOPLE = re.compile(r'<li><span lang="ja">([^<]+)</span>[^\n]*ranker&#39;s score (-?[\d.]+)</span>')
"""A caption by people, with the ranker's score beside its stars."""
QUERY: dict[str, str | int] = {"strategy": "best-of", "split": "dev", "n": 2}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    place = small_pipeline.make(tmp_path_factory.mktemp("data"), count=16)
    with TestClient(create(place.data, "demo")) as client:
        client.data = place  # type: ignore[attr-defined]
        yield client


def test_it_is_offered_once_there_is_a_ranker(client: TestClient, tmp_path: Path) -> None:
    place = client.data  # type: ignore[attr-defined]
    assert 'id="strategy-best-of"' not in client.get("/pipelines/demo/generate").text
    without = client.get("/pipelines/demo/generate", params=QUERY)
    assert "train.ranker=true" in without.text
    (run,) = place.runs.iterdir()
    rank(run, place.dataset, place.features / small_pipeline.KEY, 0)
    text = client.get("/pipelines/demo/generate", params=QUERY).text
    assert 'id="strategy-best-of" checked' in text
    photos = text.count("<article")
    assert text.count('class="tokens" lang="ja"') == 2 * photos > 0
    by_people = len(PEOPLE.findall(text))
    assert text.count("ranker&#39;s score") == 2 * photos + by_people > 2 * photos
    sha256 = client.get("/api/pipelines/demo/photos?split=dev").json()["photos"][0]["sha256"]
    captions = client.get(f"/api/pipelines/demo/photos/{sha256}/captions", params=QUERY | {"n": 3}).json()
    scores = [caption["rank_score"] for caption in captions]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(caption["log_probability"] < 0 for caption in captions)


def test_what_the_ranker_says_stands_beside_the_stars(client: TestClient) -> None:
    """Each caption's score is the ranker's own, by its tokens and its photo's vector."""
    place = client.data  # type: ignore[attr-defined]
    (run,) = place.runs.iterdir()
    rank(run, place.dataset, place.features / small_pipeline.KEY, 0)
    sha256 = read.photos(place.dataset, "dev")["sha256"][0].as_py()
    vector = np.array(small_pipeline.vector(sha256.encode()), np.float32)
    rows = read.captions(place.dataset, "dev").to_pylist()
    captions = [(row["text"], row["tokens"]) for row in rows if row["sha256"] == sha256]
    scores = load(run).scores(captions, vector)
    expected = {text: f"{score:.2f}" for (text, _), score in zip(captions, scores, strict=True)}
    page = client.get("/pipelines/demo/generate", params={"photo": sha256}).text
    assert dict(PEOPLE.findall(page)) == expected
    assert len({*expected.values()}) > 1
