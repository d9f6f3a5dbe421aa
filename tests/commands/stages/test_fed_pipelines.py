"""Pipelines that crawl nothing: their data were imported, or come from other pipelines."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.main import main
from dataset import read
from tests.dataset.importers.cans import boke_row, can, rows_as_csv

SMALL: dict[str, dict[str, Any]] = {
    "dataset": {"dev_fraction": 0.3},
    "features": {"weights": "random", "random": {"dimensions": 16}},
    "train": {"epochs": 1, "embedding": 8, "hidden": 8, "batch_size": 8, "device": "cpu", "fused": False},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an import into `mine`; `both` has nothing of its own."""
    folder = tmp_path_factory.mktemp("fed")
    both = {**SMALL, "dataset": {**SMALL["dataset"], "also": ["mine"]}}
    pipelines = {"mine": SMALL, "both": both, "drawn": {**SMALL, "crawl": {"site": "embedded"}}}
    (folder / "pipelines.yaml").write_text(yaml.safe_dump({"pipelines": pipelines}))
    can(folder / "can", rows_as_csv([boke_row(number) for number in range(12)]).encode())
    assert called(folder, "import", "bokekan", str(folder / "can"), pipeline="mine") == 0
    return folder


def called(folder: Path, command: str, *words: str, pipeline: str) -> int:
    where = ("--config", str(folder / "pipelines.yaml"), "--data", str(folder / "data"))
    return main([command, "--pipeline", pipeline, *where, *words])


@pytest.mark.parametrize("pipeline", ["both", "mine"])
def test_a_run_builds_and_crawls_nothing(
    pipeline: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(folder, "dataset", pipeline=pipeline) == 0
    dataset = folder / "data" / pipeline / "dataset"
    assert len(read.photos(dataset)) == 3
    assert called(folder, "run", "--dry-run", pipeline=pipeline) == 0
    assert "[1/4] dataset: up to date\n[2/4] features: " in capsys.readouterr().out
    assert called(folder, "run", pipeline=pipeline) == 0
    assert "[1/4] dataset" in (told := capsys.readouterr().out)
    assert "embedded" not in told
    assert "grammar" not in told
    assert "least reachable" not in told
    pages = list((folder / "data" / pipeline / "crawl" / "pages").glob("*.parquet"))
    assert len(pages) == (1 if pipeline == "mine" else 0)
    card = (dataset / "README.md").read_text() + (dataset / "croissant.json").read_text()
    assert "embedded" not in card
    assert "drawn" not in card
    assert not (dataset / "floor.json").exists()


@pytest.mark.parametrize("pipeline", ["both", "mine"])
def test_a_crawl_is_refused_until_a_site_is_named(
    pipeline: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(folder, "crawl", pipeline=pipeline) == 2
    assert f"{pipeline} has no `crawl:` in " in capsys.readouterr().err


def test_a_crawl_that_was_stopped_is_told_by_dataset_and_verify(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crawl = folder / "data" / "mine" / "crawl"
    (crawl / "report.json").write_text(json.dumps({"state": "stopped", "waiting": 1591}))
    try:
        assert called(folder, "dataset", pipeline="mine") == 0
        told = f"{crawl} is not complete: a signal stopped it, and 1,591 known addresses wait. Go on with: "
        assert told in capfd.readouterr().out
        assert main(["verify", "--quick", str(crawl)]) == 0
        capfd.readouterr()
        main(["verify", str(crawl)])
        assert told in capfd.readouterr().out
    finally:
        (crawl / "report.json").unlink()


def test_the_floor_is_that_of_the_drawing_in_the_crawls_that_a_dataset_is_built_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`also` names a crawl of the same drawing, then one of another."""
    site = {"site": "embedded", "embedded": {"photos": 12, "captions_per_photo": 2}}
    fed = {**SMALL, "crawl": site, "dataset": {**SMALL["dataset"], "also": ["drawn"]}}
    other = {"site": "embedded", "embedded": {"photos": 12, "captions_per_photo": 3}}
    pipelines = {"drawn": {**SMALL, "crawl": site}, "same": fed, "other": {**fed, "crawl": other}}
    (tmp_path / "pipelines.yaml").write_text(yaml.safe_dump({"pipelines": pipelines}))
    assert called(tmp_path, "crawl", pipeline="drawn") == 0
    assert called(tmp_path, "dataset", pipeline="same") == 0
    assert "dataset: a caption tells" in capsys.readouterr().out
    assert (tmp_path / "data" / "same" / "dataset" / "floor.json").exists()
    assert called(tmp_path, "dataset", pipeline="other") == 0
    told = f"{tmp_path / 'data' / 'drawn' / 'crawl'} holds another drawing of the site than the settings"
    assert f"dataset: the least reachable loss is not known: {told}" in capsys.readouterr().out
