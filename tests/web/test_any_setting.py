"""Any one setting, changed after everything was made: pages, API and copies say what is stale, and never mix.

What stages and commands do then, tests/commands/test_lineage.py holds. A few settings are tried each time,
all of them among the long tests.
"""

import html
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dataset.options import DatasetOptions
from featurize.extract import key
from featurize.options import FeatureOptions
from store.errors import UserError
from store.place import Place
from tests.commands.test_lineage import OF_NO_RESULT, OTHER_TRAINING, OTHER_VECTORS
from tests.dataset.test_lineage import FREE, OTHER
from tests.web import small_pipeline
from tests.web.test_truthful_pages import TRAINED
from train.lineage.wanted import Wanted
from train.options import TrainOptions
from web.app import create
from web.content.speakers import Speakers
from web.export import export

PAGES = ("generate", "try")
"""The pages on which a model writes."""
OTHER_INPUTS = ("max_tokens", "vectors")
"""Settings of training that decide what is learned from, and what dev is: other losses are not compared."""
WROTE = 'class="tokens" lang="ja"'
"""What stands around a model's caption."""


def some(settings: Mapping[str, Any], count: int) -> list[Any]:
    """Return all names as parameters, but for a few as long tests; the same few each time."""
    names = sorted(settings)
    quick = Random(34).sample(names, count)
    return [pytest.param(name, marks=() if name in quick else pytest.mark.long) for name in names]


def changed(place: Place, stage: str, name: str, value: Any) -> Wanted:
    """Return what the settings that made the pipeline want with another value of one of them."""
    made = {
        "dataset": DatasetOptions(dev_fraction=0.25),
        "features": FeatureOptions(),
        "train": TrainOptions(**TRAINED),
    }
    options: dict[str, Any] = {**made, stage: made[stage].model_copy(update={name: value})}
    cache = small_pipeline.KEY if stage != "features" else key(options["features"], place.weights)
    return Wanted(place, [place.crawl], **options, cache=place.features / cache)


@contextmanager
def shown(place: Place, wanted: Wanted) -> Iterator[TestClient]:
    speakers = Speakers(lambda _: wanted)
    with TestClient(create(place.data, place.name, speakers=speakers)) as client:
        yield client


def stages_of(client: TestClient) -> dict[str, dict[str, Any]]:
    """Return the stages by name, as the API tells them."""
    answer = client.get("/api/pipelines/demo")
    assert answer.status_code == 200
    return {stage["name"]: stage for stage in answer.json()}


def overview(client: TestClient) -> str:
    return html.unescape(client.get("/").text)


def nothing_is_written(place: Place, wanted: Wanted, client: TestClient, tmp_path: Path, why: str) -> None:
    """Fail where a page, the API or a copy has captions of a model that is not the pipeline's."""
    for page in (*PAGES, "map"):
        text = html.unescape(client.get(f"/pipelines/demo/{page}").text)
        assert why in text, page
        assert WROTE not in text, page
    photo = client.get("/api/pipelines/demo/photos").json()["photos"][0]["sha256"]
    answer = client.get(f"/api/pipelines/demo/photos/{photo}/captions")
    assert answer.status_code >= 400
    assert why in answer.json()["detail"]
    with pytest.raises(UserError, match=re.escape(why)):
        export(place.data, "demo", tmp_path / "copy", speakers=Speakers(lambda _: wanted))
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", some(OTHER, 3))
def test_a_setting_of_the_dataset(whole: Place, tmp_path: Path, name: str) -> None:
    wanted = changed(whole, "dataset", name, OTHER[name])
    with shown(whole, wanted) as client:
        stages = stages_of(client)
        assert [stages[each]["state"] for each in ("crawl", "dataset", "train")] == [
            "ready",
            "stale",
            "stale",
        ]
        for text in (stages["dataset"]["reason"], overview(client)):
            assert "It is not the one that is wanted" in text
            assert f"dataset.{name} " in text
        nothing_is_written(whole, wanted, client, tmp_path, "No run of demo has its data and vectors")


@pytest.mark.parametrize("name", some(OTHER_VECTORS, 1))
def test_a_setting_of_the_vectors(whole: Place, tmp_path: Path, name: str) -> None:
    wanted = changed(whole, "features", name, OTHER_VECTORS[name])
    with shown(whole, wanted) as client:
        stages = stages_of(client)
        found = [stages[each]["state"] for each in ("dataset", "features", "train")]
        assert found == ["ready", "missing", "stale"]
        assert "No run of demo has its data and vectors" in overview(client)
        nothing_is_written(whole, wanted, client, tmp_path, "No run of demo has its data and vectors")


@pytest.mark.parametrize("name", some(OTHER_TRAINING, 4))
def test_a_setting_of_training(whole: Place, tmp_path: Path, name: str) -> None:
    """A model of the same data and vectors may write, and is named; that it is another one is told."""
    wanted = changed(whole, "train", name, {**OTHER_TRAINING, "epochs": 4}[name])
    (run,) = whole.runs.iterdir()
    with shown(whole, wanted) as client:
        stages = stages_of(client)
        assert stages["dataset"]["state"] == "ready"
        if name in OTHER_INPUTS:
            assert stages["train"]["state"] == "stale"
            nothing_is_written(whole, wanted, client, tmp_path, f"has another train.{name}")
            return
        told = None if name == "seed" else "No run has the pipeline's settings of training."
        assert (stages["train"]["state"], stages["train"]["reason"]) == ("stale" if told else "ready", told)
        assert told is None or told in overview(client)
        for page in PAGES:
            assert f"Written by the run {run.name}." in client.get(f"/pipelines/demo/{page}").text


@pytest.mark.parametrize(
    ("stage", "settings"), [("dataset", FREE), ("train", OF_NO_RESULT)], ids=["dataset", "train"]
)
def test_settings_that_nothing_depends_on(whole: Place, stage: str, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        with shown(whole, changed(whole, stage, name, value)) as client:
            stages = stages_of(client)
            for each in ("dataset", "train"):
                assert (stages[each]["state"], stages[each]["reason"]) == ("ready", None), name
