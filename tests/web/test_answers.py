"""Where the API and a command answer the same question, they give the same document."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from commands.lineage import by_name
from commands.main import main
from commands.pipeline import Pipeline
from dataset.build.stage import build
from dataset.options import DatasetOptions
from pipelines import load
from store.place import Place
from store.register.small_table import write_rows
from store.schema import HISTORY
from tests import crawl_tables
from tests.docs.documents import ROOT
from tests.web import small_pipeline
from tests.web.small_pipeline import Extractor
from train.runs.names import Names
from web.app import create
from web.content.speakers import Speakers
from web.options import HideOptions, WebOptions

Said = Callable[..., Any]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("answers")
    place = small_pipeline.make(folder / "data", count=24)
    run = small_pipeline.train(place, seed=2)
    Names(pinned=run.name).save(place.directory)
    (folder / "pipelines.yaml").write_text("pipelines:\n  demo: {}\n")
    return place


@pytest.fixture
def client(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr("web.content.library.Extractor", Extractor)
    monkeypatch.setattr("featurize.extract.Extractor", Extractor)
    config = place.data.parent / "pipelines.yaml"
    settings = Pipeline(place.data, "demo", config, settings=load("demo", config))
    app = create(place.data, "demo", speakers=Speakers(by_name(settings), "demo"))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def said(place: Place, capsys: pytest.CaptureFixture[str]) -> Said:
    def of_command(command: str, *words: str) -> Any:
        config = str(place.data.parent / "pipelines.yaml")
        capsys.readouterr()
        line = [
            *command.split(),
            "--pipeline",
            "demo",
            "--config",
            config,
            "--data",
            str(place.data),
            "--json",
        ]
        assert main([*line, *words]) == 0
        return json.loads(capsys.readouterr().out)

    return of_command


def valid(command: str, document: Any) -> bool:
    schema = json.loads((ROOT / "docs" / "json" / f"{command}.json").read_text())
    return bool(Draft202012Validator(schema).is_valid(document))


def get(client: TestClient, path: str, **query: object) -> Any:
    answer = client.get(f"/api/pipelines/demo/{path}", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_runs_compared(client: TestClient, place: Place, said: Said) -> None:
    assert get(client, "comparison") == said("compare")
    names = sorted(run.name for run in place.runs.iterdir())
    backwards = names[::-1]
    found = get(client, "comparison", run=backwards, split="train")
    assert found == said("compare", "--split", "train", *backwards)
    assert found["base"] == backwards[0]
    assert get(client, "comparison", run=names[:1]) is None


def test_stages_and_runs_beside_the_settings(client: TestClient, place: Place, said: Said) -> None:
    found = get(client, "status")
    assert found == said("status")
    assert {stage["name"] for stage in found["stages"]} > {"crawl", "dataset", "features", "train"}
    assert found["run"]["why"] == "pinned"
    listed = get(client, "listing")
    assert listed == said("runs list")
    assert {one["run"] for one in listed} == {run.name for run in place.runs.iterdir()}
    with TestClient(create(place.data, "demo"), base_url="http://127.0.0.1") as unsettled:
        answer = unsettled.get("/api/pipelines/demo/status")
    assert "has no settings of demo" in answer.json()["detail"]


def test_captions_of_a_photo_of_ones_own(
    client: TestClient, place: Place, said: Said, tmp_path: Path
) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(crawl_tables.photo(99))
    run = str(Names.load(place.directory).pinned)
    for strategy in ("sample", "mismatch"):
        asked = {"strategy": strategy, "n": 3, "seed": 5, "run": run}
        answer = client.post("/api/pipelines/demo/captions", params=asked, content=photo.read_bytes())
        words = ["--strategy", strategy, "-n", "3", "--seed", "5"]
        [told] = said("caption", *words, str(photo))
        assert answer.json()["captions"] == told["captions"]


def test_an_evaluation(client: TestClient, place: Place) -> None:
    for run in place.runs.iterdir():
        kept = json.loads((run / "evaluation.json").read_text())
        found = get(client, f"runs/{run.name}/evaluation")
        assert found == {"runs": [{"run": run.name, **kept}], "pooled": None}
        assert valid("evaluate", found)


def test_a_run_that_diverged_has_no_nan(client: TestClient, place: Place) -> None:
    run = place.runs / "diverged"
    (run / "model").mkdir(parents=True)
    (run / "model" / "config.json").write_text("{}")
    (run / "log.jsonl").write_text('{"epoch": 1, "loss": NaN, "dev_loss": Infinity}\n')
    figures = '{"nll": NaN, "perplexity": Infinity, "intervals": {"nll": [NaN, 1]}}'
    evaluation = run / "evaluation.json"
    evaluation.write_text(f'{{"fingerprint": "a", "dev": {figures}, "train": {{}}}}')
    try:
        (found,) = get(client, "runs/diverged/evaluation")["runs"]
        assert found["dev"] == {"nll": None, "perplexity": None, "intervals": {"nll": [None, 1]}}
        assert get(client, "runs/diverged")["records"] == [{"epoch": 1, "loss": None, "dev_loss": None}]
        for content in ('{"dev": {}}', '{"fingerprint": "a", "dev": {"nll": "much"}, "train": {}}', "[]"):
            evaluation.write_text(content)
            answer = client.get("/api/pipelines/demo/runs/diverged/evaluation")
            assert (answer.status_code, "is damaged" in answer.json()["detail"]) == (503, True)
        evaluation.unlink()
        answer = client.get("/api/pipelines/demo/runs/diverged/evaluation")
        assert (answer.status_code, "bokeru evaluate" in answer.json()["detail"]) == (404, True)
    finally:
        shutil.rmtree(run)


def test_builds_compared(client: TestClient, place: Place, said: Said) -> None:
    assert get(client, "diff") is said("diff") is None
    for stars in (4, 0):  # the last build is the first one again: the other tests know it
        build(DatasetOptions(dev_fraction=0.25, min_stars=stars), [place.crawl], place.dataset, name="demo")
    found = get(client, "diff")
    assert found == said("diff")
    assert valid("diff", found)
    assert sum(found["came"].values()) > 0


def test_why(client: TestClient, said: Said) -> None:
    found = get(client, "why", query="犬が走る")
    assert found == said("why", "犬が走る")
    assert found
    assert valid("why", found)
    assert get(client, "why", query="犬が走る", most=2) == found[:2]
    assert get(client, "why", query="無い言葉") == []


def test_the_runs_of_a_crawl(client: TestClient, place: Place, said: Said) -> None:
    assert get(client, "history") == said("history") == []
    started = [datetime(2026, 11, day, 9, 30, tzinfo=UTC) for day in (2, 1)]
    rows = [
        dict.fromkeys(HISTORY.names) | {"started": each, "status": 0, "pages": {"ok": 7}, "responses": {}}
        for each in started
    ]
    write_rows(place.crawl / "history.parquet", HISTORY, rows)
    try:
        found = get(client, "history")
        assert found == said("history")
        assert valid("history", found)
        assert [(run["started"], run["pages"]) for run in found] == [
            ("2026-11-01T09:30:00Z", {"ok": 7}),
            ("2026-11-02T09:30:00Z", {"ok": 7}),
        ]
        (place.crawl / "history.parquet").write_bytes(b"PAR1")
        answer = client.get("/api/pipelines/demo/history")
        assert (answer.status_code, "delete it" in answer.json()["detail"]) == (503, True)
    finally:
        (place.crawl / "history.parquet").unlink()


def inspected(directory: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    """Return what `bokeru inspect` says; it reads in a process of its own."""
    capfd.readouterr()
    assert main(["inspect", str(directory), "--json"]) == 0
    return json.loads(capfd.readouterr().out)


def test_what_a_stage_holds(client: TestClient, place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    for stage, directory in (("crawl", place.crawl), ("dataset", place.dataset)):
        found = get(client, f"inspection/{stage}")
        assert found == inspected(directory, capfd)
        assert valid("inspect", found)
    (photos,) = (table for table in found["parts"][0]["tables"] if table["name"] == "train")
    columns = {column["name"]: column["examples"] for column in photos["columns"]}
    assert columns["sha256"]
    (run, *_) = place.runs.iterdir()
    assert get(client, f"runs/{run.name}/inspection") == inspected(run, capfd)


def test_a_damaged_shard_stands_among_the_problems(place: Place, tmp_path: Path) -> None:
    shutil.copytree(place.data, tmp_path / "data")
    (shard,) = (tmp_path / "data" / "demo" / "dataset" / "data").glob("dev-*")
    shard.write_bytes(shard.read_bytes()[:-9])
    with TestClient(create(tmp_path / "data", "demo")) as client:
        found = get(client, "inspection/dataset")
    assert [shard.name in problem for problem in found["problems"]] == [True]
    assert valid("inspect", found)


@pytest.mark.parametrize("hide", [HideOptions(words=("走る",)), HideOptions(categories=("シュール",))])
def test_no_inspection_shows_values_where_captions_are_hidden(place: Place, hide: HideOptions) -> None:
    with TestClient(create(place.data, "demo", options=WebOptions(hide=hide))) as client:
        for path in ("inspection/crawl", "inspection/dataset"):
            for part in get(client, path)["parts"]:
                assert part["tables"]
                for table in part["tables"]:
                    assert not any(column["examples"] for column in table["columns"])


@pytest.mark.parametrize("hide", [HideOptions(words=("走る",)), HideOptions(categories=("シュール",))])
def test_no_answer_tells_a_hidden_caption(place: Place, hide: HideOptions) -> None:
    """Each photo has one caption of this word, and all captions are of this category."""
    with TestClient(create(place.data, "demo", options=WebOptions(hide=hide))) as client:
        assert get(client, "why", query="走る") == []
        (some,) = client.get("/api/pipelines/demo/photos?per_page=1").json()["photos"]
        answers = get(client, "why", query=some["sha256"])
        assert len(answers) == some["captions"] == (3 if hide.words else 0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("comparison?run=..%2F..%2Fother", 404),
        ("comparison?run=none", 404),
        ("comparison?split=test", 422),
        ("runs/none/evaluation", 404),
        ("why", 422),
        ("inspection/weights", 422),
        ("inspection/..%2Fother", 404),
        ("inspection/features", 404),
        ("runs/none/inspection", 404),
        ("why?query=%E7%8A%AC&most=100000", 422),
    ],
)
def test_what_is_not_there(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/api/pipelines/demo/{path}")
    assert (answer.status_code, "detail" in answer.json()) == (status, True)
