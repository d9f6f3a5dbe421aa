"""Every door that a model of others comes in by refuses one that hangs or takes all memory, in one line."""

import json
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from commands.main import main
from featurize.feeding.saved import DIGEST
from tests.featurize import families
from tests.featurize.backends.test_onnx_models import endless
from tests.featurize.backends.test_onnx_trial import counted, folded
from tests.featurize.small_networks import photo, write_dataset
from tests.featurize.test_captions_by_encoder import configure, crawled, where
from web.app import create

LIMITS = ["features.preprocess=imagenet", "features.seconds=0.5", "features.memory_gb=1"]

__all__ = ["crawled"]  # the fixture


def status(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Return how a command ends, and the one line that it says of it."""
    capsys.readouterr()
    ended = main([str(argument) for argument in arguments])
    (line,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("bokeru: ")]
    return ended, line


def test_features(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dataset(tmp_path / "data" / "demo" / "dataset", [photo(1)])
    model = endless(tmp_path / "m.onnx")
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"pipelines": {"demo": {}}}), encoding="utf-8")
    known = ("--pipeline", "demo", "--config", tmp_path / "p.yaml", "--data", tmp_path / "data")
    ended, line = status(capsys, "features", *known, "--set", f"features.weights={model}", *LIMITS)
    assert ended == 1
    assert f"{model} takes longer than 0.5 s a photo" in line


def test_encoder_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, picture = counted(tmp_path / "m.onnx"), tmp_path / "photo.jpg"
    picture.write_bytes(photo(1))
    known = ("--data", tmp_path / "data", "--out", tmp_path / "near.png")
    ended, line = status(capsys, "encoder", "check", model, picture, *known, "--set", *LIMITS)
    assert ended == 1
    assert f"{model} takes more than 1 GB of memory" in line


@pytest.mark.long
def test_score(crawled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = folded(crawled / "hostile.onnx")
    limits = ("--seconds", 1, "--memory", 1)
    ended, line = status(capsys, "score", "nice", "--model", model, *limits, *where(crawled))
    assert ended == 1
    assert f"{model} takes longer than 10 s to load" in line
    assert "set --seconds" in line, "the option, not the setting of features"
    assert "features." not in line


@pytest.mark.long
def test_caption_and_try(crawled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run from somebody else, with an encoder of theirs, of which nothing says that it has changed."""
    model = families.convnext(crawled / "theirs.onnx")
    configure(crawled, {"weights": str(model), "preprocess": "imagenet"})
    for stage in ("features", "train"):
        assert main([stage, *where(crawled)]) == 0
    (config,) = (crawled / "data/demo/runs").glob("*/model/config.json")
    settings = json.loads(config.read_text(encoding="utf-8"))
    del settings["features"]["options"][DIGEST]
    settings["features"]["options"]["layer"] = "y"
    config.write_text(json.dumps(settings), encoding="utf-8")
    counted(model)
    new = crawled / "new.jpg"
    new.write_bytes(photo(99, 80, 64))
    ended, line = status(capsys, "caption", *where(crawled), "--run", config.parents[1].name, new)
    assert ended == 1
    assert f"{model} takes more than 8 GB of memory" in line
    client = TestClient(create(crawled / "data", "demo"))
    answer = client.post("/api/pipelines/demo/captions", content=new.read_bytes())
    assert answer.status_code == 503
    assert "takes more than 8 GB of memory" in answer.text
