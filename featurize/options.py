"""The settings of the features stage."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from featurize.feeding.presets import Method, Triple
from store.options import Options, StageOptions

LIMITS = ("seconds", "memory_gb", "text")
"""The settings that no vector of a photo depends on, and that are not kept beside vectors."""


def is_onnx(weights: str | Path) -> bool:
    """Tell whether a file of weights is an ONNX model, by its name; any other is one of Caffe's."""
    return str(weights).lower().endswith(".onnx")


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
    text: str | None = None
    """The text tower that belongs to an .onnx image encoder (CLIP, SigLIP and their like): an .onnx with its
    tokenizer beside it, or the same file. Photos are then found by words."""
    layer: str | None = None
    """The blob whose values become the vector; null means fc7 of a .caffemodel; of an .onnx its only output
    that hangs on the photo alone, or `image_embeds`."""
    pool: Literal["mean", "first", "flatten"] | None = None
    """What becomes of an .onnx output with a vector for each token or place: their `mean`, the `first` token
    (the class token of a ViT), or all in a row (`flatten`). Null: asked for where there are several."""
    backend: str = "auto"
    """What runs the network: onnx (ONNX Runtime), cupy (Chainer on CuPy), numpy (Chainer on NumPy), or other
    people's code (an entry point, module:name or FILE.py:name); `auto` picks and says why."""
    batch_size: int = Field(64, ge=1, le=4096)
    """Photos per call of the network; each core works on a batch of its own."""
    preprocess: Method | None = None
    """How photos are prepared: caffe (warped to 256x256, the middle cut out, B, G, R of 0-255 minus `mean`),
    imagenet (as torchvision evaluates), clip, siglip or inception. The settings from `size` to `values`
    change parts of it. Null: caffe for a .caffemodel; for an .onnx what a preprocessor_config.json or a timm
    config.json beside it says."""
    size: int | None = Field(None, ge=1, le=4096)
    """Rows and columns of the network's input; null takes what the weights file says."""
    crop: float | None = Field(None, gt=0, le=1)
    """The share of the scaled photo's side that is kept: it is scaled to size / crop, rounded down."""
    fit: Literal["cut", "squash"] | None = None
    """`cut`: the short side is scaled, and proportions stay; `squash`: both sides are scaled to the same
    length."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos"] | None = None
    """How pixels are interpolated."""
    antialias: bool | None = None
    """Whether a photo that becomes smaller is smoothed, as Pillow does it; OpenCV does not."""
    rounding: Literal["even", "up", "down"] | None = None
    """Where the cut begins if the rest is odd: to the even pixel (torchvision), `up` (older torchvision), or
    `down` (transformers)."""
    channels: Literal["rgb", "bgr"] | None = None
    """The order of the channels; `mean` and `deviation` are in this order too."""
    values: Literal["unit", "byte"] | None = None
    """Whether pixels are 0 to 1 (`unit`) or 0 to 255 (`byte`) when the mean is subtracted."""
    mean: Triple | None = None
    """What is subtracted from each channel; for caffe 104.007, 116.669, 122.679, or what the .caffemodel
    states."""
    deviation: Triple | None = None
    """What each channel is then divided by; for a .caffemodel 1, or one over the `scale` that it states."""
    seconds: float = Field(60, gt=0, le=86_400)
    """How long an .onnx model may take for a photo, and to load (at least 10); one that takes longer is
    refused."""
    memory_gb: float = Field(8, gt=0)
    """Gigabytes that .onnx models may use for what they compute, all threads together, beside their
    weights."""
    precision: Literal["float32", "float16"] = "float32"
    """How vectors are stored: float16 takes half the space and keeps 3 digits."""
    engine: Literal["local", "ray"] = "local"
    """Who computes: this machine, or the machines of a Ray cluster."""
    ray: RayOptions = RayOptions()
    """For `engine: ray`."""
    random: RandomOptions = RandomOptions()
    """For `weights: random`."""

    def of_result(self) -> dict[str, Any]:
        """Return plain values of those settings that vectors depend on: not how long a model may take."""
        return {name: value for name, value in super().of_result().items() if name not in LIMITS}
