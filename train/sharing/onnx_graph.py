"""A model's decoder as two ONNX graphs: what a photo's vector adds to an embedding, and one step.

N captions, D components of a photo's vector, E embedding, H hidden, V vocabulary, L layers; all float32.

Source: the operators of ONNX, github.com/onnx/onnx/blob/main/docs/Operators.md; the step itself is that of
`train.arithmetic.reference.decoding`.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from store.version import VERSION
from train.model import Array, Sizes

OPSET, IR = 17, 8
"""Of 2022: ONNX Runtime reads them from 1.12 on."""
Shape = tuple[str | int, ...]


class _Graph:
    """A graph in the making.

    Args:
        tensors: the model's, by name; those that a node names are kept.
    """

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self._tensors, self._kept = tensors, dict[str, onnx.TensorProto]()
        self._nodes: list[onnx.NodeProto] = []

    def add(
        self, operator: str, *inputs: str, to: str = "", count: int = 1, **attributes: object
    ) -> list[str]:
        """Add a node; return the names of its outputs.

        Args:
            to: the name of its only output; else names are made up.
        """
        for name in inputs:
            if name in self._tensors:
                self.constant(name, self._tensors[name])
        names = [to or f"{operator.lower()}_{len(self._nodes)}_{place}" for place in range(count)]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names

    def one(self, operator: str, *inputs: str, to: str = "", **attributes: object) -> str:
        """Add a node with one output; return its name."""
        (name,) = self.add(operator, *inputs, to=to, **attributes)
        return name

    def constant(self, name: str, value: Array) -> str:
        """Keep a value under a name; return the name."""
        self._kept[name] = numpy_helper.from_array(value, name)
        return name

    def model(self, name: str, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> onnx.ModelProto:
        """Return the model; all its inputs are float32 but `tokens`, which are int64."""

        def values(shapes: Mapping[str, Shape]) -> list[onnx.ValueInfoProto]:
            kinds = {"tokens": TensorProto.INT64}
            return [
                helper.make_tensor_value_info(name, kinds.get(name, TensorProto.FLOAT), shape)
                for name, shape in shapes.items()
            ]

        graph = helper.make_graph(self._nodes, name, values(inputs), values(outputs), [*self._kept.values()])
        made = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="bokeru",
            producer_version=VERSION,
        )
        made.ir_version = IR
        onnx.checker.check_model(made)
        return made


def photo_graph(sizes: Sizes, tensors: Mapping[str, Array]) -> onnx.ModelProto:
    """Return the graph from `vectors` (N, D), raw, to `photo` (N, E): standardised and projected."""
    graph = _Graph(tensors)
    centred = graph.one("Sub", "vectors", "mean")
    standardised = graph.one("Mul", centred, "scale")
    graph.one("Gemm", standardised, "photo_w", "photo_b", to="photo", transB=1)
    return graph.model("photo", {"vectors": ("N", sizes.vector)}, {"photo": ("N", sizes.embedding)})


def step_graph(sizes: Sizes, tensors: Mapping[str, Array]) -> onnx.ModelProto:
    """Return the graph of one step: it reads a token of each caption, and says what may come next.

    Inputs: `tokens` (N,) int64; `photo` (N, E), `hidden` and `cell` (L, N, H): the state, which before <BOS>
    is the photo's and zeros. Outputs: `log_probabilities` (N, V) in nats, and the state after the tokens:
    `next_photo`, `next_hidden`, `next_cell`.
    """
    graph = _Graph(tensors)
    embedded = graph.one("Gather", "embedding", "tokens")
    x = graph.one("Add", embedded, "photo")
    states: dict[str, list[str]] = {"hidden": [], "cell": []}
    for layer in range(sizes.layers):
        x, cell = _lstm(graph, sizes.hidden, layer, x)
        states["hidden"].append(x)
        states["cell"].append(cell)
    first = graph.constant("first_axis", np.array([0], np.int64))
    for name, layers in states.items():
        graph.one(
            "Concat", *(graph.one("Unsqueeze", one, first) for one in layers), to=f"next_{name}", axis=0
        )
    logits = graph.one("Gemm", x, "output_w", "output_b", transB=1)
    graph.one("LogSoftmax", logits, to="log_probabilities", axis=1)
    if sizes.injection == "every":
        graph.one("Identity", "photo", to="next_photo")
    else:
        graph.one("Sub", "photo", "photo", to="next_photo")
    state: dict[str, Shape] = {
        "photo": ("N", sizes.embedding),
        "hidden": (sizes.layers, "N", sizes.hidden),
        "cell": (sizes.layers, "N", sizes.hidden),
    }
    after = {f"next_{name}": shape for name, shape in state.items()}
    return graph.model(
        "step", {"tokens": ("N",), **state}, {"log_probabilities": ("N", sizes.vocabulary), **after}
    )


def _lstm(graph: _Graph, size: int, layer: int, x: str) -> tuple[str, str]:
    """Add an LSTM's step on (N, E or H); return the names of its outputs and cells, (N, H)."""
    place = graph.constant(f"layer_{layer}", np.array(layer, np.int64))
    hidden, cell = (graph.one("Gather", name, place, axis=0) for name in ("hidden", "cell"))
    seen = graph.one("Gemm", x, f"lstm{layer}_x", f"lstm{layer}_b", transB=1)
    gates = graph.one("Gemm", hidden, f"lstm{layer}_h", seen, transB=1)  # (N, 4H)
    parts = graph.constant("gates", np.full(4, size, np.int64))
    *gates_3, candidate = graph.add("Split", gates, parts, count=4, axis=1)
    enters, stays, leaves = (graph.one("Sigmoid", gate) for gate in gates_3)
    kept = graph.one("Mul", stays, cell)
    new = graph.one("Mul", enters, graph.one("Tanh", candidate))
    cell = graph.one("Add", kept, new)
    return graph.one("Mul", leaves, graph.one("Tanh", cell)), cell
