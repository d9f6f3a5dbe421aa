"""Read and write .caffemodel files, in both layouts of Caffe (V1 `layers`, and `layer`).

The file describes the whole network: topology, parameters and weights. Reading takes the chain of layers from
the photos to one blob. Every layer on that chain must be understood completely, or the file is refused;
layers beyond it (losses, accuracies, later layers) are not read.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from featurize.caffe import layer_reader, layer_writer
from featurize.caffe.layers import Shape, UnfitLayer
from featurize.caffe.network import Network
from featurize.caffe.proto import V1_TYPES, NetParameter
from store.errors import DamagedFile, UserError
from store.whole_file import whole_file

MAX_BYTES = 2**31 - 1
"""The largest protobuf message."""
INPUTS = ("Input", "Data", "ImageData", "MemoryData", "DummyData", "HDF5Data", "WindowData")
TEST = 1
"""NetStateRule.phase of a layer that is there when a network is not being trained."""
IGNORED_FIELDS = (5, 6, 7)
"""Fields that do not change what a network computes: force_backward, state, debug_info."""
REMEDY = "Copy or fetch it again; untrained weights: delete the file, and it is written again"


def read(path: Path, blob: str, size: int | None = None) -> Network:
    """Return the network from the photos to `blob`, with its weights.

    Memory peaks at twice the file's size, since protobuf copies what it parses.

    Args:
        path: a .caffemodel of either layout.
        blob: the last blob to compute: "fc7".
        size: rows and columns of the photos, for files that leave them open.

    Raises:
        DamagedFile: the file is cut short, is not a .caffemodel, or holds more than a network.
        UserError: a layer is unknown or does not fit, or there is no such blob; the message names it.
    """
    net = _parse(path)
    try:
        layers, inputs = _layers(net)
        chain, source = _chain(layers, inputs, blob)
        shape = _input_shape(inputs[source], source, size)
        found = tuple(layer_reader.layer(kind, message) for kind, message in chain)
        return Network(path.stem, shape, found)
    except UnfitLayer as error:
        raise UserError(f"{path}: {error}") from error


def stated(path: Path) -> dict[str, Any]:
    """Return how photos are prepared by the file's own data layer; nothing of a file that cannot be read.

    Returns:
        Of `scale`, `mean` (a list of 1 or 3 values), `mean_file` and `force_gray` those that it states.

    Source: Caffe's caffe.proto: `transform_param`, in both layouts, or the deprecated fields of `data_param`.
    """
    try:
        net = _parse(path)
    except UserError:
        return {}  # said where it is read as a network
    found: list[tuple[bool, dict[str, Any]]] = []
    for message in net.layer or net.layers:
        kind = message.type if net.layer else V1_TYPES.get(message.type)
        if kind in INPUTS and (said := _said(message)):
            found.append((any(rule.phase == TEST for rule in message.include), said))
    _, of_testing = max(found, key=lambda one: one[0], default=(False, {}))  # or, without one, of training
    return of_testing


def _said(message: Any) -> dict[str, Any]:
    """Return what one data layer states of preprocessing."""
    new, old = message.transform_param, message.data_param
    said: dict[str, Any] = {}
    if (scale := new.scale if new.HasField("scale") else old.scale) not in (0.0, 1.0):
        said["scale"] = float(scale)
    if new.mean_value:
        said["mean"] = list(new.mean_value)
    elif mean_file := new.mean_file or old.mean_file:
        said["mean_file"] = mean_file
    if new.force_gray:
        said["force_gray"] = True
    return said


def _parse(path: Path) -> Any:
    """Return the file as a NetParameter that is whole and nothing else."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UserError(f"{path} has {size:,} bytes; protobuf reads at most {MAX_BYTES:,}. {REMEDY}")
    try:
        net = NetParameter.FromString(path.read_bytes())
    except (DecodeError, UnicodeDecodeError) as error:
        reason = f"{size:,} bytes that are not a whole .caffemodel: cut short, or another kind of file"
        raise DamagedFile(path, reason, REMEDY) from error
    # protobuf accepts bytes of another format as unknown fields: only known ones make it a .caffemodel.
    unknown: Any = UnknownFieldSet(net)
    strange = [field.field_number for field in unknown if field.field_number not in IGNORED_FIELDS]
    if strange:
        raise DamagedFile(
            path,
            f"it holds more than a network (fields {strange[:3]} that a .caffemodel does not have)",
            REMEDY,
        )
    if not net.layer and not net.layers:
        raise DamagedFile(path, f"{size:,} bytes without a single layer", REMEDY)
    if net.layer and net.layers:
        raise DamagedFile(path, "it holds layers of both layouts, V1 and new", REMEDY)
    return net


def _layers(net: Any) -> tuple[list[tuple[str, Any]], dict[str, list[int]]]:
    """Return the layers that compute, with their types, and each input blob's dimensions ([] if unknown)."""
    dimensions = [list(shape.dim) for shape in net.input_shape]
    dimensions += [list(net.input_dim[first : first + 4]) for first in range(0, len(net.input_dim), 4)]
    inputs = {
        name: dimensions[index] if index < len(dimensions) else [] for index, name in enumerate(net.input)
    }
    layers = []
    for message in net.layer or net.layers:
        kind = message.type if net.layer else V1_TYPES.get(message.type, f"number {message.type}")
        if kind in INPUTS:
            inputs.update(_declared(message))
        else:
            layers.append((kind, message))
    names = Counter(message.name for _, message in layers)
    for name, count in names.items():
        if count > 1:
            raise UnfitLayer(f"layer {name!r} occurs {count} times")
    return layers, inputs


def _declared(message: Any) -> dict[str, list[int]]:
    """Return the dimensions of the blobs that an input layer writes, [] where it does not state them."""
    declared: list[list[int]] = []
    if "input_param" in message.DESCRIPTOR.fields_by_name:
        declared = [list(shape.dim) for shape in message.input_param.shape]
        declared *= len(message.top) if len(declared) == 1 else 1
    if not declared and (crop := message.transform_param.crop_size or message.data_param.crop_size):
        declared = [[1, 3, crop, crop]]
    return {top: declared[index] if index < len(declared) else [] for index, top in enumerate(message.top)}


def _chain(
    layers: Sequence[tuple[str, Any]], inputs: dict[str, list[int]], blob: str
) -> tuple[list[tuple[str, Any]], str]:
    """Return the layers from an input to `blob`, in order, and that input's name.

    Layers may write a blob in place, so what a layer reads is the latest layer before it that wrote the blob.
    """
    writer: dict[str, int] = {}  # the layer that has written each blob last
    before: list[int | None] = []  # for each layer, the one whose result it reads
    for number, (_, message) in enumerate(layers):
        before.append(writer.get(message.bottom[0]) if len(message.bottom) == 1 else None)
        writer.update((top, number) for top in message.top)
    if blob not in writer:
        raise UnfitLayer(
            f"there is no blob {blob!r} in it. Set features.layer to one of: {', '.join(writer)}"
        )
    numbers = [writer[blob]]
    while (previous := before[numbers[-1]]) is not None:
        numbers.append(previous)
    chain = [layers[number] for number in reversed(numbers)]
    kind, first = chain[0]
    layer_reader.check(kind, first)
    source = first.bottom[0]
    if source not in inputs:
        raise UnfitLayer(f"layer {first.name!r}: it reads {source!r}, which no layer before it writes")
    return [step for step in chain if step[0] not in layer_reader.IDENTITIES], source


def _input_shape(declared: Sequence[int], source: str, size: int | None) -> Shape:
    """Return (C, H, W) of the photos."""
    if size:
        return 3, size, size
    if len(declared) != 4:
        raise UnfitLayer(
            f"it does not state the size of its input {source!r}. Set it: --set features.size=227"
        )
    _, channels, rows, columns = declared
    if channels != 3 or rows != columns or not 1 <= rows <= 4096:
        raise UnfitLayer(
            f"its input {source!r} is {channels}x{rows}x{columns}; photos are square, with 3 channels"
        )
    return channels, rows, columns


def write(network: Network, path: Path, v1: bool = False) -> None:
    """Write `network` with its weights as a .caffemodel, in the new layout or in V1.

    Layers are written one by one, since concatenated protobuf messages are one merged message: memory peaks
    at the largest layer, not at the whole file.
    """
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(describe(network.name, network.input, v1).SerializeToString())
        bottom = "data"
        for layer in network.layers:
            net = NetParameter()
            layer_writer.add(net.layers if v1 else net.layer, layer, bottom, v1)
            file.write(net.SerializeToString())
            bottom = layer.top


def describe(name: str, shape: Shape, v1: bool = False) -> Any:
    """Return a NetParameter with only a name and the input `data`, for photos of shape (C, H, W)."""
    net = NetParameter(name=name)
    if v1:
        net.input.append("data")
        net.input_dim.extend((1, *shape))
    else:
        data = net.layer.add(name="data", type="Input", top=["data"])
        data.input_param.shape.add(dim=(1, *shape))
    return net
