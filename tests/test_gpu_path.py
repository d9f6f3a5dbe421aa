"""What runs on a GPU, on pretended cards: each kernel compiles, and each call goes to the right card.

CuPy and NVRTC are real, the driver is not (`tests/gpu/pretended.py`); `make check-gpu-compile` has an
environment for them.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
CAPABILITIES = (75, 80, 86, 89, 90, 100)
"""Of cards from 2018 (Turing) to 2025 (Blackwell): https://developer.nvidia.com/cuda-gpus"""
CHAINERS = {
    *("adam", "embed_id_bwd", "sigmoid_fwd", "sigmoid_bwd", "tanh_bwd"),
    *("softmax_crossent_no_reduce_fwd", "softmax_crossent_bwd"),
    *("im2col", "max_pool_2d_fwd", "avg_pool_fwd", "lrn_conv_sum", "lrn_fwd"),
}
"""Kernels that Chainer writes itself, by the names that its sources give them."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        importlib.util.find_spec("cupy") is None, reason="CuPy is not installed here: make check-gpu-compile"
    ),
]


def program(
    folder: Path, *arguments: str, ranks: int = 0, shown: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `tests.gpu.path`, several times under mpiexec if `ranks` says so.

    Args:
        shown: what CUDA_VISIBLE_DEVICES is in each process, as a shell computes it.
        variables: of the environment.
    """
    command = [sys.executable, "-m", "tests.gpu.path", str(folder), *arguments]
    # Each run compiles anew, so that one that fails cannot be saved by what an earlier one kept.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PMI_", "OMPI_"))
    }
    environment |= {"CUPY_CACHE_DIR": str(folder / "kernels"), "OPENBLAS_NUM_THREADS": "1", **variables}
    if shown:
        command = ["sh", "-c", f'CUDA_VISIBLE_DEVICES={shown} exec "$@"', "sh", *command]
    if ranks:
        found = importlib.util.find_spec("mpi4py")
        if found is None or found.origin is None:
            pytest.skip("no MPI here: make install-scale")
        prefix = Path(found.origin).parents[4]
        environment["LD_LIBRARY_PATH"] = str(prefix / "lib")
        command = [str(prefix / "bin/mpiexec"), "-n", str(ranks), *command]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1500)


def records(folder: Path, done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return what each process recorded, by rank; the program has to have ended well."""
    assert done.returncode == 0, done.stderr
    return [json.loads(path.read_text()) for path in sorted(folder.glob("record-*.json"))]


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_kernel_is_compiled_for(capability: int, tmp_path: Path) -> None:
    done = program(tmp_path, "train", "caption", "features", "--capability", str(capability))
    (record,) = records(tmp_path, done)
    assert set(record["kernels"]) >= CHAINERS
    assert record["used"].keys() == {"0"}


def test_a_kernel_that_is_broken_is_found(tmp_path: Path) -> None:
    done = program(tmp_path, "train", "--broken", "sigmoid_bwd")
    assert done.returncode == 1
    assert "no_such_name" in done.stderr
    assert "CompileException" in done.stderr


def test_what_the_first_gpu_is_checked_with_runs(tmp_path: Path) -> None:
    (record,) = records(tmp_path, program(tmp_path, "check"))
    assert record["used"].keys() == {"0"}


def test_training_evaluation_captions_and_features_stay_on_their_card(tmp_path: Path) -> None:
    (record,) = records(tmp_path, program(tmp_path, "train", "caption", "features", "--device", "cuda:1"))
    assert record["used"].keys() == {"1"}
    assert record["used"]["1"]["launch"] > 1000


def test_features_take_as_many_streams_as_batches_are_in_flight(tmp_path: Path) -> None:
    from featurize.backends.cupy_network import IN_FLIGHT

    (record,) = records(tmp_path, program(tmp_path, "features"))
    assert record["used"]["0"]["stream"] == IN_FLIGHT


def test_two_processes_put_everything_on_a_card_each(tmp_path: Path) -> None:
    found = records(tmp_path, program(tmp_path, "together", "--device", "auto", ranks=2))
    assert [record["rank"] for record in found] == ["0", "1"]
    for record in found:
        assert list(record["used"]) == [record["rank"]]
        (used,) = record["used"].values()
        assert used["NCCL"] == 1 + 4  # a communicator; 10 captions in batches of 3 are 4 exchanges
    assert len({str(record["kernels"]["adam"]) for record in found}) == 1


@pytest.mark.parametrize("device", ["auto", "cuda:0"])
def test_a_launcher_that_shows_each_process_its_own_card_is_understood(device: str, tmp_path: Path) -> None:
    """As Slurm's --gpus-per-task does: each sees one card, and calls it 0."""
    ranks = program(tmp_path, "together", "--device", device, ranks=2, shown="$((1 - PMI_RANK))")
    found = records(tmp_path, ranks)
    assert [list(record["used"]) for record in found] == [["1"], ["0"]]
    assert all(used["NCCL"] == 1 + 4 for record in found for used in record["used"].values())


def test_one_card_that_is_shown_to_two_processes_is_shared_all_the_same(tmp_path: Path) -> None:
    done = program(tmp_path, "together", "--device", "auto", ranks=2, shown="1")
    assert done.returncode != 0
    assert "but there are 1 GPUs, and 2 processes of this machine need one" in done.stderr


def test_a_gpu_whose_memory_is_full_ends_in_a_sentence(tmp_path: Path) -> None:
    """CuPy's own limit, which its pool meets as it meets the card's end."""
    done = program(tmp_path, "train", CUPY_GPU_MEMORY_LIMIT="12000")
    assert done.returncode == 1
    said = r"UserError: the memory of the GPU 0 is full: Out of memory allocating [\d,]+ bytes .*batch_size"
    assert re.search(said, done.stderr)


@pytest.mark.parametrize(
    ("arguments", "ranks", "said"),
    [
        (("--device", "cuda:2"), 0, "train.device is cuda:2, but there are 2 GPUs, and numbers start at 0"),
        (
            ("--device", "auto", "--cards", "1"),
            2,
            "but there are 1 GPUs, and 2 processes of this machine need one",
        ),
        (("--device", "cuda:1"), 2, "train.device is cuda:1, which 2 processes of this machine would share"),
    ],
)
def test_cards_that_are_missing_or_shared_are_refused(
    arguments: tuple[str, ...], ranks: int, said: str, tmp_path: Path
) -> None:
    done = program(tmp_path, "together" if ranks else "train", *arguments, ranks=ranks)
    assert done.returncode != 0
    assert said in done.stderr
