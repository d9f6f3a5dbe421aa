"""A model's decoder as two ONNX graphs: what a photo's vector adds to an embedding, and one step.

N captions, D components of a photo's vector, E embedding, H hidden, V vocabulary, L layers; all float32.

Source: the operators of ONNX, github.com/onnx/onnx/blob/main/docs/Operators.md; the step itself is that of
`train.arithmetic.reference.decoding`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from store.version import VERSION
from train.model import Array, Sizes

OPSET, IR = 13, 7
"""The oldest that the operators here can be written in: ONNX Runtime has them since 1.6, by its matrix
(docs/Versioning.md of onnxruntime)."""
Shape = tuple[str | int, ...]


class _Graph:
    """A graph in the making.

    Args:
        tensors: the model's, by name; those that a node names are kept.
    """

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self._tensors, self._kept = tensors, dict[str, onnx.TensorProto]()
        self._nodes: list[onnx.NodeProto] = []

    def add(self, operator: str, *inputs: str, to: str = "", **attributes: object) -> str:
        """Add a node with one output; return its name, `to` or one that is made up."""
        (name,) = self._node(operator, inputs, [to or f"{operator.lower()}_{len(self._nodes)}"], attributes)
        return name

    def split(self, value: str, sizes: str, count: int) -> list[str]:
        """Cut a value along its second axis; return the names of the parts."""
        names = [f"split_{len(self._nodes)}_{place}" for place in range(count)]
        return self._node("Split", (value, sizes), names, {"axis": 1})

    def _node(
        self, operator: str, inputs: Sequence[str], outputs: list[str], attributes: Mapping[str, object]
    ) -> list[str]:
        for name in inputs:
            if name in self._tensors:
                self.constant(name, self._tensors[name])
        self._nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs

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
    centred = graph.add("Sub", "vectors", "mean")
    standardised = graph.add("Mul", centred, "scale")
    graph.add("Gemm", standardised, "photo_w", "photo_b", to="photo", transB=1)
    return graph.model("photo", {"vectors": ("N", sizes.vector)}, {"photo": ("N", sizes.embedding)})


def step_graph(sizes: Sizes, tensors: Mapping[str, Array]) -> onnx.ModelProto:
    """Return the graph of one step: it reads a token of each caption, and says what may come next.

    Inputs: `tokens` (N,) int64; `photo` (N, E), `hidden` and `cell` (L, N, H): the state, which before <BOS>
    is the photo's and zeros. Outputs: `log_probabilities` (N, V) in nats, and the state after the tokens:
    `next_photo`, `next_hidden`, `next_cell`.
    """
    graph = _Graph(tensors)
    embedded = graph.add("Gather", "embedding", "tokens")
    x = graph.add("Add", embedded, "photo")
    states: dict[str, list[str]] = {"hidden": [], "cell": []}
    for layer in range(sizes.layers):
        x, cell = _lstm(graph, sizes.hidden, layer, x)
        states["hidden"].append(x)
        states["cell"].append(cell)
    first = graph.constant("first_axis", np.array([0], np.int64))
    for name, layers in states.items():
        graph.add(
            "Concat", *(graph.add("Unsqueeze", one, first) for one in layers), to=f"next_{name}", axis=0
        )
    logits = graph.add("Gemm", x, "output_w", "output_b", transB=1)
    graph.add("LogSoftmax", logits, to="log_probabilities", axis=1)
    if sizes.injection == "every":
        graph.add("Identity", "photo", to="next_photo")
    else:
        graph.add("Sub", "photo", "photo", to="next_photo")
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
    hidden, cell = (graph.add("Gather", name, place, axis=0) for name in ("hidden", "cell"))
    seen = graph.add("Gemm", x, f"lstm{layer}_x", f"lstm{layer}_b", transB=1)
    gates = graph.add("Gemm", hidden, f"lstm{layer}_h", seen, transB=1)  # (N, 4H)
    parts = graph.constant("gates", np.full(4, size, np.int64))
    *sigmoids, candidate = graph.split(gates, parts, 4)  # input, forget, output, candidate
    enters, stays, leaves = (graph.add("Sigmoid", gate) for gate in sigmoids)
    kept = graph.add("Mul", stays, cell)
    new = graph.add("Mul", enters, graph.add("Tanh", candidate))
    cell = graph.add("Add", kept, new)
    return graph.add("Mul", leaves, graph.add("Tanh", cell)), cell
