"""docs/data.md says what is true: its tables are the schema's, its recipes run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dataset import filters, read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from featurize.extract import key
from pipelines import load
from store.register.kinds import KINDS
from store.schema import (
    BOKE,
    BUILDS,
    CANARIES,
    CAPTION,
    EVALUATED,
    HISTORY,
    IMAGES,
    LEFT_OUT_CAPTIONS,
    PAGES,
    PAIRS,
    PHOTOS,
    SIDES,
    VOTES,
    features,
)
from store.shards import ShardWriter
from tests import crawl_tables

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "data.md").read_text()
KEY = "untrained-fc7-fc92c31d"
"""The cache of the pipeline demo, by the contract that the key of the default settings does not change."""
HEADINGS = {
    "## `data/<pipeline>/crawl/pages`": PAGES,
    "### A boke in `bokes`": BOKE,
    "## `data/<pipeline>/crawl/images`": IMAGES,
    "## `data/<pipeline>/crawl/canaries.parquet`": CANARIES,
    "## `data/<pipeline>/crawl/sides.parquet`": SIDES,
    "### What was left out: `left_out/`": LEFT_OUT_CAPTIONS,
    "## `data/<pipeline>/builds`": BUILDS,
    "## `data/<pipeline>/crawl/history.parquet`": HISTORY,
    "## `data/<pipeline>/dataset`": PHOTOS,
    "### A caption in `captions`": CAPTION,
    "## `data/features/<key>`": features(4096),
    "## `data/<pipeline>/contests/<name>/pairs.parquet`": PAIRS,
    "## `data/<pipeline>/contests/<name>/votes`": VOTES,
    "## `data/<pipeline>/runs/<run>/evaluation.parquet`": EVALUATED,
}
FILES = re.findall(r"^\| `([^`]+)` \| (\w+) \| (yes|–) \| (yes|–) \| (yes|–) \| .+ \|$", TEXT, flags=re.M)
RECIPES = re.findall(r"```(sql|python)\n(.*?)```", TEXT, flags=re.S)


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_column_is_described_with_its_type(heading: str) -> None:
    section = TEXT.split(heading + "\n", 1)[1].split("\n#", 1)[0]
    described = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", section, flags=re.M)
    assert described == [(field.name, spelt(field.type)) for field in HEADINGS[heading]]


def test_every_kind_of_file_is_described() -> None:
    declared = [
        (
            kind.path,
            kind.format,
            *("yes" if flag else "–" for flag in (kind.content, kind.in_manifest, kind.mirrored)),
        )
        for kind in KINDS
    ]
    assert declared == FILES


def spelt(kind: pa.DataType) -> str:
    text = str(kind).replace(str(BOKE), "boke").replace(str(CAPTION), "caption")
    return text.replace("item: ", "").replace("element: ", "")


def test_every_filter_without_a_setting_is_explained() -> None:
    names = [*filters.by_fact(DatasetOptions()), *filters.by_text(DatasetOptions(), ()), *filters.BY_PHOTO]
    assert [
        name for name in names if name not in DatasetOptions.model_fields and f"`{name}`" not in TEXT
    ] == []


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data/demo and data/features, where the recipes run."""
    place = tmp_path_factory.mktemp("recipes")
    crawl = crawl_tables.crawl(place / "data" / "demo" / "crawl", 12, 3)
    dataset = crawl.with_name("dataset")
    build(DatasetOptions(dev_fraction=0.3), [crawl], dataset, name="demo")
    for name, vector in ((KEY, [0.0, 1.0]), ("random-fc7-e87fa458", [2.0, 2.0])):
        with ShardWriter(place / "data" / "features" / name, "features", features(2)) as writer:
            for sha256 in read.photos(dataset)["sha256"].to_pylist():
                writer.append({"sha256": sha256, "outcome": "ok", "error": None, "vector": vector})
    return place


@pytest.mark.parametrize("recipe", [code for language, code in RECIPES if language == "sql"])
def test_a_recipe_in_sql_gives_rows(data: Path, monkeypatch: pytest.MonkeyPatch, recipe: str) -> None:
    monkeypatch.chdir(data)
    assert duckdb.execute(recipe).fetchall()


def test_vectors_are_those_of_the_pipelines_own_cache(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    (recipe,) = (code for language, code in RECIPES if language == "sql" and "data/features/" in code)
    rows = duckdb.execute(recipe).fetchall()
    assert len(rows) == len({sha256 for sha256, _, _ in rows}) > 0
    assert all(list(vector) == [0.0, 1.0] for _, _, vector in rows)
    settings = load("demo", ROOT / "pipelines.yaml")
    assert key(settings.features, data / "weights") == KEY


@pytest.mark.parametrize("recipe", [code for language, code in RECIPES if language == "python"])
def test_a_recipe_in_python_prints_something(data: Path, recipe: str) -> None:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HOME": str(data)}
    code = [sys.executable, "-c", recipe]
    done = subprocess.run(code, cwd=data, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_there_are_recipes_for_each_tool() -> None:
    for tool in ("pandas", "polars", "datasets"):
        assert any(f"import {tool}" in code or f"from {tool}" in code for _, code in RECIPES)
    assert sum(language == "sql" for language, _ in RECIPES) >= 3
