"""What the graph of an .onnx file says: its files, whether it is in training mode, which part reads
photos."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError, Message
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

from store.errors import UserError

FLOATS: dict[int, np.dtype[Any]] = {
    TensorProto.FLOAT: np.dtype(np.float32),
    TensorProto.FLOAT16: np.dtype(np.float16),
    TensorProto.DOUBLE: np.dtype(np.float64),
}
"""The types of input that photos can be given as."""
PASSING = ("Cast", "Identity", "Pad")
"""Steps before the first convolution that leave pixels as they are."""
RANDOM = (
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
)


def read_graph(path: Path) -> ModelProto | None:
    """Return an .onnx file without the weights that lie in other files; None if it is no such file."""
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError, OSError):
        return None
    return model if model.HasField("graph") else None


def external_files(path: Path) -> list[str]:
    """Return the names of the files beside an .onnx that hold weights of it.

    Raises:
        UserError: one lies outside the model's folder.
    """
    model = read_graph(path)
    names = {_location(tensor) for tensor in _tensors(model)} - {""} if model else set()
    for name in names:
        place = PurePosixPath(name.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts:
            raise UserError(
                f"{path} keeps weights in {name!r}, outside its folder: that is not read. Export it anew"
            )
    return sorted(names)


def _location(tensor: TensorProto) -> str:
    if tensor.data_location != TensorProto.EXTERNAL:
        return ""
    return next((entry.value for entry in tensor.external_data if entry.key == "location"), "")


def _tensors(message: Message) -> Iterator[TensorProto]:
    """Yield every tensor within a message, wherever one may stand: weights and values of constants, dense and
    sparse, in graphs, in graphs within them, and in functions (onnx/onnx.proto says where)."""
    if isinstance(message, TensorProto):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in [value] if isinstance(value, Message) else value:
                yield from _tensors(one)


def _graphs(node: NodeProto) -> Iterator[GraphProto]:
    """Yield the graphs within a node: the branches and bodies of If, Loop and Scan."""
    for attribute in node.attribute:
        yield from attribute.graphs
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g


def changing(model: ModelProto, output: str) -> str:
    """Return what on the way to an output gives a photo another vector each time, in words; nothing if
    nothing.

    A step in training mode normalises over the batch, or drops values at random.
    """
    opset = max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=0)
    found = set(_changing(_steps(model, output), _small_values(model.graph), opset))
    trained, drawn = sorted(found & {"BatchNormalization", "Dropout"}), sorted(found & {*RANDOM})
    if trained:
        return f"was exported in training mode ({', '.join(trained)}): a photo's vector changes"
    return f"draws at random ({', '.join(drawn)}): a photo's vector changes" if drawn else ""


def _changing(nodes: Iterable[NodeProto], known: Mapping[str, np.ndarray], opset: int) -> Iterator[str]:
    for node in nodes:
        modes = {attribute.name: attribute.i for attribute in node.attribute}
        if node.op_type == "BatchNormalization" and modes.get("training_mode"):
            yield node.op_type
        if node.op_type == "Dropout" and opset >= 12 and len(node.input) > 2:
            ratio, mode = (known.get(name) for name in node.input[1:3])
            if mode is not None and mode.any() and (ratio is None or ratio.any()):
                yield node.op_type
        if node.op_type in RANDOM:
            yield node.op_type
        for inner in _graphs(node):
            yield from _changing(inner.node, {**known, **_small_values(inner)}, opset)


def _steps(model: ModelProto, output: str) -> list[NodeProto]:
    """Return the nodes that lead to an output, in their order."""
    wanted, kept = {output}, []
    for node in reversed(model.graph.node):
        if wanted & set(node.output):
            wanted |= _reads(node)
            kept.append(node)
    return kept[::-1]


def _small_values(graph: GraphProto) -> dict[str, np.ndarray]:
    """Return the values of a graph's scalars by name."""
    found = {one.name: one for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            found.update((node.output[0], one.t) for one in node.attribute if one.name == "value")
    return {
        name: numpy_helper.to_array(tensor)
        for name, tensor in found.items()
        if np.prod(tensor.dims) == 1 and tensor.data_location != TensorProto.EXTERNAL
    }


def inputs(model: ModelProto) -> list[onnx.ValueInfoProto]:
    """Return what a model must be given: its inputs that have no value of their own."""
    given = {tensor.name for tensor in model.graph.initializer}
    given |= {tensor.values.name for tensor in model.graph.sparse_initializer}
    return [value for value in model.graph.input if value.name not in given]


def is_photo(value: onnx.ValueInfoProto) -> bool:
    """Tell whether an input takes photos: floats of [N, 3, rows, columns]."""
    tensor = value.type.tensor_type
    dims = list(tensor.shape.dim)
    return tensor.elem_type in FLOATS and len(dims) == 4 and _channels_first(dims) and _square(dims)


def _channels_first(dims: Sequence[onnx.TensorShapeProto.Dimension]) -> bool:
    """Tell whether the second length can be the channels; left open, it is not where the last one is."""
    return dims[1].dim_value == 3 or (not dims[1].dim_value and dims[3].dim_value != 3)


def _square(dims: Sequence[onnx.TensorShapeProto.Dimension]) -> bool:
    """Tell whether rows and columns can be as many."""
    rows, columns = (dim.dim_value for dim in dims[2:])
    return not rows or not columns or rows == columns


def needs(model: ModelProto) -> dict[str, set[str]]:
    """Return, for each output of a model, the inputs that it hangs on."""
    reached: dict[str, set[str]] = {value.name: {value.name} for value in inputs(model)}
    for node in model.graph.node:  # a model's nodes are in an order in which each can be computed
        read = set().union(*(reached.get(name, set()) for name in _reads(node)))
        reached.update((name, read) for name in node.output)
    return {value.name: reached.get(value.name, set()) for value in model.graph.output}


def _reads(node: NodeProto) -> set[str]:
    """Return every name that a node may read, those that graphs within it read too."""
    return set(node.input).union(*(_reads(one) for graph in _graphs(node) for one in graph.node))


def part(model: ModelProto, output: str, inputs: Collection[str]) -> ModelProto:
    """Return the part of a model that leads from some inputs to one output; nothing else of it is copied."""
    graph, steps = model.graph, _steps(model, output)
    wanted = {output}.union(*map(_reads, steps))
    small = ModelProto(
        ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions
    )
    small.graph.name = graph.name
    small.graph.node.extend(steps)
    small.graph.initializer.extend(one for one in graph.initializer if one.name in wanted)
    small.graph.sparse_initializer.extend(
        one for one in graph.sparse_initializer if one.values.name in wanted
    )
    small.graph.input.extend(one for one in graph.input if one.name in inputs)
    own = [one for one in graph.output if one.name == output]
    small.graph.output.extend(
        own or [onnx.ValueInfoProto(name=output)]
    )  # a value between steps has no type yet
    return small


def take_in(model: ModelProto, folder: Path) -> None:
    """Put into a model those of its weights that lie in files of a folder; for few weights.

    ONNX Runtime reads no link that leads out of the folder, and a cache of Hugging Face's is full of these.
    """
    for tensor in model.graph.initializer:
        if name := _location(tensor):
            place = {entry.key: entry.value for entry in tensor.external_data}
            with (folder / name).open("rb") as file:
                file.seek(int(place.get("offset", 0)))
                tensor.raw_data = file.read(int(place["length"]) if "length" in place else -1)
            tensor.data_location = TensorProto.DEFAULT
            tensor.ClearField("external_data")


@dataclass(frozen=True)
class First:
    """The first convolution of photos.

    Args:
        output: the name of its result.
        mean, variance: of each channel of it as it was trained, where a normalisation follows; else 0 and 1.
        bias: the root of the mean square of its biases: where a normalisation was folded into it, its weights
            are of the size of these.
    """

    output: str
    mean: np.ndarray | float = 0.0
    variance: np.ndarray | float = 1.0
    bias: float = 0.0


def first_convolution(model: ModelProto, photos: str) -> First | None:
    """Return the convolution that reads the photos as they come; None if something else does."""
    names = {photos}
    for node in model.graph.node:
        if node.op_type in PASSING and node.input[0] in names:
            names.add(node.output[0])
        elif set(node.input) & names:
            if node.op_type != "Conv":
                return None
            return _normalised(model, node)
    return None


def _normalised(model: ModelProto, convolution: NodeProto) -> First:
    output, biases = convolution.output[0], convolution.input[2:3]
    small = {one.name: one for one in model.graph.initializer if one.data_location != TensorProto.EXTERNAL}
    for node in model.graph.node:
        if node.op_type == "BatchNormalization" and node.input[0] == output:
            found = [numpy_helper.to_array(small[name]) for name in node.input[3:5] if name in small]
            if len(found) == 2:
                mean, variance = (values.astype(np.float32).reshape(-1, 1, 1) for values in found)
                return First(output, mean, variance)
    values = [numpy_helper.to_array(small[name]).astype(np.float32) for name in biases if name in small]
    return First(output, bias=float(np.sqrt(np.square(values).mean())) if values else 0.0)
