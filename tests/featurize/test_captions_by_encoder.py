"""Models on the vectors of any encoder write for photos that they never saw, in a process of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from commands.main import main
from tests.featurize import families
from tests.featurize.small_networks import photo
from tests.featurize.test_families import FAMILIES
from train.runs.find import newest
from web.app import create

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "crawl": {"embedded": {"photos": 12, "captions_per_photo": 3, "seed": 5}, "delay": 0},
    "dataset": {"dev_fraction": 0.3},
    "train": {"epochs": 1, "embedding": 8, "hidden": 8, "batch_size": 16, "fused": False, "device": "cpu"},
}
FRESH = """
import sys
from pathlib import Path
from fastapi.testclient import TestClient
import bokeru
from commands.main import main
from web.app import create

data, config, photo = sys.argv[1:]
assert main(["caption", "--pipeline", "demo", "--config", config, "--data", data, "--json", photo]) == 0
run = bokeru.pipeline(Path(data) / "demo").model().run
(told,) = bokeru.model(run).caption(photo, strategy="sample", n=2)
assert len(told["captions"]) == 2 and all(each["text"] for each in told["captions"]), told
client = TestClient(create(Path(data), "demo"))
answer = client.post("/api/pipelines/demo/captions", content=Path(photo).read_bytes())
assert answer.status_code == 200, answer.text
assert answer.json()["captions"], answer.text
"""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a dataset of a dozen photos."""
    folder = tmp_path_factory.mktemp("encoders")
    configure(folder, {})
    for stage in ("crawl", "dataset"):
        assert main([stage, *where(folder)]) == 0
    return folder


def configure(folder: Path, features: dict[str, object]) -> None:
    content = {"pipelines": {"demo": {**SETTINGS, "features": features}}}
    (folder / "pipelines.yaml").write_text(yaml.safe_dump(content))


def where(folder: Path) -> list[str]:
    config, data = folder / "pipelines.yaml", folder / "data"
    return ["--pipeline", "demo", "--config", str(config), "--data", str(data)]


# "clip" leaves open what others set: its output is found among four.
@pytest.mark.long
@pytest.mark.parametrize("name", FAMILIES)
def test_a_new_photo_gets_a_caption_in_a_fresh_process(crawled: Path, name: str) -> None:
    family = FAMILIES[name]
    model = family.write(crawled / f"{name.replace(' ', '_')}.onnx")
    configure(crawled, {"weights": str(model), **family.settings})
    for stage in ("features", "train"):
        assert main([stage, *where(crawled)]) == 0
    new = crawled / "new.jpg"
    new.write_bytes(photo(99, 80, 64))
    result = subprocess.run(
        [sys.executable, "-c", FRESH, str(crawled / "data"), str(crawled / "pipelines.yaml"), str(new)],
        cwd=crawled,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert result.returncode == 0, result.stderr
    (found,) = json.loads(result.stdout)
    assert found["captions"]


@pytest.mark.long
def test_a_model_captions_nothing_with_other_weights_than_its_vectors(
    crawled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An .onnx that is written again under its name, as an export is that one mends."""
    # In a folder of its own: another test's run would speak for the pipeline in the place of one that cannot.
    crawled = shutil.copytree(crawled, tmp_path / "alone", ignore=shutil.ignore_patterns("runs", "*.onnx"))
    model = families.convnext(crawled / "changing.onnx")
    configure(crawled, {"weights": str(model), "preprocess": "imagenet"})
    for stage in ("features", "train"):
        assert main([stage, *where(crawled)]) == 0
    new = crawled / "new.jpg"
    new.write_bytes(photo(99, 80, 64))
    assert main(["caption", *where(crawled), str(new)]) == 0
    run = newest(crawled / "data/demo/runs").name
    families.convnext(model, seed=8)
    capsys.readouterr()
    assert main(["caption", *where(crawled), str(new)]) == 1
    assert f"{run} has another vectors" in capsys.readouterr().err
    assert main(["caption", *where(crawled), "--run", run, str(new)]) == 1
    assert "changing.onnx is not the file that made the vectors" in capsys.readouterr().err
    client = TestClient(create(crawled / "data", "demo"))
    answer = client.post("/api/pipelines/demo/captions", content=new.read_bytes())
    assert answer.status_code == 503
    assert "is not the file that made the vectors" in answer.text
    # What is trained anew on the new vectors has the same settings, and is captioned by the new file.
    for stage in ("features", "train"):
        assert main([stage, *where(crawled)]) == 0
    assert main(["caption", *where(crawled), str(new)]) == 0
    assert client.post("/api/pipelines/demo/captions", content=new.read_bytes()).status_code == 200
