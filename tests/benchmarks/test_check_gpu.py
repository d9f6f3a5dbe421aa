"""`make check-gpu`, piece by piece on the CPU: nothing but the device is new when it meets one."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import check_gpu, decode, decode_gpu, features_gpu
from featurize.backends.backend import start
from store.chainer_compat import gpu_problem
from tests.featurize.small_networks import small_network, until

ROOT = Path(__file__).parents[2]
CPU = "@numpy"
TORCH = os.environ.get("BOKERU_TORCH_PYTHON") or (
    sys.executable if importlib.util.find_spec("torch") else None
)
STAND_IN = """
import sys
import numpy as np
given = np.load(sys.argv[1], allow_pickle=False)
assert given["limits"].tolist() == [3, 8, 50, 2, 3]  # beam 3, 8 to 50 tokens, from <BOS> to <EOS>
assert sys.argv[3] == "cpu"
for number, _ in enumerate(sys.stdin):
    print(1 + number, flush=True)
np.save(sys.argv[2], np.full((len(given["vectors"]), 50), -1))
"""
"""What answers as `benchmarks/peers/beam_torch.py` does, with empty captions."""


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
    found = check_gpu.updates(CPU, (8, 30, 4), count=41)  # the first batch of four is the last one, too
    assert found["right"]
    assert found["difference"] == 0
    assert found["last"] < found["first"]
    monkeypatch.setattr(check_gpu, "LATER_LOSS", -1)
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


def test_decoding_is_measured_beside_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "PHOTOS", 4)
    found = check_gpu.decoding_rates(CPU, None, tmp_path, [(30, 8)])
    assert found["right"]
    (row,) = found["captions_per_second"].values()
    assert row.keys() == {"cpu", "gpu", "gpu_same"}
    (tmp_path / "peer.py").write_text(STAND_IN)
    monkeypatch.setattr(decode_gpu, "PEER", tmp_path / "peer.py")
    found = check_gpu.decoding_rates(CPU, sys.executable, tmp_path, [(30, 8)], "cpu")
    (row,) = found["captions_per_second"].values()
    assert row["torch"] == 1 + decode.REPEATS  # the best one, the first of all is not counted
    assert (row["torch_same"], row["gpu_same"], found["right"]) == (0, 1, False)


@pytest.mark.skipif(TORCH is None, reason="PyTorch is not installed here: set $BOKERU_TORCH_PYTHON")
def test_pytorch_writes_the_same_captions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "PHOTOS", 16)
    found = check_gpu.decoding_rates(CPU, TORCH, tmp_path, [(300, 24)], "cpu")
    (row,) = found["captions_per_second"].values()
    assert found["right"]
    assert row["torch_same"] == 1
    assert row["torch"] > 0


@pytest.mark.long
def test_features_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features_gpu, "BATCH", 2)
    monkeypatch.setattr(features_gpu, "BATCHES", 2)
    found = check_gpu.feature_rates(4, TORCH, tmp_path, "onnx", "cpu")
    assert found["right"]
    assert found["difference"] == 0
    wanted = {"network", "decoding", "end_to_end", *(["torch_cudnn"] if TORCH else [])}
    assert found["photos_per_second"].keys() == wanted
    assert min(found["photos_per_second"].values()) > 0


@pytest.mark.skipif(gpu_problem() is None, reason="a GPU is there")
def test_tests_that_are_skipped_count_as_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the crawler's packages are missing, too: a machine with CuPy and PyTorch has none of them."""
    for package in ("scrapy", "w3lib", "parsel"):
        (tmp_path / f"{package}.py").write_text("raise ModuleNotFoundError(__name__)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
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


def test_on_a_bare_machine_it_says_in_a_line_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(  # -S: no package is found
        [sys.executable, "-S", "-m", "benchmarks.check_gpu", "--result", str(tmp_path / "gpu.json")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "check-gpu: numpy is not installed here: make install\n"


def test_every_piece_is_named_once(tmp_path: Path) -> None:
    names = ["tests", "fc7", "updates", "captions", "resumed", "training", "decoding", "features"]
    assert list(check_gpu.pieces(1, tmp_path)) == names
