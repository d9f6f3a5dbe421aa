"""The GPU backend's own logic, on a stand-in for CuPy; only the last test needs a GPU."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from featurize.backends.backend import start
from featurize.backends.chainer_network import ChainerBackend
from featurize.backends.cupy_network import IN_FLIGHT, CupyBackend, max_batch_size
from store.chainer_compat import gpu_problem
from store.errors import UserError
from tests.featurize.small_networks import small_network, until

IMAGES = 60 * np.random.default_rng(1).standard_normal((11, 3, 35, 35), dtype=np.float32)


class OutOfMemoryError(Exception):
    pass


class OnHost(np.ndarray):
    """An array that CuPy's calls find on it what they find on a cupy.ndarray."""

    def set(self, values: np.ndarray, stream: object) -> None:
        self[...] = values


class Stream:
    def __init__(self, non_blocking: bool) -> None:
        self.synchronized = 0

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...

    def synchronize(self) -> None:
        self.synchronized += 1


def stand_in(fits: int) -> Any:
    """Return a stand-in for CuPy on the host whose memory takes `fits` photos."""
    sizes: list[int] = []

    def empty(shape: tuple[int, ...], dtype: type) -> OnHost:
        sizes.append(shape[0])
        if shape[0] > fits:
            raise OutOfMemoryError("out of memory allocating 1 byte")
        return np.empty(shape, dtype).view(OnHost)

    cuda = SimpleNamespace(
        Stream=Stream,
        Device=lambda: SimpleNamespace(synchronize=lambda: None),
        runtime=SimpleNamespace(memGetInfo=lambda: (10**9, 10**9)),
        alloc_pinned_memory=bytearray,
        memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
    )
    pool = SimpleNamespace(free_all_blocks=lambda: None)
    return SimpleNamespace(
        empty=empty,
        asnumpy=lambda array, stream: np.array(array),
        cuda=cuda,
        get_default_memory_pool=lambda: pool,
        sizes=sizes,
    )


def backend(cupy: Any) -> CupyBackend:
    made = CupyBackend.__new__(CupyBackend)
    ChainerBackend.__init__(made, until(small_network(), "fc7"))
    made._start(cupy)
    return made


@pytest.mark.parametrize("fits", [1, 2, 5, 100])
def test_a_batch_that_does_not_fit_is_halved_until_it_does(fits: int) -> None:
    cupy = stand_in(fits)
    expected = start(until(small_network(), "fc7"), "numpy").run(IMAGES)
    np.testing.assert_allclose(backend(cupy).run(IMAGES), expected, atol=1e-5 * expected.max())
    assert sum(size for size in cupy.sizes if size <= fits) == len(IMAGES)


def test_a_batch_stays_halved() -> None:
    cupy = stand_in(3)
    made = backend(cupy)
    made.run(IMAGES)
    cupy.sizes.clear()
    made.run(IMAGES)
    assert max(cupy.sizes) <= 3


def test_a_gpu_that_takes_no_photo_says_so() -> None:
    reason = r"one photo does not fit into the GPU's memory \(out of memory .* features.backend onnx"
    with pytest.raises(UserError, match=reason):
        backend(stand_in(0)).run(IMAGES)


def test_batches_are_sized_to_the_memory() -> None:
    values = 3 * 35 * 35 + 2 * 8 * 16 * 16 + 3 * 5 * 5 * 16 * 16  # conv1: input, result, input unfolded
    assert max_batch_size(small_network(), 7 * 4 * values) == 7
    assert max_batch_size(small_network(), 7 * 4 * values - 1) == 6
    assert max_batch_size(small_network(), 0) == 1


def test_threads_share_as_many_streams_as_batches_are_in_flight() -> None:
    """CuPy's pool keeps an arena of memory for each stream."""
    made: list[Stream] = []
    cupy = stand_in(100)
    cupy.cuda.Stream = lambda non_blocking: made.append(Stream(non_blocking)) or made[-1]  # type: ignore[func-returns-value]
    network = backend(cupy)
    with ThreadPoolExecutor(8) as pool:
        for vectors in pool.map(network.run, [IMAGES] * 24):
            assert vectors.shape == (len(IMAGES), 24)
    assert len(made) == IN_FLIGHT
    assert sum(stream.synchronized for stream in made) == 24


@pytest.mark.skipif(gpu_problem() is not None, reason=f"{gpu_problem()}")
def test_the_gpu_agrees_with_the_reference() -> None:
    expected = start(until(small_network(), "fc7"), "numpy").run(IMAGES)
    found = start(until(small_network(), "fc7"), "cupy").run(IMAGES)
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.max())
