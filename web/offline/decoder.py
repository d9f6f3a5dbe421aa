"""A model's decoder as a script: rounded weights that a browser loads from a file, without a server.

A page that was opened from a disk may not read other files, but it may run scripts that lie beside it. So
everything is one: a call with JSON whose numbers are in base64. Photos come as what the model adds to an
embedding for them, (E,) float32: their vectors, and the matrix that reads these, stay at home.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.text.vocabulary import BOS, EOS, PAD, UNK
from store.errors import UserError
from train.artifact import Artifact

SCRIPTS = ("offline/decoder.js", "offline/write.js")
"""What computes, and what the page does with it."""
UNUSED = ("mean", "scale", "photo_w", "photo_b")
"""Tensors that are for new photos only."""


def bytes_of(artifact: Artifact) -> int:
    """Return about how large the script of a model becomes, without its photos."""
    weights = sum(int(np.prod(shape)) for name, shape in artifact.config.sizes.shapes() if name not in UNUSED)
    return weights * 2 * 4 // 3  # float16, in base64


def rounded(name: str, tensor: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return a tensor in float16, as the browser gets it.

    Raises:
        UserError: float16 holds no number as large as one of its.
    """
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is told below
        small = tensor.astype("<f2")
    if not np.isfinite(small).all():
        raise UserError(
            f"The model's {name} holds {np.abs(tensor).max():.3g}; float16 ends at {np.finfo('f2').max:.0f}, "
            "so the copy cannot write captions by itself. Train with train.weight_decay, or set "
            "web.decoder_megabytes to 0"
        )
    return small


def decoder_script(
    artifact: Artifact,
    vectors: Mapping[str, NDArray[np.float32]],
    *,
    forbidden: Sequence[str] = (),
) -> bytes:
    """Return the script that gives a page its decoder; `static/offline/decoder.js` reads it.

    Args:
        artifact: the model, on the CPU.
        vectors: of the photos that are shown, by sha256: raw, (D,) float32.
        forbidden: words that no caption may hold, normalised as captions are.

    Raises:
        UserError: a weight is too large for float16.
    """
    sizes, tensors = artifact.config.sizes, artifact.model.tensors()
    kept = [name for name, _ in sizes.shapes() if name not in UNUSED]
    matrix = np.stack(list(vectors.values())) if vectors else np.zeros((0, sizes.vector), np.float32)
    projected = artifact.model.project(matrix).astype("<f4")  # (P, E)
    content: dict[str, Any] = {
        "sizes": sizes.model_dump(),
        "tokens": artifact.vocabulary.tokens,
        "special": {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS},
        "max_tokens": artifact.config.max_tokens,
        "forbidden": list(forbidden),
        # One after the other, in the order of `Sizes.shapes`.
        "weights": _base64(b"".join(rounded(name, tensors[name]).tobytes() for name in kept)),
        "photos": {sha256: _base64(row.tobytes()) for sha256, row in zip(vectors, projected, strict=True)},
    }
    # No tag can begin in it, whatever a token holds, should it ever stand in a page.
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return f"bokeru.model({text});\n".encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
