"""docs/training.md: its shapes are those of a real update, and its example is what packing makes."""

import pydoc
import re
from typing import Any

import numpy as np
import pytest

from dataset.text.vocabulary import BOS, EOS
from tests.docs.documents import ROOT
from tests.train import toy_training
from train import batches
from train.arithmetic.arithmetic import Arithmetic, choose
from train.arithmetic.reference.optimizer import moments
from train.examples import Examples
from train.updater import Updater

TEXT = (ROOT / "docs" / "training.md").read_text()
SHAPES = dict(re.findall(r"^\|.*\|.*\| `(\w+)`.* \| (\(.*\)) \|$", TEXT, re.M))
MAKERS = re.findall(r"`([\w.]+)` of `([\w/]+)\.py` \|", TEXT)
Shape = tuple[int, ...]


class Recorder:
    """An arithmetic that does what another does, and notes the shapes of what it is given and returns."""

    def __init__(self, arithmetic: Arithmetic, shapes: dict[str, Shape]) -> None:
        self._arithmetic, self._shapes = arithmetic, shapes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._arithmetic, name)

    def inputs(self, embedding: Any, photo: Any, batch: batches.Batch, every: bool) -> Any:
        x = self._arithmetic.inputs(embedding, photo, batch, every)
        for name in ("captions", "inputs", "targets", "rows", "steps"):
            self._shapes[name] = getattr(batch, name).shape
        self._shapes |= {"photo": photo.shape, "x": x.shape}
        return x

    def lstm(self, *arguments: Any) -> Any:
        hidden = self._arithmetic.lstm(*arguments)
        self._shapes["hidden"] = hidden.shape
        return hidden

    def cross_entropy(self, *arguments: Any) -> Any:
        total, losses = self._arithmetic.cross_entropy(*arguments)
        self._shapes |= {"total": total.shape, "losses": losses.shape}
        return total, losses


@pytest.mark.parametrize("compiled", [False, True])
def test_the_shapes_are_those_of_a_real_update(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    examples, model, shapes = toy_training.examples(), toy_training.model(hidden=7), dict[str, Shape]()
    arithmetic = choose(np, compiled)
    standardised = model.standardised

    def standardise(vectors: Any) -> Any:
        shapes["vectors"], result = vectors.shape, standardised(vectors)
        shapes["standardised"] = result.shape
        return result

    monkeypatch.setattr(model, "standardised", standardise)
    options = toy_training.options(batch_size=12)
    adam = arithmetic.adam(model, options.learning_rate, options.clip)
    updater = Updater(model, adam, examples, toy_training.vectors(), options, Recorder(arithmetic, shapes))
    updater.update()
    for name, parameter in model.namedparams():
        shapes[name.lstrip("/")] = parameter.grad.shape
        assert [moment.shape for moment in moments(parameter)] == [parameter.shape] * 2
    sizes = {"N": 12, "T": shapes["inputs"][0], "S": shapes["steps"][0], "D": toy_training.D}
    sizes |= {"E": model.sizes.embedding, "H": model.sizes.hidden, "V": model.sizes.vocabulary}
    assert len(set(sizes.values())) == len(sizes), "each letter has a size of its own"
    assert {name: written(shape, sizes) for name, shape in SHAPES.items()} == shapes


def written(shape: str, sizes: dict[str, int]) -> Shape:
    """Return the numbers of a shape such as (4H, E)."""
    parts = re.findall(r"(\d*)([A-Z])", shape)
    return tuple(int(factor or 1) * sizes[letter] for factor, letter in parts)


def test_who_makes_what_is_there() -> None:
    assert len(MAKERS) >= 9
    for name, path in MAKERS:
        assert pydoc.locate(f"{path.replace('/', '.')}.{name}") is not None, name


def test_the_example_of_packing_is_what_packing_makes() -> None:
    tokens = {BOS: "<BOS>", EOS: "<EOS>", 10: "a", 11: "b", 12: "c", 13: "d"}
    examples = Examples.build(["one", "two"], [0, 1], [[10, 11, 12], [13]], [0, 0], BOS, EOS)
    batch = batches.pack(examples, np.array([1, 0]))
    for name, made in {
        "inputs": [tokens[int(token)] for token in batch.inputs],
        "targets": [tokens[int(token)] for token in batch.targets],
        "rows": [str(row) for row in batch.rows],
    }.items():
        (line,) = re.findall(rf"^\| {name} \| (.*) \|$", TEXT, re.M)
        cells = [cell.replace("`", "").split() for cell in line.split(" | ")]
        assert [each for cell in cells for each in cell] == made
        assert [len(cell) for cell in cells] == batch.steps.tolist()
    steps = ", ".join(map(str, batch.steps))
    assert f"N is {len(batch.captions)}, T is {len(batch.targets)}, and `steps` is {steps}." in TEXT
