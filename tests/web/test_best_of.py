"""The best of several captions in the browser: offered where a run has a ranker, with both scores."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.web import small_pipeline
from train.ranking.stage import rank
from web.app import create

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
    assert text.count("ranker&#39;s score") == text.count('class="tokens" lang="ja"') == 2 * photos > 0
    sha256 = client.get("/api/pipelines/demo/photos?split=dev").json()["photos"][0]["sha256"]
    captions = client.get(f"/api/pipelines/demo/photos/{sha256}/captions", params=QUERY | {"n": 3}).json()
    scores = [caption["rank_score"] for caption in captions]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(caption["log_probability"] < 0 for caption in captions)
