"""Training in several processes: the curve is that of one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from store.errors import UserError
from tests.train import toy_training
from train import updater
from train.arithmetic import processes
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
    found, expected = (json.loads((run / "article_loss.json").read_text()) for run in (several, one))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
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


def test_gpus_without_nccl_name_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """ChainerMN itself says so by a RuntimeError: pure_nccl_communicator.py of 7.8.1."""

    def create(name: str) -> None:
        raise RuntimeError(f"{name} requires NCCL 2.0+, but NCCL is not available.")

    monkeypatch.setattr(processes, "_chainermn", lambda: SimpleNamespace(create_communicator=create))
    with pytest.raises(UserError, match=r"NCCL is not available.*make install-gpu"):
        processes.MpiProcesses("pure_nccl")


def test_gradients_of_gpus_are_summed_in_one_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """On NumPy with a stand-in for NCCL that adds what two processes of equal gradients would."""
    arrays: dict[int, np.ndarray] = {}

    class Known(np.ndarray):
        @property
        def data(self) -> Any:
            arrays[self.ctypes.data] = self
            return SimpleNamespace(ptr=self.ctypes.data)

    calls = []

    def all_reduce(sent: int, received: int, count: int, kind: int, operation: int, stream: int) -> None:
        calls.append((count, kind, operation, stream))
        arrays[received][...] = 2 * arrays[sent]

    cuda = SimpleNamespace(
        nccl=SimpleNamespace(NCCL_FLOAT32=7, NCCL_SUM=0),
        get_current_stream=lambda: SimpleNamespace(ptr=5),
    )
    cupy = SimpleNamespace(
        cuda=cuda, concatenate=lambda parts: np.concatenate(parts).view(Known), empty_like=np.empty_like
    )
    communicator = SimpleNamespace(
        rank=0, size=2, intra_rank=0, intra_size=2, nccl_comm=SimpleNamespace(allReduce=all_reduce)
    )
    communicator._init_comms = lambda: None
    made = SimpleNamespace(create_communicator=lambda name: communicator)
    monkeypatch.setattr(processes, "_chainermn", lambda: made)
    gradients = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([9, 8], np.float32)]
    model = SimpleNamespace(xp=cupy, params=lambda _: [SimpleNamespace(grad=each) for each in gradients])
    processes.MpiProcesses("pure_nccl").sum_gradients(model)
    assert [each.tolist() for each in gradients] == [[[0, 2, 4], [6, 8, 10]], [18, 16]]
    assert calls == [(8, 7, 0, 5)]
