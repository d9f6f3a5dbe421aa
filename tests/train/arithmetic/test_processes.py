"""Training in several processes: the curve is that of one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store.errors import UsageError
from tests.train import toy_training
from train import updater
from train.arithmetic.device import device
from train.fit import fit

CODE = """
import json, sys
from pathlib import Path
from train.fit import fit
from train.options import TrainOptions
settings, dataset, features, runs = sys.argv[1:]
fit(TrainOptions.model_validate(json.loads(settings)), Path(dataset), Path(features), Path(runs))
"""


def mpiexec(
    toy: toy_training.Toy, runs: Path, ranks: int, **settings: Any
) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("mpiexec")
    if not command.exists():
        pytest.skip("no MPI here: make install-scale")
    options = json.dumps(toy_training.options(**settings).model_dump())
    program = [sys.executable, "-c", CODE, options, str(toy.dataset), str(toy.features), str(runs)]
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PMI_", "OMPI_"))}
    return subprocess.run(
        [command, "-n", str(ranks), *program],
        env=alone,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def losses(run: Path) -> list[tuple[float, float]]:
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(record["loss"], record["dev_loss"]) for record in records]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> toy_training.Toy:
    return toy_training.toy(tmp_path_factory.mktemp("data"), photos=25, captions=1)


@pytest.mark.parametrize(("ranks", "clip"), [(2, 0.5), pytest.param(3, None, marks=pytest.mark.long)])
def test_processes_follow_the_curve_of_one_with_the_same_batches(
    toy: toy_training.Toy, tmp_path: Path, ranks: int, clip: float | None
) -> None:
    settings = {
        "epochs": 6,
        "clip": clip,
        "weight": "stars",
        "batch_size": 4,
    }  # the last batch holds one caption
    done = mpiexec(toy, tmp_path / "several", ranks, **settings)
    assert done.returncode == 0, done.stderr
    (several,) = (tmp_path / "several").iterdir()
    one = fit(toy_training.options(**settings), toy.dataset, toy.features, tmp_path / "one")
    np.testing.assert_allclose(losses(several), losses(one), rtol=1e-4)
    assert json.loads((several / "manifest.json").read_text())["processes"] == ranks


@pytest.mark.long
def test_a_loss_that_diverges_ends_every_process(toy: toy_training.Toy, tmp_path: Path) -> None:
    done = mpiexec(toy, tmp_path, 2, learning_rate=1e38, clip=None, epochs=9)
    assert done.returncode != 0
    assert "The loss became" in done.stderr


def test_losses_may_be_fetched_late_without_changing_anything(
    toy: toy_training.Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = fit(toy_training.options(), toy.dataset, toy.features, tmp_path / "one")

    class Late(updater.Updater):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs | {"fetch_every": 50})

    monkeypatch.setattr("train.prepare.Updater", Late)
    late = fit(toy_training.options(), toy.dataset, toy.features, tmp_path / "late")
    assert (late / "log.jsonl").read_bytes() == (at_once / "log.jsonl").read_bytes()


def test_a_device_that_is_none_says_what_to_write() -> None:
    with pytest.raises(UsageError, match="cuda:0"):
        device("gpu")


def test_a_gpu_that_cannot_be_used_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "train.arithmetic.device.gpu_problem", lambda: "CuPy found no GPU: the driver lists none"
    )
    with pytest.raises(UsageError, match="driver lists none"):
        device("cuda:0")
    assert str(device("auto")) == str(device("cpu"))
