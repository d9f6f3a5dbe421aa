"""One cell from its crawl to its figures, on a few photos and with a small network."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.experiments import cells, run
from benchmarks.experiments.cells import Cell
from benchmarks.experiments.comparisons import dev_minus
from benchmarks.experiments.grid import article_small
from benchmarks.experiments.results import Result
from featurize.caffe import caffemodel
from tests.featurize.small_networks import small_network

PHOTOS = 8


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(cells, "DEV_PHOTOS", PHOTOS)
    monkeypatch.setattr(run, "DEV_PHOTOS", PHOTOS)
    path = tmp_path / "small.caffemodel"
    caffemodel.write(small_network(size=227), path)
    return str(path)


def small(name: str) -> Cell:
    (cell,) = (cell for cell in article_small() if cell.title == name and cell.seed == 0)
    return replace(cell, photos=12, train={**cell.train, "epochs": 2, "embedding": 6, "hidden": 6})


@pytest.mark.long
def test_the_published_recipe_runs_from_crawl_to_figures(weights: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    main, whole = small("article-small"), small("all of these")
    ours, theirs = (run.figures(cell, data, weights) for cell in (main, whole))
    for found in (ours, theirs):
        assert [record["article_loss"] > 0 for record in found["log"]] == [True, True]
        assert found["evaluation"]["train"]["captions"] == 12
        assert found["evaluation"]["dev"]["captioned"] == PHOTOS
    assert theirs["log"][0]["iteration"] > ours["log"][0]["iteration"], "batches of one length are more"
    assert theirs["run"] != ours["run"]
    again = run.figures(whole, data, weights)
    assert again["log"] == theirs["log"]

    first, second = (
        Result(cell.name, cell.question, {0: found}) for cell, found in ((main, ours), (whole, theirs))
    )
    apart = dev_minus(first, second, "nll_known")
    assert apart is not None
    expected = [found["evaluation"]["dev"]["nll_known"] for found in (ours, theirs)]
    assert apart.value == pytest.approx(expected[0] - expected[1])
    assert apart.low is not None
    assert apart.low <= apart.value


@pytest.mark.long
def test_a_run_with_dropout_goes_on_with_the_same_draws(weights: str, tmp_path: Path) -> None:
    """Its vectors are drawn anew in each update, by the update's number."""
    cell = small("dropout left on in CaffeNet")
    first, second = (run.figures(cell, tmp_path / name, weights) for name in ("one", "two"))
    assert first["log"] == second["log"]
    assert first["log"] != run.figures(small("article-small"), tmp_path / "one", weights)["log"]
