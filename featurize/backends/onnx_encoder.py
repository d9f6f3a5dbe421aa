"""Image encoders of others, from .onnx files: which part of one reads photos, and whether it is a function
of them.

B photos of S x S pixels in a batch, D values in a vector, T tokens, C channels.
"""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
from pydantic import BaseModel, ConfigDict, Field

from featurize.backends import onnx_graph
from featurize.backends.onnx_limits import Limits, TooMuch, TooMuchMemory
from store.errors import UserError
from store.processes.cores import cores

MAX_DIMENSIONS = 65_536
MAX_BATCH = 16
"""Photos that a model computes at once, so that its memory does not grow with B."""
ALIKE: dict[np.dtype[Any], float] = {np.dtype(np.float16): 2e-2}
"""How far two results of one photo may be apart, as a share of the largest value; 1e-3 but for float16."""
WAY_OUT = "Call model.eval() before torch.onnx.export, and leave its `training` as it is"

Pool = Literal["mean", "first", "flatten"] | None


def short(error: Exception) -> str:
    """Return what ONNX Runtime says, in one line."""
    return " ".join(str(error).split())[:300]


class Tried(BaseModel):
    """What was found as a model was tried out on two photos.

    Args:
        dimensions: D.
        max_batch: photos that it computes at once.
        remark: what is special about how it runs, for the user.
        response: how strongly the first convolution answers; 0.2 to 4 are usual. It is the root of the mean
            square, over that of its biases where these are more than 1. None where photos meet something else
            first, such as a normalisation that the model brings along.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    dimensions: int = Field(ge=1)
    max_batch: int = Field(ge=1)
    remark: str = ""
    response: float | None = None


class OnnxEncoder:
    """An image encoder of the user's on ONNX Runtime; see `Backend`.

    Attributes:
        size: S.
        output: the name of the output that is the vector.
        dimensions: D, once what was found in a trial is `taken`.
    """

    name = "onnx"

    def __init__(
        self,
        path: Path,
        started: onnxruntime.InferenceSession,
        photos: onnx.ValueInfoProto,
        output: str,
        size: int,
        pool: Pool,
        limits: Limits,
    ) -> None:
        self.size, self.output, self.dimensions = size, output, 0
        self.threads = cores()
        self._path, self._session, self._pool, self._limits = path, started, pool, limits
        self._input = photos.name
        self._dtype = onnx_graph.FLOATS[photos.type.tensor_type.elem_type]
        batch = photos.type.tensor_type.shape.dim[0].dim_value
        self._fixed_batch = max(0, batch)
        self._max_batch = self._fixed_batch or MAX_BATCH

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for images (B, 3, S, S) float32; see `Backend.run`.

        Raises:
            UserError: it takes too long or too much memory, or gives another number of values than before.
        """
        vectors, done = np.empty((len(images), self.dimensions), np.float32), 0
        while done < len(images):
            part = images[done : done + self._max_batch]
            try:
                found = self._vectors(part)
            except TooMuchMemory as error:
                if len(part) == 1 or self._fixed_batch:
                    raise UserError(f"{self._path} {error}") from None
                self._max_batch = len(part) // 2
                continue
            except TooMuch as error:
                raise UserError(f"{self._path} {error}") from None
            if found.shape != (len(part), self.dimensions):
                shape = f"{found.shape} for {len(part)} photos, and {self.dimensions:,} values a photo before"
                raise UserError(f"{self._path} gives an array of {shape}")
            vectors[done : done + len(part)] = found
            done += len(part)
        return vectors

    def take(self, tried: Tried) -> None:
        """Go by what was found in a trial of this model, in this process or in another one."""
        self.dimensions, self._max_batch = tried.dimensions, tried.max_batch

    def try_out(self, images: np.ndarray) -> Tried:
        """Compute two photos alone, together and again: an encoder is a function of the photo.

        Args:
            images: (2, 3, S, S) float32, prepared as all photos will be.

        Raises:
            UserError: it cannot be run within the limits, or its vectors hang on more than the photo.
        """
        try:
            alone = np.concatenate([self._one(images[:1]), self._one(images[1:])])
            dimensions = alone.shape[1]
            if not 1 <= dimensions <= MAX_DIMENSIONS:
                values = f"{dimensions:,} values a photo, 1 to {MAX_DIMENSIONS:,} are allowed"
                raise UserError(f"gives {values}. Set features.pool, or features.layer to a pooled output")
            self._compare(alone[:1], self._one(images[:1]), "a second time")
            if self._fixed_batch != 1 and not self._together(images, alone):
                remark = "one photo at a time, since it was exported for one"
                return Tried(
                    dimensions=dimensions, max_batch=1, remark=remark, response=self._response(images)
                )
            batch = self._fixed_batch or MAX_BATCH
            return Tried(dimensions=dimensions, max_batch=batch, response=self._response(images))
        except UserError as error:
            raise UserError(f"{self._path} {error}") from None
        except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
            raise UserError(
                f"{self._path} is not a model that ONNX Runtime can run: {short(error)}"
            ) from error

    def _one(self, image: np.ndarray) -> np.ndarray:
        """Return the vector of one photo, (1, D)."""
        found = self._vectors(image)
        if len(found) != 1:
            raise UserError(f"gives {len(found)} rows for one photo, not one")
        return found

    def _together(self, images: np.ndarray, alone: np.ndarray) -> bool:
        """Return whether it takes two photos at once, whose vectors are then those of each alone."""
        try:
            both = self._vectors(images)
        except UserError:
            raise
        except Exception:  # exported with a batch of one, which only its steps know
            return False
        if both.shape != alone.shape:
            raise UserError(f"gives an array of {both.shape} for two photos, not of {alone.shape}")
        self._compare(alone, both, "beside another photo")
        self._compare(both, self._vectors(images), "a second time")
        return True

    def _response(self, images: np.ndarray) -> float | None:
        """Return how strongly the first convolution answers; see `Tried`."""
        model = onnx_graph.read_graph(self._path)
        first = model and onnx_graph.first_convolution(model, self._input)
        if not model or not first:
            return None
        small = onnx_graph.part(model, first.output, [self._input])
        onnx_graph.take_in(small, self._path.parent)
        started = self._limits.load(small.SerializeToString())
        answer = self._limits.run(started, first.output, {self._input: images[:1].astype(self._dtype)})
        answer = (answer.astype(np.float32) - first.mean) / np.sqrt(first.variance + 1e-5)
        return float(np.sqrt(np.square(answer).mean())) / max(1.0, first.bias)

    def _compare(self, one: np.ndarray, other: np.ndarray, when: str) -> None:
        """Raise UserError if vectors of the same photos differ."""
        scale = float(np.abs(np.nan_to_num(one)).max())
        apart = float(np.abs(np.nan_to_num(one) - np.nan_to_num(other)).max())
        if apart > ALIKE.get(self._dtype, 1e-3) * scale + 1e-6:
            share = f"{apart:.2g} away, of {scale:.2g}"
            raise UserError(
                f"is no function of the photo: {when}, a photo's vector is {share}. It was exported in "
                f"training mode "
                f"(BatchNorm, Dropout), or draws at random. {WAY_OUT}"
            )

    def _vectors(self, images: np.ndarray) -> np.ndarray:
        """Return the vectors of at most `_max_batch` photos, (B, D) float32."""
        count = len(images)
        if missing := max(0, self._fixed_batch - count):  # it takes so many only: black photos fill it
            images = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.float32)])
        with np.errstate(over="ignore"):
            given = images.astype(self._dtype, copy=False)
        found = self._limits.run(self._session, self.output, {self._input: given})
        if found.dtype.kind not in "fiu" or not found.ndim:
            raise UserError(f"gives {found.dtype} of shape {found.shape} at {self.output!r}, not vectors")
        if len(found) != len(images):
            noun = "photo" if len(images) == 1 else "photos"
            raise UserError(f"gives {len(found)} rows for {len(images)} {noun}, not one for each")
        return self._pooled(found)[:count].astype(np.float32, copy=False)

    def _pooled(self, found: np.ndarray) -> np.ndarray:
        """Return (B, D) of an output: (B, D), (B, T, D) or (B, C, rows, columns)."""
        flat = found.reshape(len(found), -1)
        if sum(length > 1 for length in found.shape[1:]) < 2 or self._pool == "flatten":
            return flat
        if self._pool == "first" and found.ndim == 3:
            return found[:, 0]
        if self._pool == "mean" and found.ndim in (3, 4):
            axes = (1,) if found.ndim == 3 else (2, 3)
            return np.asarray(found.mean(axes, dtype=np.float32))
        shape = "x".join(map(str, found.shape[1:]))
        choices = {3: "mean (of all tokens), first (the class token of a ViT)", 4: "mean (over all places)"}
        taken = f"{choices[found.ndim]} or flatten" if found.ndim in choices else "flatten"
        raise UserError(f"gives {shape} values a photo at {self.output!r}. Set features.pool to {taken}")
