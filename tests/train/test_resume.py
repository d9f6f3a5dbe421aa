"""A run that is killed ends with the same bits; what is no snapshot is refused."""

import json
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from store.errors import DamagedFile, UserError
from store.register.stages import Stage
from store.whole_file import TEMPORARY
from tests.train import toy_training
from train import artifact
from train.fit import fit
from train.verify import check

SETTINGS = {
    "epochs": 12,
    "snapshot_seconds": 0.0,
    "dropout": 0.2,
    "sampling": "one-per-epoch",
    "dev_every": 2,
    "schedule": "cosine",
    "warmup": 2.5,
    "weight_decay": 0.1,
    "label_smoothing": 0.1,
    "unk_rate": 0.5,
}
WIDE = 64
"""Captions of a batch that two threads share."""
SAME = (
    *("log.jsonl", "progress.jsonl", "average_loss.json", "article_loss.json"),
    *("model/model.safetensors", "model/config.json"),
)
EVERY = 60
"""Captions between two writings: more than the 48 that are learned between two measurements."""
CODE = f"""
import json, sys
from pathlib import Path
from train.captions import progress
from train.fit import fit
from train.verify import check
from train.options import TrainOptions
progress.EVERY = {EVERY}
settings, dataset, features, runs = sys.argv[1:]
fit(TrainOptions.model_validate(json.loads(settings)), Path(dataset), Path(features), Path(runs))
"""


def start(toy: toy_training.Toy, runs: Path, **settings: Any) -> subprocess.Popen[bytes]:
    options = json.dumps(toy_training.options(**settings).model_dump())
    arguments = [options, str(toy.dataset), str(toy.features), str(runs)]
    return subprocess.Popen([sys.executable, "-c", CODE, *arguments], stderr=subprocess.DEVNULL)


def updates_saved(runs: Path) -> int:
    names = [path.stem for path in runs.glob("*/snapshots/[0-9]*.safetensors")]
    return max((int(name) for name in names), default=0)


def kill_after(process: subprocess.Popen[bytes], runs: Path, updates: int) -> None:
    """Kill the process once a snapshot of at least so many updates exists, wherever it is by then."""
    while process.poll() is None and updates_saved(runs) < updates:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.fixture(autouse=True)
def written_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let captions be written after every second of the epochs that the other processes have, too."""
    monkeypatch.setattr("train.captions.progress.EVERY", EVERY)


def test_killed_anywhere_it_ends_with_the_same_bits(toy: toy_training.Toy, tmp_path: Path) -> None:
    expected = fit(toy_training.options(**SETTINGS), toy.dataset, toy.features, tmp_path / "whole")
    chance, runs = random.Random(5), tmp_path / "killed"
    for _ in range(2):
        kill_after(start(toy, runs, **SETTINGS), runs, updates_saved(runs) + chance.randrange(1, 20))
    assert not list(runs.glob("*/manifest.json"))
    assert 0 < updates_saved(runs) < 48
    run = fit(toy_training.options(**SETTINGS), toy.dataset, toy.features, runs)
    for name in SAME:
        assert (run / name).read_bytes() == (expected / name).read_bytes(), name
    assert not list(run.rglob(f"{TEMPORARY}*"))
    epochs = [json.loads(line)["epoch"] for line in (run / "progress.jsonl").read_text().splitlines()]
    assert epochs == [2, 6, 10, 12]


@pytest.mark.parametrize("cut", [0, 1, 30, -1])
def test_captions_of_measurements_that_come_again_stand_once(
    toy: toy_training.Toy, stopped: Path, tmp_path: Path, cut: int
) -> None:
    """A kill may come between a measurement and the next snapshot, and in the midst of a line."""
    shutil.copytree(stopped, tmp_path / "whole")
    expected = again(toy, tmp_path / "whole")
    snapshot = interrupted(stopped, tmp_path / "killed")
    path, whole = snapshot.parents[1] / "progress.jsonl", (expected / "progress.jsonl").read_bytes()
    there = path.read_bytes().count(b"\n")
    assert 0 < there < 3
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: there + 1]) + lines[there + 1][:cut])
    assert [str(problem) for problem in check(Stage("run", path.parent))] == []
    assert (again(toy, tmp_path / "killed") / "progress.jsonl").read_bytes() == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_snapshots_and_ends_with_the_same_bits(
    number: signal.Signals, toy: toy_training.Toy, tmp_path: Path
) -> None:
    """No snapshot is due by time, so the only one is that of the signal."""
    settings = {**SETTINGS, "snapshot_seconds": 1000.0, "epochs": 100}
    expected = fit(toy_training.options(**settings), toy.dataset, toy.features, tmp_path / "whole")
    runs = tmp_path / "stopped"
    process = start(toy, runs, **settings)
    while process.poll() is None and not list(runs.glob("*/log.jsonl")):
        time.sleep(0.001)
    process.send_signal(number)
    assert process.wait(60) != 0
    updates = len(list(runs.glob("*/snapshots/[0-9]*.safetensors"))), updates_saved(runs)
    assert updates[0] == 1
    assert 0 < updates[1] < 400
    assert not list(runs.glob("*/manifest.json"))
    run = fit(toy_training.options(**settings), toy.dataset, toy.features, runs)
    for name in SAME:
        assert (run / name).read_bytes() == (expected / name).read_bytes(), name


@pytest.mark.long
def test_killed_ten_times_on_several_threads_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    """With all that changes from update to update: rate, dropout, captions, and which rare words are read."""
    train = [[["犬猫"[photo % 2], f"珍{photo}", "だ"], ["鳥", "だ"]] for photo in range(2 * WIDE)]
    wide = toy_training.written(tmp_path, train, [[["犬", "だ"], ["猫", "未知", "だ"]]] * 8)
    settings = {**SETTINGS, "threads": 2, "batch_size": WIDE, "epochs": 150}
    expected = fit(toy_training.options(**settings), wide.dataset, wide.features, tmp_path / "whole")
    chance, runs = random.Random(11), tmp_path / "killed"
    for _ in range(10):
        process, updates = start(wide, runs, **settings), updates_saved(runs) + chance.randrange(1, 15)
        while process.poll() is None and updates_saved(runs) < updates:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.1))  # so that it may be anywhere within an update, or writing
        kill_after(process, runs, 0)
        assert process.returncode == -signal.SIGKILL
    assert 20 < updates_saved(runs) < 300
    run = fit(toy_training.options(**settings), wide.dataset, wide.features, runs)
    for name in SAME:
        assert (run / name).read_bytes() == (expected / name).read_bytes(), name
    assert len((run / "speed.jsonl").read_text().splitlines()) == 150


def test_killed_before_the_first_snapshot_it_starts_again(toy: toy_training.Toy, tmp_path: Path) -> None:
    process = start(toy, tmp_path, snapshot_seconds=1000.0, epochs=500)
    while process.poll() is None and not list(tmp_path.glob("*/settings.yaml")):
        time.sleep(0.001)
    process.kill()
    process.wait()
    run = fit(toy_training.options(epochs=3), toy.dataset, toy.features, tmp_path)
    assert len((run / "log.jsonl").read_text().splitlines()) == 3


@pytest.fixture(scope="module")
def stopped(toy: toy_training.Toy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs with one in it that was killed."""
    runs = tmp_path_factory.mktemp("stopped")
    kill_after(start(toy, runs, **SETTINGS), runs, 13)  # after the first measurement
    return runs


def interrupted(stopped: Path, runs: Path) -> Path:
    """Copy the killed run to `runs`; return its newest snapshot there."""
    shutil.copytree(stopped, runs, dirs_exist_ok=True)
    return max(runs.glob("*/snapshots/[0-9]*.safetensors"))


@pytest.fixture
def model(toy: toy_training.Toy, tmp_path: Path) -> Path:
    return fit(toy_training.options(epochs=1), toy.dataset, toy.features, tmp_path / "runs") / "model"


def again(toy: toy_training.Toy, runs: Path) -> Path:
    return fit(toy_training.options(**SETTINGS), toy.dataset, toy.features, runs)


class Runs:
    """A pickle that would create a file if anything loaded it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def pickled(tensors: dict[str, Any], evidence: Path) -> bytes:
    return pickle.dumps(Runs(evidence))


def truncated(tensors: dict[str, Any], evidence: Path) -> bytes:
    return safetensors.numpy.save(tensors)[:-100]


def empty(tensors: dict[str, Any], evidence: Path) -> bytes:
    return b""


def other_sizes(tensors: dict[str, Any], evidence: Path) -> bytes:
    return safetensors.numpy.save(tensors | {"output_b": np.zeros(3, np.float32)})


def one_tensor_less(tensors: dict[str, Any], evidence: Path) -> bytes:
    return safetensors.numpy.save({name: value for name, value in tensors.items() if name != "output_w"})


def other_precision(tensors: dict[str, Any], evidence: Path) -> bytes:
    return safetensors.numpy.save({name: value.astype(np.float64) for name, value in tensors.items()})


WRONG = [pickled, truncated, empty, other_sizes, one_tensor_less, other_precision]


def alone(snapshot: Path) -> Path:
    """Delete the snapshots before this one; return it."""
    for earlier in snapshot.parent.glob("[0-9]*.safetensors"):
        if earlier != snapshot:
            earlier.unlink()
    return snapshot


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_as_snapshot_is_refused_with_the_reason(
    toy: toy_training.Toy, stopped: Path, tmp_path: Path, wrong: Any
) -> None:
    snapshot = alone(interrupted(stopped, tmp_path))
    snapshot.write_bytes(wrong(safetensors.numpy.load(snapshot.read_bytes()), tmp_path / "evidence"))
    before = snapshot.read_bytes()
    with pytest.raises(DamagedFile, match=r"snapshot|holds|cannot be read|is F"):
        again(toy, tmp_path)
    assert not (tmp_path / "evidence").exists()
    assert snapshot.read_bytes() == before


def test_one_whole_snapshot_is_enough(
    toy: toy_training.Toy, stopped: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    snapshot = interrupted(stopped, tmp_path / "cut")
    assert len(list(snapshot.parent.glob("[0-9]*.safetensors"))) > 1
    snapshot.write_bytes(snapshot.read_bytes()[:1000])
    assert [str(problem) for problem in check(Stage("run", snapshot.parents[1]))] == []
    shutil.copytree(stopped, tmp_path / "whole")
    found, expected = again(toy, tmp_path / "cut"), again(toy, tmp_path / "whole")
    assert f"{snapshot} is damaged" in caplog.text
    assert [(found / name).read_bytes() for name in SAME] == [(expected / name).read_bytes() for name in SAME]


def test_the_snapshot_of_another_run_is_refused(toy: toy_training.Toy, stopped: Path, tmp_path: Path) -> None:
    snapshot = alone(interrupted(stopped, tmp_path))
    with safetensors.safe_open(snapshot, framework="numpy") as file:
        state = json.loads(file.metadata()["state"]) | {"fingerprint": "0" * 16}
    tensors = safetensors.numpy.load(snapshot.read_bytes())
    snapshot.write_bytes(safetensors.numpy.save(tensors, metadata={"state": json.dumps(state)}))
    with pytest.raises(DamagedFile, match="other settings or data"):
        again(toy, tmp_path)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_as_model_is_refused_with_the_reason(model: Path, tmp_path: Path, wrong: Any) -> None:
    path = model / "model.safetensors"
    path.write_bytes(wrong(safetensors.numpy.load(path.read_bytes()), tmp_path / "evidence"))
    with pytest.raises(DamagedFile):
        artifact.load(model)
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vocabulary.json", '{"tokens": ["<PAD>", "<UNK>", "<BOS>", "<EOS>", "犬"], "counts": null}'),
        ("vocabulary.json", "[1, 2]"),
        ("config.json", "{}"),
        ("config.json", "\x80"),
        ("config.json", '{"format": 2}'),
    ],
)
def test_a_config_or_vocabulary_that_does_not_fit_is_refused(model: Path, name: str, content: str) -> None:
    (model / name).write_bytes(content.encode("latin-1" if "\x80" in content else "utf-8"))
    with pytest.raises(UserError):
        artifact.load(model)


def test_a_config_of_unbelievable_sizes_allocates_nothing(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    config["sizes"]["hidden"] = 10**12
    (model / "config.json").write_text(json.dumps(config))
    with pytest.raises(DamagedFile):
        artifact.load(model)
