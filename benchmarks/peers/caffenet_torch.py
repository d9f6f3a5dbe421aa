"""The comparison of the features benchmarks: CaffeNet to fc7 in eager PyTorch, in an environment of its own.

    python caffenet_torch.py WEIGHTS.npz RESULT.npy cpu|cuda

For each line on standard input it measures photos a second, copies to and from the device included, at
batches of 16, 64 and 256, and prints the best.
"""

import sys
import time

import numpy as np
import torch
from torch.nn import functional

Weights = dict[str, torch.Tensor]


def fc7(weights: Weights, x: torch.Tensor) -> torch.Tensor:
    """Return fc7, (B, 4096) float32, for prepared photos (B, 3, 227, 227) float32; all biases are zero."""

    def convolution(name: str, x: torch.Tensor, **settings: int) -> torch.Tensor:
        return functional.relu_(functional.conv2d(x, weights[f"{name}.weight"], **settings))

    def pool(x: torch.Tensor) -> torch.Tensor:
        return functional.max_pool2d(x, 3, 2, ceil_mode=True)

    def normalise(x: torch.Tensor) -> torch.Tensor:
        return functional.local_response_norm(x, 5, 1e-4, 0.75, 1.0)

    x = normalise(pool(convolution("conv1", x, stride=4)))
    x = normalise(pool(convolution("conv2", x, padding=2, groups=2)))
    x = convolution("conv3", x, padding=1)
    x = convolution("conv4", x, padding=1, groups=2)
    x = pool(convolution("conv5", x, padding=1, groups=2)).flatten(1)
    x = functional.relu_(functional.linear(x, weights["fc6.weight"]))
    return functional.relu_(functional.linear(x, weights["fc7.weight"]))


def rate(weights: Weights, images: torch.Tensor, batch: int, device: str) -> float:
    """Return photos a second at this batch, copies to the device and back included."""
    started = time.perf_counter()
    for start in range(0, len(images), batch):
        fc7(weights, images[start : start + batch].to(device)).cpu()
    return len(images) / (time.perf_counter() - started)


def main() -> None:
    """Measure once for each line."""
    arrays, device = np.load(sys.argv[1], allow_pickle=False), sys.argv[3]
    # TF32 rounds to 10 bits of mantissa; the other backends compute in float32.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    weights = {name: torch.from_numpy(arrays[name]).to(device) for name in arrays.files if name != "images"}
    images = torch.from_numpy(arrays["images"])
    with torch.inference_mode():
        np.save(sys.argv[2], fc7(weights, images[:16].to(device)).cpu().numpy())
        for _ in sys.stdin:
            print(max(rate(weights, images, batch, device) for batch in (16, 64, 256)), flush=True)


if __name__ == "__main__":
    main()
