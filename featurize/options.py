"""The settings of the features stage."""

from typing import Literal

from pydantic import Field

from store.options import Options, StageOptions


class RandomOptions(Options):
    """`features.random:` the vectors that `weights: random` draws: max(0, x) of normal x."""

    dimensions: int = Field(4096, ge=1, le=65536)
    """Values in a vector."""
    sparsity: float = Field(0.5, gt=0, lt=1)
    """The share of zeros; the default is what fc7 of untrained CaffeNet has. `bokeru features` prints it."""
    scale: float = Field(70.0, gt=0)
    """The root of the mean square of all values; default and print as for sparsity."""


class RayOptions(Options):
    """`features.ray:` for `engine: ray`."""

    address: str | None = None
    """The cluster's address, or `auto` for the one that this machine belongs to; null starts one here."""
    cpus: int | None = Field(None, ge=1)
    """For a cluster started here: how many workers; null means one a core."""


class FeatureOptions(StageOptions):
    """`features:` in pipelines.yaml."""

    weights: str = "untrained"
    """`untrained` (CaffeNet, seeded), `caffenet` (the BVLC file, fetched), `random` (the control: a fixed
    random vector per photo), or a path to a .caffemodel or to an .onnx image encoder."""
    layer: str = "fc7"
    """The blob whose values become the vector; of an .onnx with one output, always that."""
    backend: str = "auto"
    """What runs the network: onnx (ONNX Runtime), cupy (Chainer on CuPy), numpy (Chainer on NumPy), or other
    people's code (an entry point, module:name or FILE.py:name); `auto` picks and says why."""
    batch_size: int = Field(64, ge=1, le=4096)
    """Photos per call of the network; each core works on a batch of its own."""
    preprocess: Literal["caffe", "imagenet", "clip"] = "caffe"
    """How photos are prepared: `caffe` warps to 256x256, cuts the middle, and takes B, G, R of 0-255 minus
    `mean`; `imagenet` and `clip` scale the short side, cut the middle, and standardise R, G, B."""
    size: int | None = Field(None, ge=1, le=4096)
    """Rows and columns of the network's input; null takes what the weights file says."""
    mean: tuple[float, float, float] = (104.007, 116.669, 122.679)
    """For `caffe`: what is subtracted from blue, green and red, the mean of the network's training photos."""
    precision: Literal["float32", "float16"] = "float32"
    """How vectors are stored: float16 takes half the space and keeps 3 digits."""
    engine: Literal["local", "ray"] = "local"
    """Who computes: this machine, or the machines of a Ray cluster."""
    ray: RayOptions = RayOptions()
    """For `engine: ray`."""
    random: RandomOptions = RandomOptions()
    """For `weights: random`."""
