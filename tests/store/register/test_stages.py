"""A directory is known by what is in it, wherever it was copied to."""

from pathlib import Path

import pytest

from store.errors import UserError
from store.register.stages import Stage, find
from store.schema import IMAGES, PAGES, features
from store.shards import ShardWriter
from store.whole_file import write_json, write_whole
from tests.crawl_tables import boke, image, page, write


def touch(path: Path) -> Path:
    write_whole(path, "{}")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a pipeline that has each stage."""
    data = tmp_path / "data"
    write(data / "p" / "crawl", [page(1, [boke(1, 1, "犬")])], [image(1)])
    touch(data / "p" / "dataset" / "vocabulary.json")
    touch(data / "p" / "runs" / "r" / "settings.yaml")
    touch(data / "p" / "runs" / "r" / "model" / "vocabulary.json")
    touch(data / "p" / "runs" / "r" / "model" / "config.json")
    touch(data / "p" / "forgotten.json")
    with ShardWriter(data / "features" / "k", "vectors", features(2)) as shards:
        shards.append({"sha256": "a", "outcome": "ok", "vector": [0.0, 1.0]})
    return data


def test_every_stage_is_found_and_a_pipeline_comes_before_its_own(data: Path) -> None:
    found = [(stage.name, stage.directory.relative_to(data).as_posix()) for stage in find(data)]
    assert found == [
        ("features", "features/k"),
        ("pipeline", "p"),
        ("crawl", "p/crawl"),
        ("dataset", "p/dataset"),
        ("run", "p/runs/r"),
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("p/crawl", "crawl"),
        ("p/crawl/pages", "crawl"),
        ("p/dataset", "dataset"),
        ("p/runs/r", "run"),
        ("features/k", "features"),
    ],
)
def test_a_copy_under_another_name_is_the_same_stage(
    data: Path, tmp_path: Path, path: str, name: str
) -> None:
    copy = (data / path).rename(tmp_path / ("images" if path.endswith("pages") else "copy"))
    assert [stage.name for stage in find(copy)] == [name]


def test_a_cache_whose_first_shard_is_damaged_is_known_by_its_place(data: Path) -> None:
    write_whole(data / "features" / "k" / "a.parquet", "cut")
    assert [stage.name for stage in find(data / "features")] == ["features"]


def test_a_model_by_itself_is_no_stage(data: Path) -> None:
    with pytest.raises(UserError, match="holds nothing that a stage wrote"):
        find(data / "p" / "runs" / "r" / "model")


def test_other_tables_and_hidden_files_are_not_taken_for_a_stage(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / ".forgotten.json", "{}")
    write_whole(tmp_path / "b" / "pages" / ".tmp-1.parquet", "cut")
    write_whole(tmp_path / "c" / "a.parquet", "cut")
    with pytest.raises(UserError, match="holds nothing that a stage wrote"):
        find(tmp_path)


def test_tables_are_listed_with_their_columns_even_where_they_are_empty(data: Path) -> None:
    crawl = Stage("crawl", data / "p" / "crawl")
    pages, images = crawl.table("pages"), crawl.table("images")
    assert [table.name for table in (pages, images)] == ["pages", "images"]
    assert (pages.columns, images.columns) == (PAGES, IMAGES)
    assert len(pages.paths) == len(images.paths) == 1
    names = ("train", "dev", "captions", "left_out")
    empty = Stage("dataset", data / "p" / "dataset").tables()
    assert {table.name: table.paths for table in empty} == dict.fromkeys(names, ())


def test_files_are_those_that_are_declared(data: Path) -> None:
    run = data / "p" / "runs" / "r"
    write_json(run / "note.json", {})
    write_json(run / ".tmp-samples.json", {})
    write_json(run / "samples.json", [])
    names = [path.relative_to(run).as_posix() for _, path in Stage("run", run).files()]
    assert names == ["settings.yaml", "samples.json", "model/config.json", "model/vocabulary.json"]


def test_a_run_that_lost_its_settings_is_still_one_where_runs_lie(data: Path) -> None:
    (data / "p" / "runs" / "r" / "settings.yaml").unlink()
    touch(data / "p" / "runs" / "notes" / "mine.txt")
    assert [stage.directory.name for stage in find(data / "p" / "runs")] == ["r"]


def test_a_link_that_leads_nowhere_is_one_of_the_files(data: Path) -> None:
    path = data / "p" / "dataset" / "README.md"
    path.symlink_to("nowhere")
    assert path in [found for _, found in Stage("dataset", path.parent).files()]
