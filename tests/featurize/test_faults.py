"""Kills, full disks and rivals, for real: in processes of their own."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from featurize.extract import extract
from featurize.options import FeatureOptions
from featurize.read import vectors
from store.errors import TooLittleRoom
from store.processes.room import Room
from tests.featurize.small_networks import photo, sha256, small_weights, write_dataset
from tests.small_disk import SmallDisk

CHILD = """
import re, sys, time
from pathlib import Path
from featurize import cache, encoder
from featurize.extract import extract
from featurize.options import FeatureOptions
root, batches = Path(sys.argv[1]), int(sys.argv[2])
rows = encoder.NetworkEncoder.rows

def at_most(self, photos):
    global batches
    batches -= 1
    while batches < 0:
        time.sleep(60)
    return rows(self, photos)

if batches:
    cache.SECONDS = 0.0
    encoder.NetworkEncoder.rows = at_most
options = FeatureOptions(batch_size=4, weights=str(root / "small.caffemodel"))
extract(options, root / "demo" / "dataset", root / "features", root / "weights")
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def child(root: Path, batches: int = 0) -> subprocess.Popen[str]:
    """Run the features stage in a process of its own; after `batches`, if given, it hangs."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root), str(batches)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def end(process: subprocess.Popen[str]) -> str:
    """Wait for a child that must end well; return what it printed."""
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return out


def stored(directory: Path) -> Counter[str]:
    """Count the rows of each photo in a cache."""
    tables = [pq.read_table(path, columns=["sha256"]) for path in directory.glob("vectors-*.parquet")]
    return Counter(name for table in tables for name in table["sha256"].to_pylist())


def wait_for(pattern: str, directory: Path) -> None:
    """Wait until a file of that name is there."""
    deadline = time.monotonic() + 60
    while not list(directory.glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern} in {directory}"
        time.sleep(0.01)


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    small_weights(tmp_path)
    return write_dataset(tmp_path / "demo" / "dataset", [photo(seed) for seed in range(80)], rows=16)


def run(root: Path) -> Path:
    options = FeatureOptions(weights=str(root / "small.caffemodel"), batch_size=4)
    return extract(options, root / "demo" / "dataset", root / "features", root / "weights")


def test_a_kill_costs_only_what_was_not_yet_written(tmp_path: Path, names: list[str]) -> None:
    process = child(tmp_path, batches=9)
    wait_for("*/vectors-*.parquet", tmp_path / "features")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    directory = next(path for path in (tmp_path / "features").iterdir() if path.is_dir())
    before = stored(directory)
    assert 0 < len(before) < len(names)
    assert run(tmp_path) == directory
    assert stored(directory) == Counter(names)
    assert not list(directory.glob(".tmp-*"))
    assert vectors(directory, names).shape == (80, 24)


def test_two_processes_fill_one_cache_without_doubling(tmp_path: Path, names: list[str]) -> None:
    first, second = child(tmp_path), child(tmp_path)
    printed = sorted((end(first).splitlines()[-2], end(second).splitlines()[-2]), key=len)
    assert printed[0] == "features: up to date"
    assert printed[1].startswith("features: 80 computed")
    (directory,) = (path for path in (tmp_path / "features").iterdir() if path.is_dir())
    assert stored(directory) == Counter(names)


def test_a_full_disk_loses_nothing_that_was_whole(
    tmp_path: Path, names: list[str], small_disk: SmallDisk
) -> None:
    options = FeatureOptions(weights=str(tmp_path / "small.caffemodel"), min_free_gb=0)
    random = options.model_copy(update={"weights": "random"})
    dataset = tmp_path / "demo" / "dataset"
    disk = small_disk(200)
    directory = extract(options, dataset, disk, tmp_path / "weights")
    with pytest.raises(OSError, match="No space left") as raised:
        extract(random, dataset, disk, tmp_path / "weights")
    assert raised.value.errno == errno.ENOSPC
    assert vectors(directory, names).shape == (80, 24)
    assert not list(disk.glob("random*/*.parquet"))


def padded(seed: int) -> bytes:
    """Return a JPEG of 100 kB, most of it behind the picture's end."""
    return photo(seed % 10) + os.urandom(100_000)


@pytest.mark.long
def test_memory_does_not_grow_with_the_number_of_photos(tmp_path: Path) -> None:
    peaks = []
    for count in (200, 1000):
        root = tmp_path / str(count)
        root.mkdir()
        small_weights(root)
        write_dataset(root / "demo" / "dataset", [padded(seed) for seed in range(count)], rows=50)
        peaks.append(int(end(child(root)).splitlines()[-1]) / 1024)
    assert peaks[1] - peaks[0] < 40, f"{peaks} MiB, with 80 MB more of photos"


def test_reading_many_vectors_makes_no_python_object_a_row(tmp_path: Path) -> None:
    import tracemalloc

    import numpy as np
    import pyarrow as pa

    from store.schema import features
    from store.shards import whole_parquet

    names = [sha256(str(number).encode()) for number in range(20_000)]
    schema = features(64)
    with whole_parquet(tmp_path / "vectors-0.parquet", schema) as writer:
        values = np.arange(20_000 * 64, dtype=np.float32)
        columns = [names, ["ok"] * 20_000, [None] * 20_000, pa.FixedSizeListArray.from_arrays(values, 64)]
        writer.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema))
    tracemalloc.start()
    found = vectors(tmp_path, names[::-1])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found[::-1].reshape(-1), values)
    assert peak < 3 * found.nbytes


def test_a_disk_with_too_little_room_keeps_what_was_computed(
    tmp_path: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter([1, 1, 1, *[-1] * 99])  # after two batches, too little is free
    monkeypatch.setattr(Room, "bytes_left", lambda _: next(left))
    with pytest.raises(TooLittleRoom, match=r"min_free_gb.*bokeru features --pipeline demo"):
        run(tmp_path)
    (directory,) = (path for path in (tmp_path / "features").iterdir() if path.is_dir())
    assert 0 < len(stored(directory)) < len(names)
    with pytest.raises(TooLittleRoom):
        run(tmp_path)
    monkeypatch.undo()
    assert run(tmp_path) == directory
    assert stored(directory) == Counter(names)
