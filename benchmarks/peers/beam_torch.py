"""The comparison of `benchmarks.decode_gpu`: batched beam search in PyTorch, in an environment of its own.

    python beam_torch.py MODEL.npz RESULT.npy cpu|cuda

For each line on standard input it writes captions for all photos of MODEL.npz, and prints captions a second,
copies to the device and back included; it keeps the captions, (B, longest) int64, filled up with -1. The LSTM
is PyTorch's own, which is cuDNN's on a GPU; every array stays on the device, and a step waits for it once.
B photos, K captions that are kept of each, V tokens of the vocabulary, H hidden.
"""

import sys
import time
from typing import NamedTuple

import numpy as np
import torch

Tensors = dict[str, torch.Tensor]


class Limits(NamedTuple):
    """What a caption may hold, as `train.captions.constraints.Rules`, and how many are kept of a photo."""

    width: int
    shortest: int
    longest: int
    bos: int
    eos: int


class Model:
    """The captioning model with one layer, from its tensors by name: see `train.model.CaptionModel`."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        hidden = tensors["lstm0_h"].shape[1]
        self.lstm = torch.nn.LSTM(tensors["lstm0_x"].shape[1], hidden, batch_first=True)
        # Ours are in the order input, forget, output, candidate; PyTorch's candidate comes third.
        order = torch.arange(4 * hidden).reshape(4, hidden)[[0, 1, 3, 2]].ravel()
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(tensors["lstm0_x"].cpu()[order])
            self.lstm.weight_hh_l0.copy_(tensors["lstm0_h"].cpu()[order])
            self.lstm.bias_ih_l0.copy_(tensors["lstm0_b"].cpu()[order])
            self.lstm.bias_hh_l0.zero_()
        self.lstm.to(tensors["lstm0_h"].device)

    def photo(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return what raw vectors (B, D) add to the first input: (B, E)."""
        tensors = self._tensors
        standardised = (vectors - tensors["mean"]) * tensors["scale"]
        return torch.nn.functional.linear(standardised, tensors["photo_w"], tensors["photo_b"])

    def step(
        self, tokens: torch.Tensor, photo: torch.Tensor | float, state: tuple[torch.Tensor, torch.Tensor]
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Read a token of each row; return log-probabilities (rows, V) of the next, and the state."""
        x = torch.nn.functional.embedding(tokens, self._tensors["embedding"]) + photo
        out, state = self.lstm(x[:, None], state)
        logits = torch.nn.functional.linear(out[:, 0], self._tensors["output_w"], self._tensors["output_b"])
        return torch.log_softmax(logits, dim=1), state


def beam(model: Model, vectors: torch.Tensor, limits: Limits, banned: torch.Tensor) -> torch.Tensor:
    """Return each photo's best caption, (B, longest) int64, filled up with -1; no length normalisation."""
    photos, width = len(vectors), limits.width
    device, rows = vectors.device, photos * width
    photo: torch.Tensor | float = model.photo(vectors).repeat_interleave(width, dim=0)
    state = (torch.zeros(1, rows, model.lstm.hidden_size, device=device),) * 2
    last = torch.full((rows,), limits.bos, device=device)
    written = torch.full((photos, width, limits.longest), -1, device=device)
    totals = torch.full((photos, width), -torch.inf, device=device)
    totals[:, 0] = 0  # all captions of a photo are the same one at first
    best, captions = torch.full((photos,), -torch.inf, device=device), written[:, 0].clone()
    each = torch.arange(photos, device=device)
    for length in range(limits.longest + 1):
        scores, state = model.step(last, photo, state)
        photo, scores = 0.0, scores.view(photos, width, -1)
        ends = totals + scores[:, :, limits.eos]
        if length >= limits.shortest:
            score, which = ends.max(dim=1)
            better = score > best
            best = torch.where(better, score, best)
            captions = torch.where(better[:, None], written[each, which], captions)
        if length == limits.longest:
            break
        scores[:, :, banned] = -torch.inf
        grown, places = (totals[:, :, None] + scores).view(photos, -1).topk(width, dim=1)
        # A caption that is no longer better than the best whole one cannot become so.
        totals = torch.where(grown > best[:, None], grown, -torch.inf)
        if not torch.isfinite(totals).any():
            break
        parents, tokens = places // scores.shape[2], places % scores.shape[2]
        written = written[each[:, None], parents]
        written[:, :, length] = tokens
        kept = (each[:, None] * width + parents).view(-1)
        state, last = (state[0][:, kept], state[1][:, kept]), tokens.view(-1)
    return captions


def main() -> None:
    """Measure once for each line."""
    arrays, device = np.load(sys.argv[1], allow_pickle=False), sys.argv[3]
    if device != "cpu" and not torch.backends.cudnn.is_available():
        sys.exit("this PyTorch has no cuDNN")
    # TF32 rounds to 10 bits of mantissa; ours computes in float32.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    vectors, limits = tensors.pop("vectors"), Limits(*tensors.pop("limits").tolist())
    banned = torch.cat([tensors.pop("banned"), torch.tensor([limits.bos, limits.eos])]).to(device)
    model = Model({name: tensor.to(device) for name, tensor in tensors.items()})
    with torch.inference_mode():
        for _ in sys.stdin:
            began = time.perf_counter()
            captions = beam(model, vectors.to(device), limits, banned).cpu()
            print(len(captions) / (time.perf_counter() - began), flush=True)
        np.save(sys.argv[2], captions.numpy())


if __name__ == "__main__":
    main()
