"""Image encoders of others: of an .onnx file, the input that takes photos and the output that is the vector.

S rows and columns of a photo.
"""

from pathlib import Path

import onnx

from featurize.backends import onnx_graph
from featurize.backends.onnx_encoder import WAY_OUT, OnnxEncoder, Pool, short
from featurize.backends.onnx_limits import Limits
from store.errors import UserError

EMBEDDING = "image_embeds"
"""What transformers' models of images and texts (CLIP, SigLIP) call the vector of an image."""


def open_model(path: Path, layer: str | None, size: int | None, pool: Pool, limits: Limits) -> OnnxEncoder:
    """Return an image encoder from the user's .onnx file; `OnnxEncoder.try_out` says if it is one.

    Loading takes as long, and as much memory, as the model wants: `onnx_trial.tried` comes first.

    Args:
        layer: which of its outputs is the vector; None for the only one that hangs on the photo alone.
        size: S, for models that leave it open.
        pool: what becomes of an output with several vectors a photo.

    Raises:
        UserError: it cannot be loaded, reads no photos, or is in training mode; the message says why.
    """
    model = onnx_graph.read_graph(path)
    try:
        if model is None:
            raise ValueError("it is damaged, or another kind of file")
        photos = _photos(model)
        output = _output(model, photos.name, layer)
        if changing := onnx_graph.changing(model, output):
            raise UserError(f"{changing}. {WAY_OUT}")
        if len(onnx_graph.inputs(model)) == len(model.graph.output) == 1:
            started = limits.load(str(path))
        else:
            started = limits.load(
                onnx_graph.part(model, output, [photos.name]).SerializeToString(), path.parent
            )
        return OnnxEncoder(path, started, photos, output, _size(photos, size), pool, limits)
    except UserError as error:
        raise UserError(f"{path} {error}") from None
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise UserError(f"{path} is not a model that ONNX Runtime can run: {short(error)}") from error


def _photos(model: onnx.ModelProto) -> onnx.ValueInfoProto:
    """Return the input that takes photos."""
    for value in onnx_graph.inputs(model):
        if any(dim.HasField("dim_value") and not dim.dim_value for dim in value.type.tensor_type.shape.dim):
            raise UserError(
                f"takes {_described(value)}: nothing has a length of 0. Export it with the lengths that are "
                f"open named (dynamic_axes), and the others as they are"
            )
    found = [value for value in onnx_graph.inputs(model) if onnx_graph.is_photo(value)]
    if len(found) != 1:
        takes = "; ".join(_described(value) for value in onnx_graph.inputs(model))
        raise UserError(f"takes {takes}. An image encoder takes one tensor(float) of [N, 3, rows, columns]")
    return found[0]


def _described(value: onnx.ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
    shape = ", ".join(dim.dim_param or str(dim.dim_value) for dim in tensor.shape.dim)
    return f"{value.name} tensor({kind}) [{shape}]"


def _output(model: onnx.ModelProto, photos: str, layer: str | None) -> str:
    """Return the name of the output that is the vector."""
    needs = onnx_graph.needs(model)
    alone = [name for name, read in needs.items() if read == {photos}]
    names = ", ".join(alone)
    if layer is not None and layer not in needs:
        raise UserError(f"has no output {layer!r}. Set features.layer to one of: {names}")
    if not alone:
        raise UserError(f"has no output that hangs on {photos!r} alone: it is no image encoder")
    if layer is not None:
        if layer not in alone:
            others = ", ".join(sorted(needs[layer] - {photos})) or "no photo at all"
            raise UserError(
                f"has an output {layer!r} that hangs on {others}. Set features.layer to one of: {names}"
            )
        return layer
    if len(alone) > 1 and EMBEDDING not in alone:
        raise UserError(f"has several outputs. Set features.layer to one of: {names}")
    return EMBEDDING if EMBEDDING in alone else alone[0]


def _size(photos: onnx.ValueInfoProto, setting: int | None) -> int:
    """Return rows and columns of the photos that the model takes."""
    rows, columns = (dim.dim_value for dim in photos.type.tensor_type.shape.dim[2:])
    fixed = [size for size in (rows, columns) if size > 0]
    if not fixed and setting is None:
        raise UserError("leaves the size of its photos open. Set it: --set features.size=224")
    size = setting or fixed[0]
    if any(one != size for one in fixed):
        said = f"{size}x{size}, as features.size or a file beside it says"
        raise UserError(f"takes photos of {rows}x{columns}, not of {said}")
    return size
