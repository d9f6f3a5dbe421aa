"""One protocol, two arithmetics, and one place that chooses between them."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from train.arithmetic import compiled, reference
from train.arithmetic.arithmetic import Arithmetic, choose

ROOT = Path(__file__).parents[3]
CHOOSER = ROOT / "train/arithmetic/arithmetic.py"
DEVICE = ROOT / "train/arithmetic/device.py"
OURS = ROOT / "train/arithmetic/reference", ROOT / "train/arithmetic/compiled"
SHIPPED = ("store", "crawler", "dataset", "featurize", "train", "web", "commands")
SHARED = {"train/checkpoint.py": {"train.arithmetic.reference.optimizer.moments"}}
"""Not a choice: where Chainer keeps Adam's moments, whatever computes them."""


def sources() -> list[Path]:
    return [path for package in SHIPPED for path in sorted((ROOT / package).rglob("*.py"))]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_chooser_names_an_arithmetic() -> None:
    for path in sources():
        if path == CHOOSER or path.parent in OURS:
            continue
        names = {
            name
            for name in imported(ast.parse(path.read_text()))
            if name.startswith(("train.arithmetic.compiled", "train.arithmetic.reference"))
        }
        assert names == SHARED.get(str(path.relative_to(ROOT)), set()), path


def test_only_the_chooser_asks_whether_arrays_are_numpys_or_whether_code_is_to_be_compiled() -> None:
    """`fused`, as the setting has been called since 0.1, is handed to the chooser and read nowhere else."""
    for path in sources():
        if path in (CHOOSER, DEVICE) or not path.is_relative_to(ROOT / "train"):
            continue
        tree = ast.parse(path.read_text())
        handed = {
            id(argument)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "choose"
            for argument in node.args
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "fused":
                assert id(node) in handed, f"{path}:{node.lineno}"
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
                compared = {getattr(each, "id", "") for each in (node.left, *node.comparators)}
                assert not compared & {"np", "numpy", "cupy"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("arithmetic", [reference, compiled])
@pytest.mark.parametrize("name", [name for name in vars(Arithmetic) if not name.startswith("_")])
def test_each_arithmetic_has_what_the_protocol_names(arithmetic: Arithmetic, name: str) -> None:
    wanted = [each for each in inspect.signature(getattr(Arithmetic, name)).parameters if each != "self"]
    assert list(inspect.signature(getattr(arithmetic, name)).parameters) == wanted


def test_arrays_on_the_host_are_computed_by_compiled_code_unless_the_reference_is_asked_for() -> None:
    class CuPy:
        """Stands for the module of a GPU's arrays."""

    assert choose(np) is compiled
    assert choose(np, compiled=False) is reference
    assert choose(CuPy) is choose(CuPy, compiled=False) is reference
