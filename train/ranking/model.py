"""The ranker's model: a photo's vector and a caption's words in, one score out.

A caption is the sum of its words' embeddings and of its length; a photo, scaled to length 1, goes through
two layers to a vector of the same size. Their product, component by component, says how well they go
together; one more layer sees both and the product, so that what suits one kind of photo may spoil another.
The order of words plays no part: some thousand pairs do not teach it.

N captions, D components of a photo's vector, E components of an embedding, T words of the longest bag.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pydantic import Field

from store.chainer_compat import chainer
from store.options import Options
from train.model import Array

F = chainer.functions
PHOTO_GAIN = 3.0
"""Photos of length 1 are multiplied by it: so far do they reach into the tanh at first."""
UNIT = 20.0
"""Characters that a length of 1 stands for."""


class RankerSizes(Options):
    """The names and shapes of the ranker's tensors; without a photo, `vector` is 0."""

    words: int = Field(ge=1)
    vector: int = Field(ge=0)
    embedding: int = Field(32, ge=1, le=1024)

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield name and shape of each tensor; `mean` and `scale` are not learned."""
        size = self.embedding
        yield from (("word_e", (self.words, size)), ("word_w", (self.words, 1)))
        yield from (("length_w", (size, 2)), ("length_b", (size,)))
        if self.vector:
            yield from (("mean", (self.vector,)), ("scale", (self.vector,)))
            yield from (("photo_w", (size, self.vector)), ("photo_b", (size,)))
            yield from (("meet_w", (size, size)), ("meet_b", (size,)))
        yield from (("both_w", (size, self._both)), ("both_b", (size,)), ("score_w", (1, size)))

    @property
    def _both(self) -> int:
        return 2 + self.embedding * (3 if self.vector else 1)


FIXED = ("mean", "scale")


class Ranker(chainer.Chain):  # type: ignore[misc]
    """A model of these sizes.

    Args:
        tensors: as `initial` or a file has them.
    """

    def __init__(self, sizes: RankerSizes, tensors: Mapping[str, Array]) -> None:
        super().__init__()
        self.sizes = sizes
        with self.init_scope():
            for name in (name for name, _ in sizes.shapes() if name not in FIXED):
                setattr(self, name, chainer.Parameter(np.array(tensors[name], np.float32)))
        for name in (name for name in FIXED if name in tensors):
            self.add_persistent(name, np.array(tensors[name], np.float32))

    def tensors(self) -> dict[str, Array]:
        """Return all tensors by name, float32 on the host."""
        return {
            name: np.asarray(value if name in FIXED else value.array)
            for name, value in ((name, getattr(self, name)) for name, _ in self.sizes.shapes())
        }

    def __call__(self, words: Array, characters: Array, vectors: Array | None, dropout: float = 0.0) -> Any:
        """Return scores, a Chainer variable (N,): only differences between captions of a photo mean anything.

        Args:
            words: (N, T) int32, as `RankedCaptions.words`.
            characters: (N,) int.
            vectors: (N, D) float32, raw; None where the ranker sees no photo.
            dropout: the share of what both show that is dropped, in training.
        """
        length = (characters[:, None] / UNIT).astype(np.float32) ** np.array([1, 2], np.float32)
        embedded = F.sum(F.embed_id(words, self.word_e, ignore_label=-1), axis=1)
        caption = embedded + F.linear(length, self.length_w, self.length_b)
        score = F.sum(F.embed_id(words, self.word_w, ignore_label=-1), axis=(1, 2))
        seen = [caption, length]
        if vectors is not None:
            photo = self._photo(vectors)
            score += F.sum(caption * photo, axis=1)
            seen += [caption * photo, photo]
        both = F.dropout(F.concat(seen), dropout) if dropout else F.concat(seen)
        return score + F.linear(F.relu(F.linear(both, self.both_w, self.both_b)), self.score_w)[:, 0]

    def _photo(self, vectors: Array) -> Any:
        scaled = PHOTO_GAIN * (vectors - self.mean) * self.scale
        inner = F.tanh(F.linear(scaled.astype(np.float32), self.photo_w, self.photo_b))
        return F.linear(inner, self.meet_w, self.meet_b)

    def scores(self, words: Array, characters: Array, vectors: Array | None) -> Array:
        """Return scores, (N,) float32, without gradients."""
        with chainer.no_backprop_mode():
            return np.asarray(self(words, characters, vectors).array)


def initial(sizes: RankerSizes, moments: tuple[Array, Array] | None, seed: int) -> dict[str, Array]:
    """Return the tensors of an untrained ranker.

    Args:
        moments: mean and scale of photos' vectors, (D,) each; None where the ranker sees none.
        seed: fixes them.
    """
    random, deviations = np.random.default_rng(seed), {"word_e": 0.1, "photo_w": 0.12}
    tensors: dict[str, Array] = {}
    for name, shape in sizes.shapes():
        deviation = deviations.get(name, 1 / np.sqrt(shape[-1]))
        is_zero = len(shape) == 1 or name == "word_w"
        tensors[name] = np.zeros(shape) if is_zero else random.normal(0, deviation, shape)
    if moments:
        tensors["mean"], tensors["scale"] = moments
    return {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}
