"""Encoders: ONNX models and random vectors."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from featurize.encoder import normal
from featurize.extract import Extractor, extract, key
from featurize.options import FeatureOptions, RandomOptions
from featurize.preprocess import Recipe
from featurize.read import vectors
from store.errors import UserError
from tests.featurize.small_networks import photo, small_network, small_weights, write_dataset


def model(path: Path, shape: list[int | str], outputs: int = 1, kind: int = TensorProto.FLOAT) -> Path:
    """Write an encoder whose vector is the mean of each channel (`y0`), and twice that (`y1`)."""
    nodes = [helper.make_node("ReduceMean", ["x"], ["y0"], axes=[2, 3], keepdims=0)]
    nodes.append(helper.make_node("Add", ["y0", "y0"], ["y1"]))
    results = [helper.make_tensor_value_info(f"y{n}", kind, [shape[0], 3]) for n in range(outputs)]
    graph = helper.make_graph(nodes, "encoder", [helper.make_tensor_value_info("x", kind, shape)], results)
    imports = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=8), path)
    return path


def encode(path: Path, **settings: object) -> np.ndarray:
    options = FeatureOptions.model_validate({"weights": str(path), "preprocess": "clip", **settings})
    return Extractor(options, path.parent).vectors([photo(1), photo(2), photo(3)])


@pytest.mark.parametrize("batch", ["N", 1, 2])
def test_any_onnx_encoder_gives_vectors_as_long_as_its_output(tmp_path: Path, batch: int | str) -> None:
    found = encode(model(tmp_path / "m.onnx", [batch, 3, 32, 32]))
    recipe = Recipe("clip", 32)
    expected = [recipe.prepare(photo(seed)).mean((1, 2)) for seed in (1, 2, 3)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_output_is_chosen_by_name(tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", ["N", 3, 32, 32], outputs=2)
    np.testing.assert_allclose(encode(path, layer="y1"), 2 * encode(path, layer="y0"), atol=1e-6)
    with pytest.raises(UserError, match=r"has several outputs. Set features.layer to one of: y0, y1"):
        encode(path)
    with pytest.raises(UserError, match=r"has no output 'y2'. Set features.layer to one of: y0, y1"):
        encode(path, layer="y2")


def test_an_open_size_must_be_set(tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", ["N", 3, "h", "w"])
    with pytest.raises(UserError, match=r"size of its photos open. Set it: --set features.size=224"):
        encode(path)
    assert encode(path, size=40).shape == (3, 3)


def test_a_size_that_the_model_does_not_take(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"takes photos of 32x32, not of 40x40, as features.size"):
        encode(model(tmp_path / "m.onnx", ["N", 3, 32, 32]), size=40)


@pytest.mark.parametrize("shape", [["N", 1, 32, 32], ["N", 3, 32], [1, 32, 32, 3]])
def test_a_model_that_takes_no_photos(tmp_path: Path, shape: list[int | str]) -> None:
    path = tmp_path / "m.onnx"
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [result])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    with pytest.raises(UserError, match=r"m.onnx takes x tensor\(float\) .* An image encoder takes one"):
        encode(path)


@pytest.mark.parametrize("content", [b"", b"not an onnx model", b"\x08\x08\x12"])
def test_a_file_that_is_not_an_onnx_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"m.onnx is not a model that ONNX Runtime can run: ."):
        encode(path)


def test_an_onnx_runs_only_on_onnx(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"runs on features.backend onnx, not on numpy"):
        encode(model(tmp_path / "m.onnx", ["N", 3, 32, 32]), backend="numpy")


RANDOM = FeatureOptions(weights="random", random=RandomOptions(dimensions=500, sparsity=0.8, scale=3.0))


def test_random_vectors_have_the_sparsity_and_scale_of_the_settings(tmp_path: Path) -> None:
    found = Extractor(RANDOM, tmp_path).vectors([photo(seed) for seed in range(40)])
    assert (found == 0).mean() == pytest.approx(0.8, abs=0.02)
    assert np.sqrt((found**2).mean()) == pytest.approx(3.0, rel=0.05)


def test_a_photo_always_has_the_same_random_vector(tmp_path: Path) -> None:
    names = write_dataset(tmp_path / "demo" / "dataset", [photo(1), photo(2)])
    directory = extract(RANDOM, tmp_path / "demo" / "dataset", tmp_path / "features", tmp_path / "weights")
    again = Extractor(RANDOM, tmp_path).vectors([photo(2)])
    np.testing.assert_array_equal(vectors(directory, names)[1:], again)
    assert directory.name.startswith("random-fc7-")
    assert not (tmp_path / "weights").exists()


def test_random_settings_are_in_the_key_and_others_are_not(tmp_path: Path) -> None:
    other = RANDOM.model_copy(update={"random": RandomOptions(dimensions=500, sparsity=0.7, scale=3.0)})
    sized = RANDOM.model_copy(update={"size": 224})
    assert key(RANDOM, tmp_path) == key(sized, tmp_path) != key(other, tmp_path)


def test_the_normal_behind_random_vectors() -> None:
    mean, deviation = normal(RandomOptions(dimensions=1, sparsity=0.5, scale=1.0))
    assert mean == pytest.approx(0)
    assert deviation == pytest.approx(2**0.5)


def test_float16_halves_the_vectors_and_keeps_three_digits(tmp_path: Path) -> None:
    dataset, weights = tmp_path / "demo" / "dataset", small_weights(tmp_path)
    names = write_dataset(dataset, [photo(1), photo(2)])
    full = FeatureOptions(weights=str(weights))
    half = full.model_copy(update={"precision": "float16"})
    caches = [extract(options, dataset, tmp_path / "f", tmp_path / "w") for options in (full, half)]
    exact, rounded = (vectors(cache, names) for cache in caches)
    assert rounded.dtype == np.float32
    np.testing.assert_allclose(rounded, exact, rtol=2e-3, atol=1e-2)


def test_values_that_float16_cannot_hold_are_an_error_of_the_photo(tmp_path: Path) -> None:
    from featurize.caffe import caffemodel
    from featurize.caffe.layers import InnerProduct

    network = small_network()
    for layer in network.layers:
        if isinstance(layer, InnerProduct) and layer.name == "fc7":
            np.multiply(layer.weights, 1e6, out=layer.weights)
    caffemodel.write(network, tmp_path / "big.caffemodel")
    options = FeatureOptions(weights=str(tmp_path / "big.caffemodel"), precision="float16")
    with pytest.raises(UserError, match=r"photo 1 of 1 cannot be used: .* no finite float16"):
        Extractor(options, tmp_path).vectors([photo(1)])
