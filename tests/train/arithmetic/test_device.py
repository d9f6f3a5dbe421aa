"""Which device is chosen; and that it is the current one while anything is computed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from store.chainer_compat import chainer
from store.errors import UsageError
from tests.train import toy_training
from train.arithmetic import device as choice
from train.arithmetic.device import WORTHWHILE, device, device_if_there, operations
from train.captions.captioner import Captioner
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.model import CaptionModel

Entered = list[int]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend two cards, without CuPy: a device is its name."""
    runtime = SimpleNamespace(getDeviceCount=lambda: 2)
    cuda = SimpleNamespace(cupy=SimpleNamespace(cuda=SimpleNamespace(runtime=runtime)))
    monkeypatch.setattr(choice, "gpu_problem", lambda: None)
    monkeypatch.setattr(choice, "chainer", SimpleNamespace(cuda=cuda, get_device=str))


@pytest.mark.parametrize(
    ("name", "work", "number", "sharing", "found"),
    [
        ("cpu", 1e15, 1, 2, "@numpy"),
        ("auto", WORTHWHILE, 0, 1, "@cupy:0"),
        ("auto", WORTHWHILE, 1, 2, "@cupy:1"),
        ("auto", WORTHWHILE - 1, 1, 2, "@numpy"),
        ("cuda:1", 0, 0, 1, "@cupy:1"),
    ],
)
@pytest.mark.usefixtures("cards")
def test_a_setting_names_a_device(name: str, work: float, number: int, sharing: int, found: str) -> None:
    assert device(name, work, number, sharing) == found


@pytest.mark.parametrize(
    ("name", "number", "sharing", "said"),
    [
        ("cuda:2", 0, 1, "train.device is cuda:2, but there are 2 GPUs, and numbers start at 0"),
        ("auto", 2, 3, "there are 2 GPUs, and 3 processes of this machine need one each"),
        ("cuda:0", 1, 2, "cuda:0, which 2 processes of this machine would share. Write auto"),
        ("gpu", 0, 1, "'gpu'. Write cpu, cuda:0"),
    ],
)
@pytest.mark.usefixtures("cards")
def test_a_card_that_is_missing_or_shared_is_refused(name: str, number: int, sharing: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        device(name, WORTHWHILE, number, sharing)


def test_a_gpu_that_cannot_be_used_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "gpu_problem", lambda: "CuPy found no GPU: the driver lists none")
    with pytest.raises(UsageError, match="driver lists none"):
        device("cuda:0", 0)
    cpu = chainer.get_device("@numpy")
    assert device("auto", WORTHWHILE) == device_if_there("cuda:0", 0) == cpu


def test_auto_leaves_updates_of_the_articles_size_to_the_cpu() -> None:
    """docs/performance.md: such an update takes 4 ms on two cores; Chainer's calls alone take 27 on a GPU."""
    assert operations(16, 870, 100) < operations(16, 20_000, 100) < WORTHWHILE < operations(128, 8000, 256)


class Recording(chainer.backend.CpuDevice):  # type: ignore[misc]
    """A device whose arrays are NumPy's, which knows whether it is the current one."""

    def __init__(self) -> None:
        super().__init__()
        self.current = 0

    @contextmanager
    def create_context(self) -> Iterator[None]:
        self.current += 1
        yield
        self.current -= 1


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> tuple[Recording, Entered]:
    """Return a device that is chosen everywhere, and whether it was current at each use of the model."""
    made, seen = Recording(), Entered()
    for place in ("train.fit.device", "train.evaluation.evaluate.device_if_there"):
        monkeypatch.setattr(place, lambda *_: made)
    standardised, to_device = CaptionModel.standardised, CaptionModel.to_device

    def watched(self: CaptionModel, vectors: Any) -> Any:
        seen.append(made.current)
        return standardised(self, vectors)

    def kept(self: CaptionModel, device: Any) -> Any:
        result = to_device(self, device)
        self._device = made
        return result

    monkeypatch.setattr(CaptionModel, "standardised", watched)
    monkeypatch.setattr(CaptionModel, "to_device", kept)
    return made, seen


def test_a_models_device_is_current_while_it_computes(
    recording: tuple[Recording, Entered], tmp_path: Path
) -> None:
    made, seen = recording
    toy = toy_training.toy(tmp_path)
    run = fit(toy_training.options(fused=False), toy.dataset, toy.features, tmp_path / "runs")
    trained = len(seen)
    evaluate(run, toy.dataset, toy.features)
    assert trained
    assert len(seen) > trained
    assert all(seen)
    assert made.current == 0


def test_a_captioners_device_is_current_while_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = toy_training.toy(tmp_path)
    run = fit(toy_training.options(), toy.dataset, toy.features, tmp_path / "runs")
    captioner, made, seen = Captioner.load(run / "model"), Recording(), Entered()
    captioner._device = made
    standardised = CaptionModel.standardised

    def watched(self: CaptionModel, vectors: Any) -> Any:
        seen.append(made.current)
        return standardised(self, vectors)

    monkeypatch.setattr(CaptionModel, "standardised", watched)
    captioner.caption(np.ones((2, captioner.dimensions), np.float32))
    assert seen == [1]
    assert made.current == 0
