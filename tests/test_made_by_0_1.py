"""What Bokeru 0.1 wrote is still read: tests/made_by_0_1 is a pipeline that commit 3f851db made.

Every test works on a copy. Its README.md tells how it was made.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient

from commands.main import main
from web.app import create

MADE = Path(__file__).with_name("made_by_0_1")
KEY = "untrained-fc7-fc92c31d"
FORGOTTEN = 80000009
STAGES = ("crawl", "dataset", "features", "train", "evaluate")
DATES = ["fetched_at", "posted"]
"""What differs from one crawl to the next: the embedded site dates its boke back from now."""
REWORDED = {"クマ「ばぶう」、ギカギカ": "横でクマ「ばぶう」、ギカギカ"}
"""What was reworded since 0.1: it was for a baby with a bear, and could be read as one for a bear."""
NEW = ["source", "licence", "credit", "rights", "image_sha256", "facts", "found", "scores"]
"""Columns that 0.1 had not."""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the data folder, in a working folder with their pipelines.yaml and their export."""
    place = Path(shutil.copytree(MADE, tmp_path / "made"))
    exports = place / "data/small/exports.json"
    exports.write_text(exports.read_text().replace("/home/reader", str(place)))
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "120")
    return place / "data"


def bokeru(*arguments: str) -> None:
    assert main(arguments) == 0


def stage(name: str, pipeline: str = "small") -> None:
    bokeru(name, "--pipeline", pipeline)


def run(data: Path) -> Path:
    (found,) = (data / "small/runs").iterdir()
    return found


def rows(directory: Path, pattern: str, key: str) -> list[dict[str, Any]]:
    """Return a table's rows in the order of `key`, without dates and NEW columns."""
    tables = [pq.read_table(path) for path in sorted(directory.glob(pattern))]
    found = [as_before(row) for row in pa.concat_tables(tables).to_pylist()]
    return sorted(found, key=lambda row: str(row[key]))


def as_before(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: as_before(inner) for name, inner in value.items() if name not in (*DATES, *NEW)}
    return [as_before(inner) for inner in value] if isinstance(value, list) else value


def written(data: Path) -> dict[Path, int]:
    files = [path for path in data.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    return {path: path.stat().st_mtime_ns for path in files}


def without(parts: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if name not in names}


def test_verify_finds_it_whole(made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bokeru("verify", "data")
    told = capfd.readouterr().out
    assert "data: whole" in told
    for place in ("small/crawl", "small/dataset", f"features/{KEY}", "small/runs/one-per-epoch-d6dec101"):
        assert f"data/{place}: no manifest lists" in told


@pytest.mark.parametrize(
    ("directory", "words"),
    [
        ("small/crawl", ["pages: 8 rows", "images: 6 rows"]),
        ("small/dataset", ["train: 5 rows", "dev: 1 row"]),
        (f"features/{KEY}", ["features: 6 rows", "weights untrained"]),
        ("small/runs", ["one-per-epoch-d6dec101"]),
        ("since-2024/crawl", ["pages: 3 rows", "next_2024"]),
    ],
)
def test_inspect_shows_it(
    made: Path, capfd: pytest.CaptureFixture[str], directory: str, words: list[str]
) -> None:
    bokeru("inspect", f"data/{directory}")
    shown = capfd.readouterr().out
    for word in words:
        assert word in shown


@pytest.mark.parametrize("command", [["verify", "data"], ["features", "--pipeline", "small"]])
def test_a_dataset_of_an_older_layout_is_named_as_such(
    made: Path, capfd: pytest.CaptureFixture[str], command: list[str]
) -> None:
    bokeru(*command)
    told = capfd.readouterr()
    assert "data/small/dataset has an older layout" in told.err
    assert "run: bokeru dataset --pipeline small" in told.err
    assert "damaged" not in told.err + told.out


@pytest.mark.parametrize("name", ["features", "train"])
def test_every_other_stage_is_up_to_date(made: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    before = written(made)
    stage(name)
    assert capsys.readouterr().out == f"{name}: up to date\n"
    assert written(made) == before


@pytest.mark.parametrize("pipeline", ["small", "since-2024"])
def test_a_dataset_is_built_anew_once_and_says_the_same_of_plain_photos(
    made: Path, capsys: pytest.CaptureFixture[str], pipeline: str
) -> None:
    """The decoder of 0.1 described its photos; JPEGs of one upright picture are what they were."""
    before = rows(made / pipeline, "dataset/*.parquet", "sha256")
    stage("dataset", pipeline)
    told = capsys.readouterr().out
    assert f"data/{pipeline}/dataset has an older layout, and is built anew" in told
    assert "up to date" not in told
    assert rows(made / pipeline, "dataset/data/*.parquet", "sha256") == before
    assert not list((made / pipeline).glob("dataset/*.parquet"))
    stage("dataset", pipeline)
    assert capsys.readouterr().out == "dataset: up to date\n"


def test_its_crawl_is_of_an_earlier_drawing_and_is_not_gone_on_with(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = written(made)
    assert main(["crawl", "--pipeline", "small"]) == 1
    told = capsys.readouterr().err
    assert "data/small/crawl holds another drawing of the embedded site: one of an earlier version" in told
    assert "bokeru crawl --pipeline small --data elsewhere" in " ".join(told.split())
    assert written(made) == before


def test_a_crawl_finds_the_same_and_leaves_out_what_was_forgotten(made: Path) -> None:
    """The embedded site is drawn anew since: photos are those of 0.1, and all jokes but one."""
    crawl = made / "small/crawl"
    bokes, photos = crawled_bokes(crawl), rows(crawl, "images/*.parquet", "url")
    shutil.rmtree(crawl)
    stage("crawl")
    assert crawled_bokes(crawl) == {tuple(REWORDED.get(value, value) for value in boke) for boke in bokes}
    assert rows(crawl, "images/*.parquet", "url") == photos
    numbers = {boke[0] for boke in bokes}
    assert len(numbers) == 17
    assert FORGOTTEN not in numbers


def crawled_bokes(crawl: Path) -> set[tuple[Any, ...]]:
    names = ("boke_id", "odai_id", "image_url", "text", "category")
    pages = rows(crawl, "pages/*.parquet", "url")
    return {tuple(boke[name] for name in names) for page in pages for boke in page["bokes"]}


@pytest.mark.parametrize("pipeline", ["small", "since-2024"])
def test_a_dataset_of_its_crawl_is_the_same(made: Path, pipeline: str) -> None:
    dataset = made / pipeline / "dataset"
    splits = ("train", "dev")
    expected = {split: rows(dataset, f"{split}-*.parquet", "sha256") for split in splits}
    words = (dataset / "vocabulary.json").read_bytes()
    shutil.rmtree(dataset)
    stage("dataset", pipeline)
    assert {split: rows(dataset, f"data/{split}-*.parquet", "sha256") for split in splits} == expected
    assert (dataset / "vocabulary.json").read_bytes() == words


def tensors(path: Path) -> dict[str, Any]:
    return safetensors.numpy.load(path.read_bytes())


def test_a_model_trained_anew_is_the_same(made: Path) -> None:
    """After its last epoch: which epoch is the best one goes by the known tokens since then."""
    old, expected = run(made), run(MADE / "data")
    shutil.rmtree(old)
    stage("train")
    new = run(made)
    assert new.name == expected.name, "settings and inputs have the fingerprint that they had"
    losses, before = (json.loads((place / "average_loss.json").read_text()) for place in (new, expected))
    assert losses == pytest.approx(before, rel=1e-4)
    model, old_model = (tensors(max(place.glob("snapshots/[0-9]*"))) for place in (new, expected))
    assert model.keys() == old_model.keys()
    for name in model:  # another CPU may add in another order
        np.testing.assert_allclose(model[name], old_model[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_training_goes_on_from_its_snapshot(made: Path) -> None:
    expected, log = tensors(run(made) / "model/model.safetensors"), (run(made) / "log.jsonl").read_bytes()
    (run(made) / "manifest.json").unlink()
    shutil.rmtree(run(made) / "model")
    stage("train")
    model = tensors(run(made) / "model/model.safetensors")
    assert {name: value.tobytes() for name, value in model.items()} == {
        name: value.tobytes() for name, value in expected.items()
    }
    assert (run(made) / "log.jsonl").read_bytes() == log


def test_its_model_is_measured_anew_once_and_measures_the_same(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Since then `names` compares normal forms, it says how much each figure is of, and there are more.

    What was 0 because n-grams do not occur is null: captions of train have one or two tokens, and two are a
    single token that another one has; dev has one photo.
    """
    null = {"train": ("bleu_3", "bleu_4"), "dev": ("cider", "self_bleu")}
    path = run(made) / "evaluation.json"
    expected = json.loads(path.read_text())
    stage("evaluate")
    capsys.readouterr()
    stage("evaluate")
    assert capsys.readouterr().out == "evaluate: up to date\n"
    found = json.loads(path.read_text())
    for split in ("train", "dev"):
        assert found[split].pop("measured") == found[split].pop("compared") == expected[split]["captions"]
        assert found[split].pop("captioned") == expected[split]["photos"]
        assert expected[split].keys() <= found[split].keys()
        assert {expected[split].pop(name) for name in null[split]} == {0}
        assert {found[split][name] for name in null[split]} == {None}
        if split == "train":
            assert (expected[split].pop("self_bleu"), found[split]["self_bleu"]) == (0, 2 / 5)
        assert {name: found[split][name] for name in expected[split]} == pytest.approx(
            expected[split], rel=1e-3
        )
    measured = ("train", "dev", "fingerprint")
    assert without(found, *measured) == without(expected, *measured)


def test_its_model_captions_a_photo(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The network that its vectors came from has 233 MB: the cache stands in for it."""
    monkeypatch.setattr("featurize.extract.Extractor", Cached)
    samples = json.loads((run(made) / "samples.json").read_text())
    for sample in samples:
        Path(f"{sample['sha256']}.jpg").write_bytes(photo(made, sample["sha256"]))
    names = [f"{sample['sha256']}.jpg" for sample in samples]
    bokeru("caption", "--pipeline", "small", "--strategy", "greedy", "--json", *names)
    captions = [result["captions"] for result in json.loads(capsys.readouterr().out)]
    assert [[one["text"] for one in each] for each in captions] == [sample["model"] for sample in samples]


class Cached:
    """Gives each photo of the pipeline the vector that 0.1 computed."""

    def __init__(self, *_: object) -> None:
        table = pa.concat_tables(
            [pq.read_table(path) for path in (MADE / "data/features").rglob("*.parquet")]
        )
        self._vectors = dict(zip(table["sha256"].to_pylist(), table["vector"].to_pylist(), strict=True))

    def vectors(self, contents: list[bytes]) -> np.ndarray[Any, Any]:
        return np.array([self._vectors[hashlib.sha256(photo).hexdigest()] for photo in contents], np.float32)


def photo(data: Path, sha256: str) -> bytes:
    tables = [pq.read_table(path) for path in (data / "small/dataset").glob("*.parquet")]
    (found,) = (
        row["image"]["bytes"] for row in pa.concat_tables(tables).to_pylist() if row["sha256"] == sha256
    )
    assert isinstance(found, bytes)
    return found


def test_the_web_app_shows_it(made: Path) -> None:
    (shown, *_) = rows(made / "small/dataset", "train-*.parquet", "sha256")
    shutil.rmtree(made / "since-2024")
    with TestClient(create(Path("data"), "small")) as client:
        overview = client.get("/")
        assert overview.status_code == 200
        assert overview.text.count('class="chip ready"') == len(STAGES) - 1
        assert "It has the layout of an older version." in overview.text
        photo = client.get(f"/pipelines/small/photos/{shown['sha256']}")
        assert photo.status_code == 200
        assert shown["captions"][0]["text"] in photo.text
        for page in ("data", "training", "generate", "try"):
            answer = client.get(f"/pipelines/small/{page}")
            assert answer.status_code == 200, page
        assert run(made).name in client.get("/pipelines/small/training").text


def test_what_was_exported_is_still_followed(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bokeru("forget", "--pipeline", "small", "--boke", "80000008")
    told = capsys.readouterr().out
    assert f"exported before: {made.parent / 'exported'}." in told
    assert f"trained on it: data/small/runs/{run(made).name}." in told
    entries = json.loads((made / "small/forgotten.json").read_text())["entries"]
    assert entries[0] == json.loads((MADE / "data/small/forgotten.json").read_text())["entries"][0]
    assert [entry["kind"] for entry in entries] == ["boke", "boke"]
    stage("dataset")
    found = rows(made / "small/dataset", "data/*.parquet", "sha256")
    kept = {caption["boke_id"] for row in found for caption in row["captions"]}
    assert len(kept) == 16
    assert not kept & {80000008, FORGOTTEN}
