"""Models of others: functions of the photo or refused, within limits, and one with all of their files."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from featurize.backends import onnx_trial
from featurize.caffe import caffemodel
from featurize.caffe.layers import Convolution
from featurize.encoder import open_encoder
from featurize.extract import Extractor, extract, key
from featurize.options import FeatureOptions
from featurize.read import vectors
from store.errors import UserError
from tests.featurize import families
from tests.featurize.families import SIZE, Graph
from tests.featurize.small_networks import photo, small_network, write_dataset

PHOTOS = [photo(1), photo(2)]


def options(path: Path, **settings: object) -> FeatureOptions:
    return FeatureOptions.model_validate({"weights": str(path), "preprocess": "imagenet", **settings})


def save(path: Path, nodes: list[onnx.NodeProto], weights: list[TensorProto], **settings: Any) -> Path:
    """Write a model that takes photos at `x` and gives `y`."""
    shape = settings.get("shape", ["N", 3, SIZE, SIZE])
    photos = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "model", [photos], [result], weights)
    imports = [helper.make_opsetid("", settings.get("opset", 17))]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=8), path)
    return path


MEAN = helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0)


def value(name: str, values: object, kind: type[np.generic] = np.float32) -> TensorProto:
    return numpy_helper.from_array(np.asarray(values, kind), name)


def batchnorm(path: Path) -> Path:
    names = [value("ones", [1, 1, 1]), value("zeros", [0, 0, 0])]
    inputs = ["x", "ones", "zeros", "zeros", "ones"]
    norm = helper.make_node("BatchNormalization", inputs, ["n", "a", "b"], training_mode=1)
    return save(path, [norm, helper.make_node("ReduceMax", ["n"], ["y"], axes=[2, 3], keepdims=0)], names)


def dropout(path: Path) -> Path:
    names = [value("ratio", 0.5), value("mode", True, np.bool_)]
    return save(path, [MEAN, helper.make_node("Dropout", ["m", "ratio", "mode"], ["y"])], names)


def noise(path: Path) -> Path:
    drawn = helper.make_node("RandomNormalLike", ["m"], ["d"], dtype=TensorProto.FLOAT)
    return save(path, [MEAN, drawn, helper.make_node("Add", ["m", "d"], ["y"])], [])


def centred(path: Path) -> Path:
    """What each photo gives hangs on the others: a normalisation over the batch, written out."""
    mean = helper.make_node("ReduceMean", ["m"], ["c"], axes=[0], keepdims=1)
    return save(path, [MEAN, mean, helper.make_node("Sub", ["m", "c"], ["y"])], [])


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (batchnorm, r"exported in training mode \(BatchNormalization\): .* Call model.eval\(\)"),
        (dropout, r"exported in training mode \(Dropout\): .* Call model.eval\(\)"),
        (noise, r"draws at random \(RandomNormalLike\)"),
        (centred, r"is no function of the photo: beside another photo, .* training mode .*model.eval\(\)"),
    ],
)
def test_what_is_no_function_of_the_photo_is_refused(
    tmp_path: Path, write: Callable[[Path], Path], reason: str
) -> None:
    with pytest.raises(UserError, match=rf"m.onnx .*{reason}"):
        open_encoder(options(write(tmp_path / "m.onnx")), tmp_path)


def test_a_dropout_that_drops_nothing_is_taken(tmp_path: Path) -> None:
    names = [value("ratio", 0.0), value("mode", True, np.bool_)]
    nodes = [MEAN, helper.make_node("Dropout", ["m", "ratio", "mode"], ["y"])]
    assert open_encoder(options(save(tmp_path / "m.onnx", nodes, names)), tmp_path).dimensions == 3


def endless(path: Path) -> Path:
    bools: tuple[int, list[int]] = (TensorProto.BOOL, [])
    floats = (TensorProto.FLOAT, None)
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["go"]), helper.make_node("Add", ["v", "v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("c", *bools),
            helper.make_tensor_value_info("v", *floats),
        ],
        [helper.make_tensor_value_info("go", *bools), helper.make_tensor_value_info("w", *floats)],
    )
    loop = helper.make_node("Loop", ["", "always", "m"], ["y"], body=body)
    return save(path, [MEAN, loop], [value("always", True, np.bool_)])


def test_an_endless_loop_ends(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(UserError, match=r"m.onnx takes longer than 0.2 s a photo.* set features.seconds"):
        open_encoder(options(endless(tmp_path / "m.onnx"), seconds=0.2), tmp_path)
    assert time.monotonic() - start < 30


def grown(path: Path, values: int) -> Path:
    """A model that makes of each photo a tensor of so many values before it takes their mean."""
    names = [value("shape", [1, 3, values // 3], np.int64), value("places", [2], np.int64)]
    nodes = [MEAN, helper.make_node("Unsqueeze", ["m", "places"], ["u"])]
    nodes.append(helper.make_node("Expand", ["u", "shape"], ["e"]))
    return save(path, [*nodes, helper.make_node("ReduceMax", ["e"], ["y"], axes=[2], keepdims=0)], names)


def test_a_tensor_without_measure_is_refused(tmp_path: Path) -> None:
    path = grown(tmp_path / "m.onnx", 3 * 10**10)
    with pytest.raises(UserError, match=r"more than \d+ GB of memory for 1 photo. Set features.memory_gb"):
        open_encoder(options(path), tmp_path)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"axes": [0, 2, 3], "keepdims": 0}, r"gives 3 rows for 1 photo, not one for each"),
        ({"axes": [0, 2, 3]}, r"gives 1 rows for 2 photos, not one for each"),
        ({"keepdims": 0}, r"gives float32 of shape \(\) at 'y'"),
    ],
)
def test_outputs_of_another_shape_are_refused(tmp_path: Path, settings: dict[str, Any], reason: str) -> None:
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], **settings)]
    with pytest.raises(UserError, match=rf"m.onnx {reason}"):
        open_encoder(options(save(tmp_path / "m.onnx", nodes, [])), tmp_path)


def test_a_batch_of_one_that_only_the_steps_know(tmp_path: Path) -> None:
    nodes = [MEAN, helper.make_node("Reshape", ["m", "one"], ["y"])]
    path = save(tmp_path / "m.onnx", nodes, [value("one", [1, 3], np.int64)])
    encoder = open_encoder(options(path), tmp_path)
    assert "one photo at a time" in encoder.about.description
    mean = helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)
    plain = save(tmp_path / "plain.onnx", [mean], [])
    found, right = (Extractor(options(one), tmp_path).vectors(PHOTOS) for one in (path, plain))
    np.testing.assert_allclose(found, right, atol=1e-6)


@pytest.mark.parametrize("shape", [[-1, 3, SIZE, SIZE], ["N", "channels", SIZE, SIZE]])
def test_ways_to_leave_a_length_open(tmp_path: Path, shape: list[int | str]) -> None:
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)]
    path = save(tmp_path / "m.onnx", nodes, [], shape=shape)
    assert Extractor(options(path), tmp_path).vectors(PHOTOS).shape == (2, 3)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ([0, 3, SIZE, SIZE], r"\[0, 3, 32, 32\]"),
        (["N", 0, SIZE, SIZE], r"\[N, 0, 32, 32\]"),
        (["N", 3, 0, 0], r"\[N, 3, 0, 0\]"),
    ],
)
def test_a_length_of_0_is_refused_in_our_words(tmp_path: Path, shape: list[int | str], said: str) -> None:
    """ONNX Runtime takes it for a length: "Got: 1 Expected: 0"."""
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)]
    path = save(tmp_path / "m.onnx", nodes, [], shape=shape)
    with pytest.raises(
        UserError, match=rf"m.onnx takes x tensor\(float\) {said}: nothing has a length of 0. Ex"
    ):
        open_encoder(options(path, size=SIZE), tmp_path)


@pytest.mark.parametrize("shape", [["N", SIZE, SIZE, 3], ["N", "rows", "columns", 3], ["N", None, None, 3]])
def test_channels_that_come_last_are_no_photo(tmp_path: Path, shape: list[int | str | None]) -> None:
    """TensorFlow's way: the channels, 3, would be taken for a length in pixels."""
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[1, 2], keepdims=0)]
    path = save(tmp_path / "m.onnx", nodes, [], shape=shape)
    with pytest.raises(
        UserError, match=r"m.onnx takes x tensor\(float\) \[N, .*, 3\]. An image encoder takes"
    ):
        open_encoder(options(path), tmp_path)


def external(path: Path, seed: int) -> Path:
    """Write a model as PyTorch's default export does: the weights lie in <name>.data beside it."""
    model = onnx.load(str(families.resnet(path.with_name("whole.onnx"), seed)))
    path.with_name(f"{path.name}.data").unlink(missing_ok=True)
    onnx.save(model, str(path), save_as_external_data=True, location=f"{path.name}.data", size_threshold=0)
    path.with_name("whole.onnx").unlink()
    return path


def test_weights_beside_a_model_belong_to_it(tmp_path: Path) -> None:
    dataset, folders = tmp_path / "demo" / "dataset", (tmp_path / "features", tmp_path / "weights")
    names = write_dataset(dataset, PHOTOS)
    path = external(tmp_path / "m.onnx", 1)
    asked = options(path)
    found, first = [], extract(asked, dataset, *folders)
    found.append(vectors(first, names))
    content = path.with_name("m.onnx.data")
    changed = bytearray(content.read_bytes())
    changed[2] ^= 1 << 6  # of the first weight, float32: half of what its exponent says
    content.write_bytes(changed)
    second = extract(asked, dataset, *folders)
    assert first != second
    assert not np.array_equal(found[0], vectors(second, names))
    assert Extractor(asked, tmp_path).vectors(PHOTOS).shape == (2, families.DIMENSIONS)


def test_a_cache_of_links_is_taken(tmp_path: Path) -> None:
    """As Hugging Face's cache has them: links to files elsewhere, which have other names."""
    blobs, folder = tmp_path / "blobs", tmp_path / "snapshots" / "1"
    blobs.mkdir()
    folder.mkdir(parents=True)
    path = external(tmp_path / "m.onnx", 1)
    right = Extractor(options(path), tmp_path).vectors(PHOTOS)
    for number, name in enumerate(("m.onnx", "m.onnx.data")):
        (tmp_path / name).rename(blobs / str(number))
        (folder / name).symlink_to(f"../../blobs/{number}")
    found = Extractor(options(folder / "m.onnx"), tmp_path)
    np.testing.assert_array_equal(found.vectors(PHOTOS), right)
    wrong = open_encoder(options(folder / "m.onnx", values="byte"), tmp_path).about.doubts
    assert "first convolution answers photos strongly" in wrong[0]


def flipped(path: Path) -> None:
    """Change one weight of the model itself."""
    content = path.read_bytes()
    old = np.random.default_rng(1).standard_normal((8, 3, 7, 7)) / np.sqrt(147)
    place = content.index(old.astype(np.float32).tobytes()[:16]) + 3
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])


def test_one_weight_of_an_onnx_makes_another_key(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    before, vector = key(options(path), tmp_path), Extractor(options(path), tmp_path).vectors(PHOTOS)
    flipped(path)
    assert key(options(path), tmp_path) != before
    assert not np.array_equal(Extractor(options(path), tmp_path).vectors(PHOTOS), vector)


def test_one_weight_of_a_caffemodel_makes_another_key(tmp_path: Path) -> None:
    path, network = tmp_path / "m.caffemodel", small_network()
    caffemodel.write(network, path)
    before = key(FeatureOptions(weights=str(path)), tmp_path)
    first = network.layers[0]
    assert isinstance(first, Convolution)
    first.weights[0, 0, 0, 0] += 1
    caffemodel.write(network, path)
    assert key(FeatureOptions(weights=str(path)), tmp_path) != before


def test_weights_that_are_not_beside_a_model_are_named(tmp_path: Path) -> None:
    path = external(tmp_path / "m.onnx", 1)
    path.with_name("m.onnx.data").unlink()
    with pytest.raises(UserError, match=r"keeps weights in m.onnx.data, which is not beside it"):
        key(options(path), tmp_path)


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname"])
def test_weights_outside_a_models_folder_are_not_read(tmp_path: Path, location: str) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    model = onnx.load(str(path))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UserError, match=r"keeps weights in '.*', outside its folder"):
        key(options(path), tmp_path)


def beside(name: str, location: str) -> TensorProto:
    """Return three weights that lie in a file beside the model."""
    tensor = TensorProto(name=name, dims=[3], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    return tensor


def test_every_place_of_a_model_that_can_name_a_file_is_looked_at(tmp_path: Path) -> None:
    """By onnx/onnx.proto: a TensorProto stands in a graph's initializer and in an attribute's t and tensors;
    a SparseTensorProto, of two of them, in a graph's sparse_initializer and an attribute's sparse_tensor and
    sparse_tensors. Nodes stand in graphs, in graphs of attributes, and in functions."""
    model = onnx.load(str(save(tmp_path / "m.onnx", [MEAN], [])))
    model.graph.initializer.append(beside("a", "1"))
    node = model.graph.node.add(op_type="Constant")
    node.attribute.add(name="value", type=onnx.AttributeProto.TENSOR, t=beside("b", "2"))
    node.attribute.add(name="all", type=onnx.AttributeProto.TENSORS, tensors=[beside("c", "3")])
    inner = node.attribute.add(name="body", type=onnx.AttributeProto.GRAPH).g
    inner.initializer.append(beside("d", "4"))
    model.graph.sparse_initializer.add(values=beside("e", "5"), indices=beside("f", "6"))
    one = node.attribute.add(name="sparse_value", type=onnx.AttributeProto.SPARSE_TENSOR)
    one.sparse_tensor.values.CopyFrom(beside("g", "7"))
    function = model.functions.add(name="own", domain="own")
    constant = function.node.add(op_type="Constant")
    constant.attribute.add(name="value", type=onnx.AttributeProto.TENSOR, t=beside("h", "8"))
    constant.attribute.add(
        name="more",
        type=onnx.AttributeProto.SPARSE_TENSORS,
        sparse_tensors=[onnx.SparseTensorProto(values=beside("i", "9"))],
    )
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert onnx_trial.external_files(tmp_path / "m.onnx") == list("123456789")


def test_a_weight_beside_a_model_that_only_a_function_names_makes_another_key(tmp_path: Path) -> None:
    path, weights = tmp_path / "m.onnx", tmp_path / "w.bin"
    model = onnx.load(str(save(path, [MEAN], [])))
    model.functions.add(name="own", domain="own").node.add(op_type="Constant").attribute.add(
        name="value", type=onnx.AttributeProto.TENSOR, t=beside("w", "w.bin")
    )
    path.write_bytes(model.SerializeToString())
    weights.write_bytes(np.array([1, 2, 3], np.float32).tobytes())
    before = key(options(path), tmp_path)
    weights.write_bytes(np.array([1, 2, 4], np.float32).tobytes())
    assert key(options(path), tmp_path) != before


def test_sparse_weights_stay_in_the_part_that_is_run(tmp_path: Path) -> None:
    """Of two outputs one is taken: its matrix has 2 and 5 in its first and last place."""
    dense = helper.make_node("MatMul", ["m", "sparse"], ["y"])
    model = onnx.load(str(save(tmp_path / "m.onnx", [MEAN, dense], [])))
    values, places = value("sparse", [2.0, 5.0]), value("places", [0, 8], np.int64)
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [3, 3]))
    model.graph.output.append(helper.make_tensor_value_info("m", TensorProto.FLOAT, None))
    onnx.save(model, tmp_path / "m.onnx")
    found, mean = (
        Extractor(options(tmp_path / "m.onnx", layer=layer), tmp_path).vectors(PHOTOS) for layer in "ym"
    )
    np.testing.assert_allclose(found, mean * [2, 0, 5], rtol=1e-5)


def test_two_towers_with_their_weights_beside_them(tmp_path: Path) -> None:
    whole = families.clip(tmp_path / "whole.onnx")
    path = tmp_path / "m.onnx"
    beside = {"save_as_external_data": True, "location": "w.data", "size_threshold": 128}
    onnx.save(onnx.load(str(whole)), str(path), **beside)
    found, right = (Extractor(options(one), tmp_path).vectors(PHOTOS) for one in (path, whole))
    np.testing.assert_array_equal(found, right)


def test_a_model_that_normalises_by_itself_is_not_doubted(tmp_path: Path) -> None:
    graph = Graph(1)
    half = graph.constant(127.5, np.float32)
    halved = graph.add("Div", graph.add("Sub", "pixel_values", half), half)
    pooled = graph.add("GlobalAveragePool", graph.convolution(halved, 3, 8, 3))
    path = graph.save(tmp_path / "m.onnx", [(graph.add("Flatten", pooled), "y")])
    asked = options(path, mean=(0, 0, 0), deviation=(1, 1, 1), values="byte")
    assert not open_encoder(asked, tmp_path).about.doubts
