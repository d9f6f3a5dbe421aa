"""`make check-gpu`, piece by piece on the CPU: nothing but the device is new when it meets one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import check_gpu, decode
from featurize.backends.backend import start
from store.chainer_compat import gpu_problem
from tests.featurize.small_networks import small_network, until

ROOT = Path(__file__).parents[2]
CPU = "@numpy"


def test_vectors_are_held_to_onnx_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    network = until(small_network(), "fc7")
    assert check_gpu.fc7("numpy", network)["right"]
    other = until(small_network(seed=2), "fc7")
    right = start
    monkeypatch.setattr(
        check_gpu, "start", lambda _, name: right(other if name == "numpy" else network, name)
    )
    assert not check_gpu.fc7("numpy", network)["right"]


def test_updates_are_held_to_those_of_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    found = check_gpu.updates(CPU, (8, 30, 4), count=6)
    assert found["right"]
    assert found["difference"] == 0
    assert found["last"] < found["first"]
    monkeypatch.setattr(check_gpu, "LOSS", -1)
    assert not check_gpu.updates(CPU, (8, 30, 4), count=2)["right"]


def test_captions_are_held_to_those_of_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "PHOTOS", 4)
    found = check_gpu.captions(CPU, (30, 8))
    assert (found["right"], found["same"], found["of"]) == (True, 4, 4)


def test_a_run_that_goes_on_is_held_to_one_that_was_not_stopped(tmp_path: Path) -> None:
    assert check_gpu.resumed(CPU, tmp_path)["right"]


def test_training_is_measured() -> None:
    ((size, rates),) = check_gpu.training_rates(CPU, 0.01, None, [(8, 30, 4)])["captions_per_second"].items()
    assert size == "8, 30, 4"
    assert min(rates["cpu"], rates["gpu"]) > 0


@pytest.mark.skipif(gpu_problem() is None, reason="a GPU is there")
def test_tests_that_are_skipped_count_as_not_run() -> None:
    found = check_gpu.skipped_tests()
    assert not found["right"]
    assert "skipped" in found["said"][0]


def test_what_goes_wrong_is_kept_and_the_rest_is_done(tmp_path: Path) -> None:
    def broken() -> check_gpu.Found:
        raise ValueError("no such kernel")

    result = tmp_path / "gpu.json"
    assert not check_gpu.run({"one": broken, "two": lambda: {"right": True}}, result, {"card": "none"})
    found = json.loads(result.read_text())
    assert (found["card"], found["right"], found["two"]["right"]) == ("none", False, True)
    assert found["one"]["error"] == "ValueError: no such kernel"
    assert check_gpu.run({"two": lambda: {"right": True}}, result, {})


@pytest.mark.skipif(gpu_problem() is None, reason="a GPU is there")
def test_without_a_gpu_it_says_in_a_line_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.check_gpu", "--result", str(tmp_path / "gpu.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == f"check-gpu: {gpu_problem()}\n"
    assert not (tmp_path / "gpu.json").exists()


def test_every_piece_is_named_once(tmp_path: Path) -> None:
    names = ["tests", "fc7", "updates", "captions", "resumed", "training", "features"]
    assert list(check_gpu.pieces(1, tmp_path)) == names
