"""The model in plain NumPy, float64, a token at a time: written from the equations, not from the code.

Source: Gers, Schmidhuber, Cummins 2000 (an LSTM with a forget gate); docs/training.md (where the photo goes
in); the gates lie in the order input, forget, output, candidate.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import safetensors.numpy

from train.model import Array

BOS, EOS = 2, 3


def read(run: Path) -> dict[str, Array]:
    """Return the tensors of a run's model, as float64."""
    tensors = safetensors.numpy.load((run / "model" / "model.safetensors").read_bytes())
    return {name: tensor.astype(np.float64) for name, tensor in tensors.items()}


def token_nats(
    tensors: Mapping[str, Array], vector: Array, ids: Sequence[int], *, every: bool = False
) -> list[float]:
    """Return -log p of each token of a caption and of its <EOS>, given a raw vector (D,).

    Args:
        every: the photo is added to every token's embedding, and not to the first one's alone.
    """
    photo = tensors["photo_w"] @ ((vector - tensors["mean"]) * tensors["scale"]) + tensors["photo_b"]
    layers = [n for n in range(9) if f"lstm{n}_x" in tensors]
    hidden, cell = ([np.zeros(tensors[f"lstm{n}_h"].shape[1]) for n in layers] for _ in range(2))
    nats = []
    for step, (read_id, target) in enumerate(zip([BOS, *ids], [*ids, EOS], strict=True)):
        x = tensors["embedding"][read_id] + (photo if every or step == 0 else 0)
        for n in layers:
            gates = tensors[f"lstm{n}_x"] @ x + tensors[f"lstm{n}_b"] + tensors[f"lstm{n}_h"] @ hidden[n]
            enter, forget, leave, candidate = np.split(gates, 4)
            cell[n] = _sigmoid(forget) * cell[n] + _sigmoid(enter) * np.tanh(candidate)
            x = hidden[n] = _sigmoid(leave) * np.tanh(cell[n])
        logits = tensors["output_w"] @ x + tensors["output_b"]
        nats.append(float(np.logaddexp.reduce(logits) - logits[target]))
    return nats


def _sigmoid(x: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-x))
    return result


def greedy(tensors: Mapping[str, Array], vector: Array, max_tokens: int) -> list[int]:
    """Return the ids of the likeliest token each time, neither <PAD>, <UNK> nor <BOS>, <EOS> not first."""
    written: list[int] = []
    while len(written) < max_tokens:
        allowed = range(3 if written else 4, len(tensors["output_b"]))
        # The last but one of a caption's nats is that of its last token.
        nats = {token: token_nats(tensors, vector, [*written, token])[-2] for token in allowed}
        best = min(nats, key=lambda token: nats[token])
        if best == EOS:
            break
        written.append(best)
    return written
