"""A network as an ONNX model; the weights are not copied into it, it holds only their shapes.

B photos in a batch, C channels, H rows, W columns, N outputs of an inner product, D values in a vector.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper

from featurize.caffe.layers import LRN, Convolution, InnerProduct, Layer, Pooling, ReLU, Shape, Softmax
from featurize.caffe.network import Network

OPSET = 17
IR_VERSION = 8


def export(network: Network) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """Return `network` as an ONNX model, and its weights.

    Returns:
        The model, with input `images` (B, C, H, W) float32 and output `vectors` (B, D) float32; and the
        arrays by name, float32, which a session gets as external initializers.
    """
    graph = _Graph()
    value, shape = "images", network.input
    for layer, result in zip(network.layers, network.shapes, strict=True):
        value, shape = graph.add(layer, value, shape), result
    graph.node("Flatten", [value], "vectors", axis=1)  # (B, C, H, W) to (B, D)
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["B", *network.input])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["B", network.dimensions])
    initializers = [_declared(name, array) for name, array in graph.weights.items()]
    graph_proto = helper.make_graph(graph.nodes, network.name or "network", [images], [vectors], initializers)
    model = helper.make_model(
        graph_proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    return model, graph.weights


def _declared(name: str, array: np.ndarray) -> TensorProto:
    """Return a tensor with a name and a shape only; the session gets its values separately."""
    tensor = TensorProto(name=name, dims=array.shape, data_type=TensorProto.FLOAT)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=name)
    return tensor


class _Graph:
    """The nodes and weights of a model, added layer by layer."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(self, layer: Layer, part: str, array: np.ndarray) -> str:
        name = f"{layer.name}.{part}"
        self.weights[name] = np.ascontiguousarray(array, np.float32)
        return name

    def add(self, layer: Layer, value: str, shape: Shape) -> str:
        """Add a layer that reads `value`, (B, *shape); return the name of its result."""
        result = f"{layer.name}.result"
        match layer:
            case Convolution():
                return self._convolution(layer, value, result)
            case Pooling():
                return self._pooling(layer, value, shape, result)
            case LRN():
                return self._lrn(layer, value, shape, result)
            case InnerProduct():
                return self._inner_product(layer, value, result)
            case ReLU(slope=0.0):
                return self.node("Relu", [value], result)
            case ReLU():
                return self.node("LeakyRelu", [value], result, alpha=layer.slope)
            case Softmax():
                return self.node("Softmax", [value], result, axis=1)
        raise TypeError(f"no ONNX for {type(layer).__name__}")

    def _convolution(self, layer: Convolution, value: str, result: str) -> str:
        """Add a convolution, with a padding of 2 or more as a step of its own before it.

        ONNX Runtime computes the columns whose windows reach into the padding one by one. Where there are
        many, a padded input is faster: with 2 on each side, CaffeNet's second convolution gains a ninth.
        """
        pads = layer.pad
        if max(pads) > 1:
            value, pads = self._padded(layer, value), (0, 0)
        weights = self.weight(layer, "weights", layer.weights), self.weight(layer, "bias", layer.bias)
        settings = {"strides": layer.stride, "dilations": layer.dilation, "group": layer.groups}
        return self.node("Conv", [value, *weights], result, pads=(*pads, *pads), **settings)

    def _padded(self, layer: Convolution | Pooling, value: str) -> str:
        """Add zero padding as a step of its own; return its result's name."""
        amounts = np.array([0, 0, *layer.pad, 0, 0, *layer.pad], np.int64)
        pads = self._constant(f"{layer.name}.pads", amounts)
        return self.node("Pad", [value, pads], f"{layer.name}.padded")

    def _lrn(self, layer: LRN, value: str, shape: Shape, result: str) -> str:
        """Add x / (k + alpha / size * sum of squares) ** beta as operations that are fast on a CPU.

        ONNX has an LRN, but ONNX Runtime computes a power for every value in it: a sixth of CaffeNet's time.
        Here the sums over neighbouring channels are a 1x1 convolution with a banded matrix, and the power
        0.75 is the product of a square root and a fourth root.
        """
        channels = np.arange(shape[0])
        near = np.abs(channels[:, None] - channels) <= layer.size // 2
        # (C, C, 1, 1): row c has alpha / size at the channels whose squares c sums
        band = near[:, :, None, None] * np.float32(layer.alpha / layer.size)
        weights = self.weight(layer, "band", band), self.weight(layer, "k", np.full(shape[0], layer.k))
        squares = self.node("Mul", [value, value], f"{layer.name}.squares")
        base = self.node("Conv", [squares, *weights], f"{layer.name}.base")
        if layer.beta == 0.75:
            root = self.node("Sqrt", [base], f"{layer.name}.root")
            factors = [root, self.node("Sqrt", [root], f"{layer.name}.fourth_root")]
            power = self.node("Mul", factors, f"{layer.name}.power")
        else:
            beta = self._constant(f"{layer.name}.beta", np.array(layer.beta, np.float32))
            power = self.node("Pow", [base, beta], f"{layer.name}.power")
        return self.node("Div", [value, power], result)

    def _constant(self, name: str, array: np.ndarray) -> str:
        return self.node("Constant", [], name, value=onnx.numpy_helper.from_array(array, name))

    def _pooling(self, layer: Pooling, value: str, shape: Shape, result: str) -> str:
        """Add a pooling with explicit padding, since ONNX rounds sizes in its own way."""
        kernel, overhang = layer.windows(shape)
        pads = layer.pad
        if layer.average and any(pads):  # Caffe counts its padding, but not the end that ONNX's pads add
            value, pads = self._padded(layer, value), (0, 0)
        settings = {
            "kernel_shape": kernel,
            "strides": layer.stride,
            "pads": (*pads, pads[0] + overhang[0], pads[1] + overhang[1]),
        }
        return self.node("AveragePool" if layer.average else "MaxPool", [value], result, **settings)

    def _inner_product(self, layer: InnerProduct, value: str, result: str) -> str:
        """Add a dense layer; its result is (B, N, 1, 1), so that any layer can follow, as in Caffe."""
        flat = self.node("Flatten", [value], f"{layer.name}.flat", axis=1)
        inputs = [flat, self.weight(layer, "weights", layer.weights), self.weight(layer, "bias", layer.bias)]
        dense = self.node("Gemm", inputs, f"{layer.name}.dense", transB=1)
        # 0 keeps B, -1 takes what is left: N.
        sizes = self._constant(f"{layer.name}.shape", np.array([0, -1, 1, 1], np.int64))
        return self.node("Reshape", [dense, sizes], result)
