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
from train.arithmetic import reference
from train.arithmetic.reference.optimizer import moments
from train.examples import Examples
from train.model import CaptionModel
from train.updater import Updater

TEXT = (ROOT / "docs" / "training.md").read_text()
SHAPES = dict(re.findall(r"^\|.*\|.*\| `(\w+)`.* \| (\(.*\)) \|$", TEXT, re.M))
MAKERS = re.findall(r"`([\w.]+)` of `([\w/]+)\.py` \|", TEXT)
PACKED = ("captions", "inputs", "targets", "rows", "steps")
Shape = tuple[int, ...]


def test_the_shapes_are_those_of_a_real_update(monkeypatch: pytest.MonkeyPatch) -> None:
    examples, model, shapes = toy_training.examples(), toy_training.model(hidden=7), dict[str, Shape]()
    recorded = {"inputs": ["x"], "lstm": ["hidden"], "cross_entropy": ["total", "losses"]}
    for function, names in recorded.items():
        monkeypatch.setattr(
            reference.loss, function, recording(getattr(reference.loss, function), names, shapes)
        )
    standardised, gradients = model.standardised, reference.gradients

    def standardise(vectors: Any) -> Any:
        shapes["vectors"], result = vectors.shape, standardised(vectors)
        shapes["standardised"] = result.shape
        return result

    def given(model: CaptionModel, batch: batches.Batch, *others: Any) -> Any:
        shapes.update({name: getattr(batch, name).shape for name in PACKED})
        return gradients(model, batch, *others)

    monkeypatch.setattr(model, "standardised", standardise)
    monkeypatch.setattr(reference, "gradients", given)
    options = toy_training.options(batch_size=12)
    adam = reference.adam(model, options.learning_rate, options.clip)
    Updater(model, adam, examples, toy_training.vectors(), options, reference).update()
    for name, parameter in model.namedparams():
        shapes[name.lstrip("/")] = parameter.grad.shape
        assert [moment.shape for moment in moments(parameter)] == [parameter.shape] * 2
    sizes = {"N": 12, "T": shapes["inputs"][0], "S": shapes["steps"][0], "D": toy_training.D}
    sizes |= {"E": model.sizes.embedding, "H": model.sizes.hidden, "V": model.sizes.vocabulary}
    assert len(set(sizes.values())) == len(sizes), "each letter has a size of its own"
    assert {name: written(shape, sizes) for name, shape in SHAPES.items()} == shapes


def recording(function: Any, names: list[str], shapes: dict[str, Shape]) -> Any:
    """Return what calls `function` and notes the shapes of what it returns, and of the projected photos."""

    def record(*arguments: Any) -> Any:
        results = function(*arguments)
        several = results if isinstance(results, tuple) else (results,)
        shapes.update({name: each.shape for name, each in zip(names, several, strict=True)})
        if names == ["x"]:
            shapes["photo"] = arguments[1].shape
        return results

    return record


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
