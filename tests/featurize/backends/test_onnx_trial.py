"""Models of others are tried in a process of their own: what hangs or takes all memory ends there."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from featurize.backends import onnx_trial
from featurize.encoder import open_encoder
from featurize.extract import Extractor, key
from featurize.options import FeatureOptions
from store.errors import UserError
from tests.featurize import families
from tests.featurize.backends.test_onnx_models import MEAN, endless, grown, options, save, value
from tests.featurize.small_networks import photo

ONE = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])


def with_constant(path: Path, nodes: list[onnx.NodeProto], weights: list[TensorProto]) -> Path:
    """Write a model that adds the largest of the constant `c`, which those nodes make, to what it gives."""
    ends = [
        helper.make_node("ReduceMax", ["c"], ["r"], keepdims=0),
        helper.make_node("Add", ["m", "r"], ["y"]),
    ]
    return save(path, [MEAN, *nodes, *ends], weights)


def folded(path: Path, side: int = 6000, times: int = 60) -> Path:
    """A constant that ONNX Runtime computes as it loads: 2 * 6000^3 * 60 = 26e12 operations, in 150 bytes."""
    nodes = [helper.make_node("ConstantOfShape", ["sides"], ["c0"], value=ONE)]
    for turn in range(times):
        nodes.append(helper.make_node("MatMul", [f"c{turn}"] * 2, [f"c{turn + 1}"]))
    nodes.append(helper.make_node("Identity", [f"c{times}"], ["c"]))
    return with_constant(path, nodes, [value("sides", [side, side], np.int64)])


def expanded(path: Path) -> Path:
    """A constant of 4 TB."""
    node = helper.make_node("Expand", ["ones", "sides"], ["c"])
    return with_constant(path, [node], [value("ones", [1.0]), value("sides", [10**12], np.int64)])


def tiled(path: Path) -> Path:
    """A constant of 4 TB, from one of 4 KB."""
    node = helper.make_node("Tile", ["ones", "times"], ["c"])
    return with_constant(path, [node], [value("ones", [1.0] * 1000), value("times", [10**9], np.int64)])


def counted(path: Path) -> Path:
    """The numbers up to 1e12."""
    weights = [value(name, number) for name, number in (("first", 0), ("end", 1e12), ("step", 1))]
    return with_constant(path, [helper.make_node("Range", ["first", "end", "step"], ["c"])], weights)


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "folded": (folded, r"m.onnx takes longer than 10 s to load. .*set features.seconds"),
    "expanded": (expanded, r"m.onnx takes more than 1 GB of memory .*Set features.memory_gb"),
    "tiled": (tiled, r"m.onnx (takes more than 1 GB|is not a model that ONNX Runtime can run: .*Tile)"),
    "counted": (counted, r"m.onnx takes more than 1 GB of memory .*Set features.memory_gb"),
    "endless": (endless, r"m.onnx takes longer than 0.5 s a photo. .*set features.seconds"),
    "grown": (lambda path: grown(path, 3 * 10**10), r"m.onnx takes more than 1 GB of memory for 1 photo"),
}
"""Models that take for ever, or all memory, with what is said of each."""
LIMITS: dict[str, Any] = {"seconds": 0.5, "memory_gb": 1.0}
MOST_SECONDS = 60
"""10 to load, 0.5 a photo, and what Python takes to start beside other work."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_ends_within_its_limits(tmp_path: Path, name: str) -> None:
    write, reason = HOSTILE[name]
    path, start = write(tmp_path / "m.onnx"), time.monotonic()
    with pytest.raises(UserError, match=reason):
        open_encoder(options(path, **LIMITS), tmp_path)
    assert time.monotonic() - start < MOST_SECONDS


def varint(number: int) -> bytes:
    """Return a number as protobuf writes it, seven bits a byte."""
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def test_a_file_of_nothing_but_steps_is_read_within_limits(tmp_path: Path) -> None:
    """Two bytes a step, of which protobuf makes a hundred: 40 MB would be some 2 GB in this process."""
    steps = b"\x0a\x00" * 20_000_000
    path, start = tmp_path / "m.onnx", time.monotonic()
    path.write_bytes(b"\x3a" + varint(len(steps)) + steps)
    with pytest.raises(UserError, match=r"m.onnx (takes longer than 10 s to be read|is not a model|takes )"):
        open_encoder(options(path, **LIMITS), tmp_path)
    assert time.monotonic() - start < MOST_SECONDS


def test_a_file_that_is_larger_than_the_format_allows_is_not_read(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    with path.open("r+b") as file:
        file.truncate(2**31 + 1)
    with pytest.raises(UserError, match=r"m.onnx has 2,147,483,649 bytes, 2,147,483,648 is the most"):
        key(options(path), tmp_path)


def test_a_process_that_dies_is_an_error_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little memory to begin with: what dies then is not this process."""
    monkeypatch.setattr(onnx_trial, "PYTHON", 0)
    path = families.resnet(tmp_path / "m.onnx")
    with pytest.raises(UserError, match=r"m.onnx (takes more than|is not a model that ONNX Runtime can run)"):
        open_encoder(options(path, memory_gb=0.001), tmp_path)


def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by what each new process is asked."""
    found, ask = [], onnx_trial._ask

    def count(action: str, *arguments: Any) -> dict[str, Any]:
        found.append(action)
        return ask(action, *arguments)

    monkeypatch.setattr(onnx_trial, "_ask", count)
    return found


def test_a_model_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, processes = families.resnet(tmp_path / "m.onnx"), asked(monkeypatch)
    first = Extractor(options(path), tmp_path).vectors([photo(1)])
    assert processes == ["try"]
    second = Extractor(options(path), tmp_path).vectors([photo(1)])
    np.testing.assert_array_equal(first, second)
    assert processes == ["try"]


@pytest.mark.parametrize(
    "settings", [{"seconds": 30.0}, {"memory_gb": 2.0}, {"preprocess": "siglip"}, {"pool": "flatten"}]
)
def test_other_settings_are_another_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    open_encoder(options(path), tmp_path)
    processes = asked(monkeypatch)
    open_encoder(options(path, **settings), tmp_path)
    assert processes == ["try"]


def test_another_model_of_the_name_is_another_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    open_encoder(options(path), tmp_path)
    processes = asked(monkeypatch)
    endless(path)
    with pytest.raises(UserError, match=r"takes longer than 0.5 s a photo"):
        open_encoder(options(path, **LIMITS), tmp_path)
    assert processes == ["try"]


@pytest.mark.parametrize("damage", ["{", "[]", "values"])
def test_what_was_kept_of_a_trial_may_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    encoder, kept = open_encoder(options(path), tmp_path), tmp_path / onnx_trial.TRIALS
    (name,) = json.loads(kept.read_text(encoding="utf-8"))
    odd = json.dumps({name: {"dimensions": -1, "max_batch": "many"}})
    kept.write_text(odd if damage == "values" else damage, encoding="utf-8")
    processes = asked(monkeypatch)
    assert open_encoder(options(path), tmp_path).dimensions == encoder.dimensions
    assert processes == ["try"]


def test_a_folder_that_keeps_nothing_is_no_reason_to_fail(tmp_path: Path) -> None:
    path, weights = families.resnet(tmp_path / "m.onnx"), tmp_path / "weights"
    weights.write_text("a file", encoding="utf-8")
    assert open_encoder(FeatureOptions(weights=str(path), preprocess="imagenet"), weights).dimensions == 12
