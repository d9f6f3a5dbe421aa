"""The whole way, as a user goes it: a real crawl, full-size CaffeNet, a model that learns.

A demo of half the photos runs first; the tests look at what it left, run it again, and break copies. The demo
of the size that ships is held to the same in `make test-long`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from store import schema
from store.errors import DamagedFile
from store.shards import shard_paths
from tests.small_disk import SmallDisk

ROOT = Path(__file__).parents[1]
MADE_BY_0_1 = ROOT / "tests" / "made_by_0_1"
BOKERU = [sys.executable, "-m", "commands.main"]
PHOTOS = 300
SIZE = ["--set", f"crawl.embedded.photos={PHOTOS}"]
STAGES = ("crawl", "dataset", "features", "train", "evaluate")


def bokeru(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BOKERU, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        stdin=subprocess.DEVNULL,
    )


def assert_told(result: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert result.returncode == status, result.stderr + result.stdout
    assert "Traceback" not in result.stderr
    last = [line for line in result.stderr.splitlines() if line.startswith("bokeru: ")]
    assert len(last) == 1, result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a demo run to its end."""
    data = tmp_path_factory.mktemp("demo") / "data"
    result = bokeru("demo", "--data", data, *SIZE)
    assert result.returncode == 0, result.stdout + result.stderr
    (data / "said.txt").write_text(result.stdout)
    return data


@pytest.fixture
def copy(demo: Path, tmp_path: Path) -> Path:
    """Return a copy of the demo that a test may break: hard links, to be replaced and not written to."""
    return Path(shutil.copytree(demo, tmp_path / "data", copy_function=os.link))


def run(demo: Path) -> Path:
    (found,) = (demo / "demo" / "runs").iterdir()
    return found


def test_the_demo_shows_captions_and_losses(demo: Path) -> None:
    said = (demo / "said.txt").read_text()
    for words in ("photos that the model has not seen", "the floor", "Next:"):
        assert words in said


@pytest.mark.parametrize(("stage", "table"), [("pages", schema.PAGES), ("images", schema.IMAGES)])
def test_the_crawl_has_the_contract_s_tables(demo: Path, stage: str, table: pa.Schema) -> None:
    assert shard_paths(demo / "demo" / "crawl" / stage, table)


def test_every_photo_is_crawled_and_in_one_split(demo: Path) -> None:
    assert_all_photos(demo, PHOTOS)


def assert_all_photos(demo: Path, photos: int) -> None:
    images = demo / "demo/crawl/images/*.parquet"
    dataset = demo / "demo/dataset/data/*.parquet"
    count = "SELECT count(*), count(DISTINCT sha256) FROM"
    assert duckdb.execute(f"{count} '{images}' WHERE outcome = 'ok'").fetchall() == [(photos, photos)]
    assert duckdb.execute(f"{count} '{dataset}'").fetchall() == [(photos, photos)]


def test_the_dataset_has_its_files(demo: Path) -> None:
    dataset = demo / "demo/dataset"
    names = {path.relative_to(dataset).as_posix() for path in dataset.rglob("*")}
    expected = {
        "README.md",
        "statistics.json",
        "vocabulary.json",
        "croissant.json",
        "manifest.json",
        "floor.json",
    }
    assert expected <= names
    assert "data/train-00000-of-00001.parquet" in names
    assert "data/dev-00000-of-00001.parquet" in names


def test_every_photo_has_a_vector_of_full_size_caffenet(demo: Path) -> None:
    (cache,) = (path for path in (demo / "features").iterdir() if path.is_dir())
    assert cache.name.startswith("untrained-fc7-")
    table = pq.read_table(next(cache.glob("*.parquet")))
    assert table.num_rows == PHOTOS
    assert table.schema.field("vector").type == schema.features(4096).field("vector").type


def test_the_vectors_are_those_that_0_1_computed(demo: Path) -> None:
    """Photos do not change with the size of the embedded site: the fixture's six are in the demo too."""
    query = "SELECT vector FROM '{}/features/*/*.parquet' SEMI JOIN old USING (sha256) ORDER BY sha256"
    old = pq.read_table(next((MADE_BY_0_1 / "data/features").rglob("*.parquet"))).sort_by("sha256")
    found = duckdb.execute(query.format(demo)).fetchall()
    assert len(found) == 6
    expected = np.array(old["vector"].to_pylist())
    np.testing.assert_allclose(np.array(found)[:, 0], expected, rtol=1e-3, atol=1e-2)  # of about 70


def test_the_run_has_its_files(demo: Path) -> None:
    names = {path.name for path in run(demo).iterdir()}
    expected = {"settings.yaml", "log.jsonl", "average_loss.json", "curves.png", "snapshots", "model"}
    assert expected | {"evaluation.json", "evaluation.parquet", "samples.json"} <= names
    assert {path.name for path in (run(demo) / "model").iterdir()} == {
        "model.safetensors",
        "config.json",
        "vocabulary.json",
        "learned_from.json",
        "README.md",
    }


def test_the_model_has_learned(demo: Path) -> None:
    assert_learned(demo)


def assert_learned(demo: Path) -> None:
    evaluation = json.loads((run(demo) / "evaluation.json").read_text())
    dev = evaluation["dev"]
    assert dev["floor"] < dev["nll"] < dev["unigram"] < dev["ln_v"]
    assert dev["floor_known"] < dev["nll_known"] < dev["unigram_known"]
    assert dev["nll_known"] < dev["nll"]
    assert dev["nll"] < dev["shuffled_nll"]
    assert dev["names"] > dev["names_shuffled"]


@pytest.mark.long
def test_the_demo_of_the_size_that_ships(tmp_path: Path) -> None:
    result = bokeru("demo", "--data", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert_all_photos(tmp_path, 600)
    assert_learned(tmp_path)


def test_average_loss_is_a_list_that_falls(demo: Path) -> None:
    losses = json.loads((run(demo) / "average_loss.json").read_text())
    assert losses[-1] < losses[0]


def written(data: Path) -> dict[Path, int]:
    files = (
        path for path in data.rglob("*") if path.is_file() and path.suffix != ".lock" and path.name != ".lock"
    )
    return {path: path.stat().st_mtime_ns for path in files}


def test_a_second_demo_says_that_every_stage_is_up_to_date(demo: Path) -> None:
    before = written(demo)
    result = bokeru("demo", "--data", demo, *SIZE)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("up to date") == len(STAGES)
    assert written(demo) == before


def test_captions_for_a_photo_file(demo: Path, tmp_path: Path) -> None:
    table = pq.read_table(demo / "demo/dataset/data/dev-00000-of-00001.parquet", columns=["image"])
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(table["image"][0].as_py()["bytes"])
    caption = ("caption", "--pipeline", "demo", "--data", demo)
    result = bokeru(*caption, "--strategy", "greedy", "--json", photo)
    assert result.returncode == 0, result.stderr
    (one,) = json.loads(result.stdout)
    assert one["captions"][0]["text"]
    assert one["captions"][0]["log_probability"] < 0
    assert "log p" in bokeru(*caption, photo).stdout  # by beam search


def test_captions_for_what_is_no_photo(demo: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.jpg"
    assert_told(bokeru("caption", "--pipeline", "demo", "--data", demo, nothing), 2, str(nothing))
    nothing.write_text("no photo")
    assert_told(bokeru("caption", "--pipeline", "demo", "--data", demo, nothing), 1, "photo")


@pytest.mark.parametrize(
    "place",
    [
        "demo/dataset",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("demo/crawl", "features", "demo/runs")),
    ],
)
def test_inspect_and_verify_read_every_stage(demo: Path, place: str) -> None:
    assert bokeru("inspect", demo / place).stdout
    result = bokeru("verify", demo / place)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("stage", "missing", "command"),
    [
        pytest.param("dataset", "demo/crawl", "bokeru crawl", marks=pytest.mark.long),
        pytest.param("features", "demo/dataset", "bokeru dataset", marks=pytest.mark.long),
        pytest.param("train", "demo/dataset", "bokeru dataset", marks=pytest.mark.long),
        ("train", "features", "bokeru features"),
        ("evaluate", "demo/runs", "bokeru train"),
    ],
)
def test_a_stage_out_of_order_names_the_missing_one(
    copy: Path, stage: str, missing: str, command: str
) -> None:
    shutil.rmtree(copy / missing)
    if stage == "dataset":
        shutil.rmtree(copy / "demo/dataset")
    assert_told(bokeru(stage, "--pipeline", "demo", "--data", copy), 1, missing.split("/")[-1], command)


@pytest.mark.parametrize(
    ("stage", "place"),
    [
        ("crawl", "demo/crawl/pages"),
        pytest.param("crawl", "demo/crawl/images", marks=pytest.mark.long),
        pytest.param("dataset", "demo/crawl/pages", marks=pytest.mark.long),
        pytest.param("features", "demo/dataset/data", marks=pytest.mark.long),
        pytest.param("train", "demo/dataset/data", marks=pytest.mark.long),
        pytest.param("train", "features", marks=pytest.mark.long),
    ],
)
def test_a_shard_cut_in_half_is_named_and_kept(copy: Path, stage: str, place: str) -> None:
    shard = next(path for path in sorted((copy / place).rglob("*.parquet")))
    half = shard.read_bytes()[: shard.stat().st_size // 2]
    shard.unlink()
    shard.write_bytes(half)
    if stage == "train":
        shutil.rmtree(copy / "demo/runs")
    assert_told(bokeru(stage, "--pipeline", "demo", "--data", copy), 5, str(shard))
    assert shard.read_bytes() == half
    with pytest.raises(DamagedFile):
        shard_paths(shard.parent)
    assert str(shard) in bokeru("verify", copy / place).stdout


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty", marks=pytest.mark.long),
        pytest.param(b"no caffemodel", id="text"),
        pytest.param(os.urandom(5000), id="noise", marks=pytest.mark.long),
        pytest.param(b"\x0a\x03abc\x12\x05", id="cut", marks=pytest.mark.long),
    ],
)
def test_weights_that_are_no_caffemodel(copy: Path, tmp_path: Path, content: bytes) -> None:
    weights = tmp_path / "mine.caffemodel"
    weights.write_bytes(content)
    result = bokeru("features", "--pipeline", "demo", "--data", copy, "--set", f"features.weights={weights}")
    assert_told(result, 5, str(weights))


@pytest.mark.long
def test_weights_cut_short_and_weights_that_are_missing(copy: Path, tmp_path: Path) -> None:
    weights = tmp_path / "mine.caffemodel"
    setting = f"features.weights={weights}"
    assert_told(bokeru("features", "--pipeline", "demo", "--data", copy, "--set", setting), 1, str(weights))
    whole = next((copy / "weights").glob("*.caffemodel"))
    with whole.open("rb") as source:
        weights.write_bytes(source.read(whole.stat().st_size // 2))
    assert_told(bokeru("features", "--pipeline", "demo", "--data", copy, "--set", setting), 5, str(weights))


@pytest.mark.parametrize("command", ["site", "web"])
def test_a_port_in_use_is_named(demo: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = ["--port", port] + (["--pipeline", "demo", "--data", demo] if command == "web" else [])
        assert_told(bokeru(command, *arguments), 1, str(port))


@pytest.mark.long
def test_vectors_that_are_cut_are_made_again(copy: Path) -> None:
    [shard] = (copy / "features").rglob("*.parquet")
    shard.write_bytes(shard.read_bytes()[:-1000])
    result = bokeru("features", "--pipeline", "demo", "--data", copy)
    assert result.returncode == 0, result.stderr
    assert f"made again, as missing or not as written: {shard.name}" in result.stdout
    assert bokeru("verify", copy / "features").returncode == 0


@pytest.mark.long
def test_a_full_disk_stops_a_crawl_which_goes_on_when_there_is_space(small_disk: SmallDisk) -> None:
    disk = small_disk(1536)
    few = ["crawl.shard_rows=10", "crawl.embedded.photos=150", "crawl.min_free_gb=0"]
    arguments = ["--pipeline", "demo", "--data", disk, "--set", *few]
    assert_told(bokeru("crawl", *arguments), 3, "space")
    pages, images = (disk / "demo/crawl" / name for name in ("pages", "images"))
    both = f"['{pages}/*.parquet', '{images}/*.parquet'], union_by_name = true"
    urls = f"SELECT url, epoch_us(fetched_at) FROM read_parquet({both})"
    kept = duckdb.execute(urls).fetchall()
    assert kept
    small_disk(200 * 1024)
    assert bokeru("crawl", *arguments).returncode == 0
    assert set(kept) <= set(duckdb.execute(urls).fetchall()), "none of them is fetched again"
    [counts] = duckdb.execute(f"SELECT count(*), count(DISTINCT url) FROM '{images}/*.parquet'").fetchall()
    assert counts == (150, 150)


@pytest.mark.long
def test_a_full_disk_stops_features(demo: Path, small_disk: SmallDisk) -> None:
    disk = small_disk(1024)
    for name in ("demo", "weights"):
        (disk / name).symlink_to(demo / name)
    assert_told(
        bokeru("features", "--pipeline", "demo", "--data", disk, "--set", "features.min_free_gb=0"),
        3,
        "space",
    )
    assert not list((disk / "features").rglob("*.parquet"))


def test_doctor_finds_nothing_broken(demo: Path) -> None:
    result = bokeru("doctor", "--data", demo)
    assert result.returncode == 0, result.stdout
    assert "unidic-lite" in result.stdout
