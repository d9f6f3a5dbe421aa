"""Small image encoders of several families, as exports of PyTorch look, with random weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 32
DIMENSIONS = 12


class Graph:
    """An .onnx in the making."""

    def __init__(self, seed: int, kind: type[np.floating[Any]] = np.float32) -> None:
        self.random, self.kind = np.random.default_rng(seed), kind
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []

    def add(self, op: str, *inputs: str, **attributes: object) -> str:
        """Add a step; return its result's name."""
        name = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def weight(self, *shape: int, scale: float | None = None) -> str:
        """Add normal values that keep the size of what they multiply; return their name."""
        scale = 1 / float(np.sqrt(np.prod(shape[1:]))) if scale is None else scale
        return self.constant(self.random.standard_normal(shape) * scale, self.kind)

    def constant(self, values: object, kind: type[np.generic] = np.int64) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values).astype(kind), name))
        return name

    def convolution(self, x: str, channels: int, filters: int, kernel: int, **settings: object) -> str:
        group = int(str(settings.get("group", 1)))
        weights = self.weight(filters, channels // group, kernel, kernel)
        return self.add("Conv", x, weights, self.weight(filters, scale=0.1), **settings)

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        return self.add(
            "Add", self.add("MatMul", x, self.weight(inputs, outputs)), self.weight(outputs, scale=0.1)
        )

    def norm(self, x: str, width: int) -> str:
        ones = self.constant(np.ones(width), self.kind)
        return self.add("LayerNormalization", x, ones, self.weight(width, scale=0.1), axis=-1)

    def save(
        self,
        path: Path,
        outputs: Sequence[tuple[str, str]],
        inputs: Sequence[tuple[str, int, Sequence[int | str]]] = (),
        batch: int | str = "batch",
        photos: str = "pixel_values",
    ) -> Path:
        """Write the model; `outputs` are pairs of a step's result and a name."""
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(self.kind))
        shape = [batch, 3, SIZE, SIZE]
        values = [helper.make_tensor_value_info(photos, kind, shape)]
        values += [helper.make_tensor_value_info(*one) for one in inputs]
        nodes = [*self.nodes, *(helper.make_node("Identity", [one], [name]) for one, name in outputs)]
        results = [helper.make_tensor_value_info(name, kind, None) for _, name in outputs]
        graph = helper.make_graph(nodes, "encoder", values, results, self.weights)
        imports = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=8), path)
        return path


def resnet(path: Path, seed: int = 1, batch: int | str = "batch") -> Path:
    """A convolution, a residual block with its normalisations, the mean over places."""
    graph = Graph(seed)
    x = graph.add("Relu", graph.convolution("pixel_values", 3, 8, 7, strides=[2, 2], pads=[3] * 4))
    values = [graph.constant(one, np.float32) for one in (np.ones(8), np.zeros(8), np.zeros(8), np.ones(8))]
    y = graph.add("BatchNormalization", graph.convolution(x, 8, 8, 3, pads=[1] * 4), *values)
    x = graph.add("Relu", graph.add("Add", x, y))
    pooled = graph.add("GlobalAveragePool", graph.convolution(x, 8, DIMENSIONS, 1))
    return graph.save(path, [(graph.add("Flatten", pooled), "features")], batch=batch)


def mobilenet(path: Path, seed: int = 2) -> Path:
    """Depthwise convolutions, and an output of places that are not pooled."""
    graph = Graph(seed)
    x = graph.add("Clip", graph.convolution("pixel_values", 3, 8, 3, strides=[2, 2], pads=[1] * 4))
    x = graph.convolution(x, 8, 8, 3, group=8, pads=[1] * 4)
    return graph.save(path, [(graph.convolution(x, 8, DIMENSIONS, 1, strides=[4, 4]), "map")])


def tokens(graph: Graph, width: int = 16) -> str:
    """Add a ViT of one block; return its tokens, (batch, 1 + 16, width), the class token first."""
    patches = graph.convolution("pixel_values", 3, width, 8, strides=[8, 8])
    flat = graph.add("Reshape", patches, graph.constant([0, width, -1]))
    x = graph.add("Transpose", flat, perm=[0, 2, 1])
    first = graph.add("Slice", x, *(graph.constant([one]) for one in (0, 1, 1)))
    cls = graph.add("Add", graph.add("Sub", first, first), graph.weight(1, 1, width, scale=1.0))
    x = graph.add("Add", graph.add("Concat", cls, x, axis=1), graph.weight(1, 17, width, scale=0.5))
    y = graph.norm(x, width)
    query, key, value = (graph.dense(y, width, width) for _ in range(3))
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 2, 1]))
    return graph.add("Add", x, graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value))


def vit(path: Path, seed: int = 3) -> Path:
    """A ViT with two outputs, as transformers exports one: the tokens, and the pooled class token."""
    graph = Graph(seed)
    x = graph.norm(tokens(graph), 16)
    pooled = graph.dense(graph.add("Gather", x, graph.constant(0), axis=1), 16, DIMENSIONS)
    return graph.save(path, [(x, "last_hidden_state"), (graph.add("Tanh", pooled), "pooler_output")])


def dinov2(path: Path, seed: int = 4) -> Path:
    """A ViT of which only the tokens come out."""
    graph = Graph(seed)
    return graph.save(path, [(graph.norm(tokens(graph), 16), "last_hidden_state")])


def clip(path: Path, seed: int = 5, kind: type[np.floating[Any]] = np.float32) -> Path:
    """Two towers, of images and of texts, with the four outputs of transformers' CLIP and SigLIP."""
    graph = Graph(seed, kind)
    image = graph.dense(graph.add("Gather", tokens(graph), graph.constant(0), axis=1), 16, DIMENSIONS)
    image = unit(graph, image)
    words = graph.add("Gather", graph.weight(50, 16, scale=1.0), "input_ids", axis=0)
    mask = graph.add("Cast", graph.add("Unsqueeze", "attention_mask", graph.constant([-1])), to=KINDS[kind])
    text = graph.add("ReduceMean", graph.add("Mul", words, mask), axes=[1], keepdims=0)
    text = unit(graph, graph.dense(text, 16, DIMENSIONS))
    both = graph.add("MatMul", text, graph.add("Transpose", image, perm=[1, 0]))
    outputs = [(graph.add("Transpose", both, perm=[1, 0]), "logits_per_image"), (both, "logits_per_text")]
    ids = [(name, TensorProto.INT64, ["texts", "length"]) for name in ("input_ids", "attention_mask")]
    return graph.save(path, [*outputs, (text, "text_embeds"), (image, "image_embeds")], ids)


KINDS = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16}


def unit(graph: Graph, x: str) -> str:
    return graph.add("Div", x, graph.add("ReduceL2", x, axes=[-1], keepdims=1))


def half_clip(path: Path, seed: int = 6) -> Path:
    """The same in float16, inputs and outputs too."""
    return clip(path, seed, np.float16)


def convnext(path: Path, seed: int = 7) -> Path:
    """Normalised over channels, which come last for it."""
    graph = Graph(seed)
    x = graph.add("Transpose", graph.convolution("pixel_values", 3, 16, 4, strides=[4, 4]), perm=[0, 2, 3, 1])
    x = graph.add("Transpose", graph.norm(graph.dense(graph.norm(x, 16), 16, 16), 16), perm=[0, 3, 1, 2])
    return graph.save(path, [(graph.add("GlobalAveragePool", x), "features")])
