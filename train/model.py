"""The captioning model: a photo's vector is an LSTM's first input, and the LSTM writes tokens.

Shape letters, here and in the whole package: N captions or photos, D components of a photo's vector,
E embedding, H hidden, V vocabulary, L layers, T target tokens of a packed batch.
"""

from collections.abc import Iterator
from typing import Any, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from store.chainer_compat import chainer
from store.options import Options

Array = npt.NDArray[Any]


class Photos(Protocol):
    """The raw vectors of photos, (P, D) float32: an array, or what reads vectors where they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """P and D."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any:
        """Return those of `rows`: a number, a slice or (N,) ints."""


class Sizes(Options):
    """The names and shapes of a model's tensors, and where the photo goes in."""

    vocabulary: int = Field(ge=2)
    vector: int = Field(ge=1)
    embedding: int = Field(ge=1)
    hidden: int = Field(ge=1)
    layers: int = Field(1, ge=1, le=8)
    injection: Literal["first", "every"] = "first"

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield name and shape of each tensor; `mean` and `scale` are not learned."""
        yield "mean", (self.vector,)
        yield "scale", (self.vector,)
        yield "photo_w", (self.embedding, self.vector)
        yield "photo_b", (self.embedding,)
        yield "embedding", (self.vocabulary, self.embedding)
        for layer in range(self.layers):
            yield f"lstm{layer}_x", (4 * self.hidden, self.hidden if layer else self.embedding)
            yield f"lstm{layer}_b", (4 * self.hidden,)
            yield f"lstm{layer}_h", (4 * self.hidden, self.hidden)
        yield "output_w", (self.vocabulary, self.hidden)
        yield "output_b", (self.vocabulary,)


def initial(sizes: Sizes, seed: int) -> dict[str, Array]:
    """Return float32 tensors by name, shaped as `sizes.shapes()` says, as Chainer initialises them.

    Weights are LeCun's normal, embeddings N(0, 1), forget biases 1. The photo's weights are N(0, 1) too, for
    vectors of length 1: a projected photo is then as large as an embedding, and so are Adam's steps on it,
    however many components a vector has.

    Source: LeCun et al. 1998, Efficient BackProp; forget bias 1 as in Jozefowicz et al. 2015.
    """
    random = np.random.default_rng(seed)
    tensors: dict[str, Array] = {}
    for name, shape in sizes.shapes():
        if name == "scale":
            tensors[name] = np.ones(shape, np.float32)
        elif len(shape) == 1:
            tensors[name] = np.zeros(shape, np.float32)
        else:
            deviation = 1.0 if name in ("embedding", "photo_w") else shape[1] ** -0.5
            tensors[name] = random.standard_normal(shape, np.float32) * np.float32(deviation)
    # A forget gate that starts open lets gradients through before anything is learned.
    for layer in range(sizes.layers):
        tensors[f"lstm{layer}_b"][sizes.hidden : 2 * sizes.hidden] = 1
    return tensors


class CaptionModel(chainer.Chain):  # type: ignore[misc]
    """fc7 → linear, added to the first token's embedding (or to each) → LSTM → linear → vocabulary.

    The gates of an LSTM are stored in the order input, forget, output, candidate.

    Args:
        sizes: names and shapes of the tensors.
        tensors: float32 arrays by name, as `sizes.shapes()` lists them; used, not copied.
    """

    def __init__(self, sizes: Sizes, tensors: dict[str, Array]) -> None:
        super().__init__()
        self.sizes = sizes
        self.mean, self.scale = tensors["mean"], tensors["scale"]
        for name in ("mean", "scale"):
            self.register_persistent(name)  # moves with the model to a device, but is not trained
        with self.init_scope():
            for name, _ in sizes.shapes():
                if name not in ("mean", "scale"):
                    setattr(self, name, chainer.Parameter(tensors[name]))

    def tensors(self) -> dict[str, Array]:
        """Return every tensor by name, float32 on the host, shaped as `sizes.shapes()` says."""
        values = {name: getattr(self, name) for name, _ in self.sizes.shapes()}
        return {name: chainer.cuda.to_cpu(getattr(value, "array", value)) for name, value in values.items()}

    def standardised(self, vectors: Array) -> Array:
        """Return raw vectors (N, D) float32, centred and scaled by the statistics of the training photos."""
        return (vectors - self.mean) * self.scale

    def project(self, vectors: Array) -> Array:
        """Return what raw vectors (N, D), on the model's device, add to an embedding: (N, E) float32."""
        # (N, D) @ (D, E)
        photo: Array = self.standardised(vectors) @ self.photo_w.array.T + self.photo_b.array
        return photo

    @classmethod
    def fresh(cls, sizes: Sizes, seed: int) -> Self:
        """Return an untrained model, the same for the same seed."""
        return cls(sizes, initial(sizes, seed))
