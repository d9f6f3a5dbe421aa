"""The settings of the features stage."""

from typing import Literal

from pydantic import Field

from dataset.options import Options


class FeatureOptions(Options):
    """`features:` in pipelines.yaml."""

    weights: str = "untrained"
    """`untrained` (CaffeNet with seeded weights), `caffenet` (the BVLC file, fetched), or a path to a .caffemodel."""
    layer: str = "fc7"
    """The blob whose values become the vector."""
    backend: Literal["auto", "onnx", "cupy", "numpy"] = "auto"
    """What runs the network: ONNX Runtime, Chainer on CuPy, Chainer on NumPy; `auto` picks and says why."""
    batch_size: int = Field(64, ge=1, le=4096)
    """Photos per call of the network."""
