"""Snapshots: how many stay, when the next is due, and what a run that goes on knows of its past."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import safetensors
import safetensors.numpy

from store.errors import DamagedFile
from tests.train import toy_training
from train import checkpoint
from train.checkpoint import Checkpoint
from train.job import Job


def snapshots(directory: Path) -> list[str]:
    return sorted(path.stem for path in directory.glob("[0-9]*.safetensors"))


def opened(job: Job, directory: Path, seconds: float = 60.0) -> Checkpoint:
    return Checkpoint(directory, "a fingerprint", job.updater, job.history, seconds)


def test_the_newest_two_stay(toy: toy_training.Toy, tmp_path: Path) -> None:
    job = toy_training.job(toy)
    saved = opened(job, tmp_path)
    for _ in range(4):
        job.updater.update()
        saved.save()
    assert snapshots(tmp_path) == ["000000003", "000000004"]


def test_a_snapshot_that_cannot_be_written_costs_no_other(
    toy: toy_training.Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = toy_training.job(toy)
    saved = opened(job, tmp_path)
    for _ in range(2):
        job.updater.update()
        saved.save()
    job.updater.update()

    def full(path: Path, content: bytes) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(checkpoint, "write_whole", full)
    with pytest.raises(OSError, match="no space"):
        saved.save()
    assert snapshots(tmp_path) == ["000000001", "000000002"]


def test_the_next_is_due_some_seconds_after_the_last(
    toy: toy_training.Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=500.0)
    times = SimpleNamespace(monotonic=lambda: clock.now, process_time=lambda: 0.0)
    monkeypatch.setattr(checkpoint, "time", times)
    saved = opened(toy_training.job(toy), tmp_path, seconds=60)
    due = []
    for seconds in (59, 1, 0):
        clock.now += seconds
        due.append(saved.is_due())
    assert due == [False, True, True]
    saved.save()
    assert not saved.is_due()
    clock.now += 60
    assert saved.is_due()


def test_time_spent_before_the_snapshot_counts(
    toy: toy_training.Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=500.0)
    times = SimpleNamespace(monotonic=lambda: clock.now, process_time=lambda: clock.now / 2)
    monkeypatch.setattr(checkpoint, "time", times)
    job = toy_training.job(toy)
    saved = opened(job, tmp_path)
    job.updater.update()
    clock.now += 100
    saved.save()
    clock.now += 30  # this is lost: the process was killed
    again = opened(toy_training.job(toy), tmp_path)
    assert again.restore()
    clock.now += 20
    assert again.spent() == {"seconds": 120.0, "cpu_seconds": 60.0}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ('{"fingerprint": ' + "[" * 100_000, "maximum recursion depth"),
        ('{"fingerprint": ' + "9" * 5000 + "}", "4300 digits"),
        ("[]", "list indices must be integers"),
        ({"iteration": "3"}, "iteration is no int"),
        ({"position": None}, "position is no int"),
        ({"totals": [1]}, "totals is no dict"),
        ({"records": {}}, "records is no list"),
        ({"spent": {"days": 3}}, "spent has other clocks"),
    ],
)
def test_a_snapshot_with_another_state_is_damage(
    toy: toy_training.Toy, tmp_path: Path, change: dict[str, object] | str, reason: str
) -> None:
    saved = opened(toy_training.job(toy), tmp_path)
    saved.updater.update()
    saved.save()
    path = tmp_path / "000000001.safetensors"
    with safetensors.safe_open(path, framework="numpy") as file:
        state = json.loads(file.metadata()["state"])
    written = change if isinstance(change, str) else json.dumps(state | change)
    path.write_bytes(safetensors.numpy.save(saved.updater.model.tensors(), metadata={"state": written}))
    with pytest.raises(DamagedFile, match=f"it is not a snapshot .*{reason}"):
        saved.restore()
