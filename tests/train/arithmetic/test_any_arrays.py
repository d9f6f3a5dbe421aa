"""The reference decodes on arrays that are not NumPy's: a stand-in for CuPy, whose arrays keep apart."""

import sys
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.train import toy_training
from train.arithmetic import reference
from train.captions.beam import beam
from train.captions.constraints import NoRepeat, Rules
from train.captions.decode import Hypothesis, greedy, sample
from train.model import Array, CaptionModel

FUNCTIONS = "arange argsort cumsum exp log maximum minimum take_along_axis tanh where zeros zeros_like"


class OnDevice(np.ndarray[Any, Any]):
    """An array that computes like NumPy's, and refuses NumPy's as operand, as index and as value."""

    def get(self) -> Array:
        """Return it on the host, as CuPy's arrays do."""
        return np.array(self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        settings = {name: bare(value) for name, value in settings.items()}
        return computed(getattr(ufunc, method)(*map(bare, inputs), **settings))

    def __getitem__(self, index: Any) -> Any:
        return computed(self.view(np.ndarray)[bare(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.view(np.ndarray)[bare(index)] = bare(value)


def bare(value: Any) -> Any:
    """Return arrays on the device as plain ones, and refuse plain ones."""
    if isinstance(value, tuple):
        return tuple(map(bare, value))
    if type(value) is np.ndarray:
        raise TypeError("an array of NumPy's meets one on the device")
    return value.view(np.ndarray) if isinstance(value, OnDevice) else value


def call(function: Any, *arguments: Any, **settings: Any) -> OnDevice:
    return computed(function(*map(bare, arguments), **settings))


def computed(value: Any) -> OnDevice:
    return np.asarray(value).view(OnDevice)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a module of such arrays."""
    module = ModuleType("on_device")
    vars(module)["asarray"] = computed
    for name in FUNCTIONS.split():
        vars(module)[name] = partial(call, getattr(np, name))
    monkeypatch.setitem(sys.modules, "on_device", module)
    monkeypatch.setattr(OnDevice, "__module__", "on_device")
    return module


def there(model: CaptionModel, module: ModuleType) -> Any:
    """Return a model whose tensors are on the device."""
    tensors = {name: SimpleNamespace(array=values.view(OnDevice)) for name, values in model.tensors().items()}
    moved: Any = SimpleNamespace(xp=module, sizes=model.sizes, **tensors)
    moved.standardised = lambda vectors: (vectors - moved.mean.array) * moved.scale.array
    moved.project = lambda vectors: CaptionModel.project(moved, vectors)
    return moved


def every_way(model: Any, vectors: Array) -> list[Hypothesis]:
    decoder = reference.decoder(model)
    rules = Rules(2, 3, 8, banned=(0, 1), constraints=(NoRepeat(2),))
    drawn = sample(decoder, vectors, rules, seeds=range(len(vectors)), temperature=0.9, top_k=9, top_p=0.9)
    beams = beam(decoder, vectors, rules, width=4, length_normalisation=0.5, n=2)
    return [*greedy(decoder, vectors, rules), *drawn, *(each for found in beams for each in found)]


@pytest.mark.parametrize("injection", ["first", "every"])
def test_the_reference_writes_the_same_on_other_arrays(device: ModuleType, injection: str) -> None:
    model, vectors = toy_training.model(injection=injection, layers=2), toy_training.vectors()[:7]
    assert every_way(there(model, device), vectors) == every_way(model, vectors)
    with pytest.raises(TypeError, match="meets one on the device"):
        vectors + vectors.view(OnDevice)
