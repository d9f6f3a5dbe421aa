"""What pages say of themselves: whose vectors and model, what was left out of sight, what is not complete."""

import html
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from dataset.options import DatasetOptions
from featurize.options import FeatureOptions
from store.place import Place
from store.whole_file import write_json
from tests.web import small_pipeline
from train.lineage.wanted import Wanted
from train.options import TrainOptions
from web.app import create
from web.caption_service import HIDDEN
from web.content.speakers import Speakers
from web.content.stages import stages
from web.options import HideOptions, WebOptions

TRAINED: dict[str, Any] = {
    "epochs": 3,
    "embedding": 8,
    "hidden": 12,
    "batch_size": 16,
    "learning_rate": 0.02,
    "device": "cpu",
    "fused": False,
}
"""As `small_pipeline.train` trains."""


@pytest.fixture
def copy(whole: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy of the pipeline that a test may break."""
    monkeypatch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
    shutil.copytree(whole.data, tmp_path / "data")
    return replace(whole, data=tmp_path / "data")


def wanted(place: Place, key: str = small_pipeline.KEY, **train: Any) -> Wanted:
    """What settings want that made the pipeline, but for those that are given."""
    options = DatasetOptions(dev_fraction=0.25), FeatureOptions(), TrainOptions(**{**TRAINED, **train})
    return Wanted(place, [place.crawl], *options, place.features / key)


def told(place: Place, name: str, wants: Wanted | None = None) -> tuple[str, str]:
    """Return the state of a stage on the Overview page, and why."""
    (stage,) = (stage for stage in stages(place, wants) if stage.name == name)
    reason = (
        stage.reason.text.format(**{k: getattr(v, "text", v) for k, v in stage.reason.values.items()})
        if stage.reason
        else ""
    )
    return stage.state, reason


@pytest.fixture
def client(copy: Place) -> Iterator[TestClient]:
    with TestClient(create(copy.data, "demo")) as client:
        yield client


def test_ready_is_about_the_pipelines_own_vectors(copy: Place) -> None:
    assert told(copy, "features", wanted(copy)) == ("ready", "")
    assert told(copy, "features", wanted(copy, "random-fc7-11111111"))[0] == "missing"
    other = Place(copy.data, "other")
    assert told(other, "features")[0] == "missing", "what lies in data/features is another pipeline's"


def test_a_cache_of_other_photos_is_not_complete(copy: Place) -> None:
    """It has as many rows as the dataset has photos, of other photos."""
    (shard,) = (copy.features / small_pipeline.KEY).glob("*.parquet")
    table = pq.read_table(shard)
    names = [
        f"{number:064x}" if number < 3 else name for number, name in enumerate(table["sha256"].to_pylist())
    ]
    pq.write_table(table.set_column(table.schema.get_field_index("sha256"), "sha256", pa.array(names)), shard)
    assert told(copy, "features", wanted(copy)) == ("partial", "3 photos of the dataset have no vector yet.")


def test_a_dataset_of_other_settings_is_stale_and_says_in_what(copy: Place) -> None:
    changed = replace(wanted(copy), dataset=DatasetOptions(dev_fraction=0.25, min_stars=2))
    state, reason = told(copy, "dataset", changed)
    assert state == "stale"
    assert "dataset.min_stars is 0, wanted is 2" in reason


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (
            {"state": "stopped", "waiting": 1591},
            "It is not complete: a signal stopped it. 1591 known addresses wait.",
        ),
        (
            {"state": "running", "waiting": 7},
            "It is not complete: it is running, or was killed. 7 known addresses wait.",
        ),
        ({"state": "failed", "failure": "the disk is full", "waiting": 0}, "the disk is full"),
        ({"state": "done", "waiting": 4}, ""),
        ({}, ""),
    ],
)
def test_a_crawl_that_is_not_complete_says_so(copy: Place, report: dict[str, Any], reason: str) -> None:
    write_json(copy.crawl / "report.json", report)
    state, why = told(copy, "crawl")
    assert state == ("partial" if reason else "ready")
    assert reason in why
    with TestClient(create(copy.data, "demo")) as client:
        assert (html.escape("It is not complete") in client.get("/").text) == bool(reason)
        said = client.get("/api/pipelines/demo").json()[0]["reason"]
        assert reason.replace("1591", "1,591") in (said or "")
        assert "Message(" not in str(said)


def test_the_run_that_speaks_is_the_pipelines_own_and_not_the_newest(copy: Place) -> None:
    (own,) = copy.runs.iterdir()
    newest = small_pipeline.train(copy, sampling="one-to-one")
    with TestClient(create(copy.data, "demo", speakers=Speakers(lambda _: wanted(copy)))) as client:
        for path in ("/", "/pipelines/demo/generate", "/pipelines/demo/try"):
            text = client.get(path).text
            assert f"Written by the run {own.name}." in text, path
            assert f"Written by the run {newest.name}." not in text
        named = client.get(f"/pipelines/demo/generate?run={newest.name}").text
        assert f"Written by the run {newest.name}." in named
    other = Speakers(lambda _: wanted(copy, "other-fc7-00000000"))
    with TestClient(create(copy.data, "demo", speakers=other)) as client:
        text = html.unescape(client.get("/pipelines/demo/generate").text)
        assert "No run of demo has its data and vectors" in text
        assert 'class="tokens" lang="ja"' not in text


@pytest.mark.parametrize(
    ("weights", "vectors", "drawn", "notes"),
    [
        ("random", "photo", False, ["random numbers"]),
        ("caffenet", "random", False, ["random numbers"]),
        ("untrained", "photo", False, ["is untrained"]),
        ("untrained", "photo", True, ["is untrained", "drawings alone"]),
        ("caffenet", "photo", True, ["drawings alone"]),
        ("caffenet", "photo", False, []),
    ],
)
def test_a_page_says_what_its_writer_cannot_see(
    copy: Place, weights: str, vectors: str, drawn: bool, notes: list[str]
) -> None:
    (run,) = copy.runs.iterdir()
    config = json.loads((run / "model/config.json").read_text())
    config |= {"vectors": vectors, "features": {**config["features"], "options": {"weights": weights}}}
    write_json(run / "model/config.json", config)
    statistics = json.loads((copy.dataset / "statistics.json").read_text())
    source = "embedded" if drawn else "bokete.jp"
    statistics["origins"] = {"photos": [[source, None, 1]], "captions": [[source, None, 1]]}
    write_json(copy.dataset / "statistics.json", statistics)
    with TestClient(create(copy.data, "demo")) as client:
        for path in ("/", "/pipelines/demo/generate", "/pipelines/demo/try"):
            (line,) = re.findall(r'<p class="writer small">(.*?)</p>', client.get(path).text)
            assert line.count("<strong>") == len(notes)
            assert all(note in line for note in notes)
        japanese = client.get("/pipelines/demo/try?lang=ja").text
        assert "が書きました。" in japanese


def test_a_photo_is_found_by_a_caption_shows_and_marks_it(client: TestClient) -> None:
    """The best caption by stars of each of these photos is another one."""
    text = client.get("/pipelines/demo/data", params={"text": "走る"}).text
    tiles = re.findall(r'<span class="tile-text" lang="ja">(.*?)</span>', text)
    assert len(tiles) == 24
    assert all("<mark>走る</mark>" in tile for tile in tiles)
    best = client.get("/api/pipelines/demo/photos", params={"text": "走る"}).json()["photos"][0]["best"]
    assert "走る" in best[0]["text"]
    assert "<mark>" not in client.get("/pipelines/demo/data").text


HIDDEN_WORDS = WebOptions(hide=HideOptions(words=("走る",)))


def test_what_is_hidden_is_on_no_page_and_is_counted(copy: Place) -> None:
    with TestClient(create(copy.data, "demo", options=HIDDEN_WORDS)) as client:
        photo = client.get("/api/pipelines/demo/photos").json()["photos"][0]
        assert (photo["captions"], photo["hidden"]) == (3, 1)
        pages = {
            path: client.get(f"/pipelines/demo{path}".format(sha256=photo["sha256"])).text
            for path in (
                "/data",
                "/statistics",
                "/photos/{sha256}",
                "/photos/{sha256}/rows",
                "/generate?n=10",
            )
        }
        pages["/"] = client.get("/").text
        api = [
            client.get(f"/api/pipelines/demo{path}".format(sha256=photo["sha256"])).text
            for path in (
                "/photos",
                "/photos/{sha256}",
                "/photos/{sha256}/rows",
                "/photos/{sha256}/captions?n=10",
            )
        ]
        (run,) = (one["name"] for one in client.get("/api/pipelines/demo/runs").json())
        api.append(client.get(f"/api/pipelines/demo/runs/{run}").text)
        for path, text in pages.items():
            assert "走る" not in html.unescape(text), path
        assert all("走る" not in json.dumps(json.loads(text), ensure_ascii=False) for text in api)
        assert "40 captions are hidden by web.hide." in pages["/data"]
        assert "1 caption is hidden by web.hide." in pages["/photos/{sha256}"]
        assert re.search(r"\d+ captions are hidden by web.hide.", pages["/generate?n=10"])
        assert client.get("/api/pipelines/demo/photos", params={"text": "走る"}).json()["found"] == 0


def test_hidden_categories_and_words_in_any_width(copy: Place) -> None:
    options = WebOptions(hide=HideOptions(categories=("シュール",)))
    with TestClient(create(copy.data, "demo", options=options)) as client:
        photo = client.get("/api/pipelines/demo/photos").json()["photos"][0]
        assert (photo["captions"], photo["best"]) == (0, [])
        assert "シュール" not in client.get("/pipelines/demo/data").text
        assert client.get("/pipelines/demo/data").status_code == 200


def test_a_model_s_hidden_caption_leaves_nothing_behind(copy: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.content.shown.hidden.Hidden.hides", lambda *_: True)
    with TestClient(create(copy.data, "demo")) as client:
        text = client.get("/pipelines/demo/generate?n=2").text
        assert 'class="tokens" lang="ja"' not in text
        assert "12 captions are hidden by web.hide." in text
        sha256 = client.get("/api/pipelines/demo/photos").json()["photos"][0]["sha256"]
        assert client.get(f"/api/pipelines/demo/photos/{sha256}/captions").json() == []
    assert (HIDDEN.text, HIDDEN.tokens) == ("", ())


def test_raw_rows_are_folded(client: TestClient) -> None:
    sha256 = client.get("/api/pipelines/demo/photos").json()["photos"][0]["sha256"]
    text = client.get(f"/pipelines/demo/photos/{sha256}/rows").text
    assert text.count("<details>") == 4
    assert "<details open" not in text
