"""The calls of CuPy in use, each held to the signature of the CuPy that is installed.

`xp` is NumPy or CuPy: where only the CPU is at hand, a call that CuPy does not know goes unnoticed.
"""

import ast
import importlib.util
import inspect
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
OURS = [
    *sorted((ROOT / "train").glob("*.py")),
    *(path for name in ("reference", "") for path in sorted((ROOT / "train/arithmetic" / name).glob("*.py"))),
    *(path for name in ("captions", "evaluation") for path in sorted((ROOT / "train" / name).glob("*.py"))),
    *(ROOT / "featurize/backends" / f"{name}_network.py" for name in ("chainer", "cupy")),
]
CHAINERS = {
    "functions/activation": "sigmoid tanh relu leaky_relu softmax log_softmax",
    "functions/array": "concat split_axis get_item pad broadcast",
    "functions/connection": "embed_id linear convolution_2d",
    "functions/loss": "softmax_cross_entropy",
    "functions/normalization": "local_response_normalization",
    "functions/pooling": "pooling_nd max_pooling_nd average_pooling_nd",
    "functions/math": "sum basic_math",
    "utils": "conv",
    "optimizers": "adam",
    ".": "optimizer",
}
"""Modules of Chainer that training and features go through on a GPU."""
ROOTS = (
    "chainer.cuda.cupy.",
    "cuda.cupy.",
    "self._cupy.",
    "self.model.xp.",
    "model.xp.",
    "self._xp.",
    "self.xp.",
    "x.xp.",
    "cupy.",
    "xp.",
)

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        importlib.util.find_spec("cupy") is None, reason="CuPy is not installed here: make check-gpu-compile"
    ),
]


def sources() -> list[Path]:
    found = importlib.util.find_spec("chainer")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent
    names = (f"{place}/{name}.py" for place, modules in CHAINERS.items() for name in modules.split())
    return [*OURS, *(folder / name for name in names)]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of CuPy's, by its dotted name below `cupy`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        dotted = ast.unparse(node.func)
        for root in ROOTS:
            if dotted.startswith(root) and not set("([") & set(dotted):  # not a method of a result
                yield dotted.removeprefix(root), node
                break


def known(name: str) -> Any:
    """Return what CuPy has under a dotted name."""
    import cupy

    return reduce(getattr, name.split("."), cupy)


@pytest.mark.parametrize("path", sources(), ids=lambda path: "/".join(path.with_suffix("").parts[-2:]))
def test_cupy_knows_each_call(path: Path) -> None:
    for name, call in calls(path):
        if name.startswith("cudnn."):
            continue
        function = known(name)
        assert callable(function), name
        try:
            signature = inspect.signature(function)
        except ValueError:  # compiled, and says nothing of its arguments
            continue
        starred = any(isinstance(each, ast.Starred) for each in call.args) or None in [
            k.arg for k in call.keywords
        ]
        given = {str(keyword.arg): None for keyword in call.keywords if keyword.arg}
        bind = signature.bind_partial if starred else signature.bind
        try:
            bind(*[None for each in call.args if not isinstance(each, ast.Starred)], **given)
        except TypeError as error:
            pytest.fail(f"{path}:{call.lineno}: cupy.{name}{signature}: {error}")


def test_the_list_is_not_empty() -> None:
    names = {name for path in OURS for name, _ in calls(path)}
    used = [path for path in (ROOT / "train").rglob("*.py") if "compiled" not in path.parts]
    assert [path for path in used if path not in OURS and list(calls(path))] == []
    assert names >= {"argsort", "take_along_axis", "concatenate", "cuda.Stream", "cuda.alloc_pinned_memory"}


def test_a_call_that_cupy_does_not_know_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("xp.argsort(x, order=None)\n")
    with pytest.raises(pytest.fail.Exception, match="argsort"):
        test_cupy_knows_each_call(tmp_path / "one.py")
    (tmp_path / "two.py").write_text("xp.no_such_function(x)\n")
    with pytest.raises(AttributeError, match="no_such_function"):
        test_cupy_knows_each_call(tmp_path / "two.py")
