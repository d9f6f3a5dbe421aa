"""The settings of the features stage."""

from typing import Literal

from pydantic import Field

from dataset.options import Options
from featurize.preprocess import CAFFE_MEAN


class FeatureOptions(Options):
    """`features:` in pipelines.yaml."""

    weights: str = "untrained"
    """`untrained` (CaffeNet, seeded), `caffenet` (the BVLC file, fetched), or a path to a .caffemodel."""
    layer: str = "fc7"
    """The blob whose values become the vector."""
    backend: Literal["auto", "onnx", "cupy", "numpy"] = "auto"
    """What runs the network: ONNX Runtime, Chainer on CuPy, Chainer on NumPy; `auto` picks and says why."""
    batch_size: int = Field(16, ge=1, le=4096)
    """Photos per call of the network."""
    size: int | None = Field(None, ge=1, le=4096)
    """Rows and columns of the network's input; null takes what the weights file says."""
    mean: tuple[float, float, float] = CAFFE_MEAN
    """What is subtracted from blue, green and red (0-255): the mean of the network's training photos."""
