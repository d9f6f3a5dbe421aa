"""A text tower of others, from an .onnx file: it turns texts into vectors beside those of photos.

N texts, T tokens of a text, D values in a vector.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto
from pydantic import BaseModel, ConfigDict, Field

from featurize.backends import onnx_graph
from featurize.backends.onnx_encoder import MAX_DIMENSIONS, WAY_OUT, short
from featurize.backends.onnx_limits import Limits, TooMuch
from featurize.words.tokens import Lengths, Tokenizer, open_tokenizer
from store.errors import UserError

IDS, MASK, PLACES, KINDS = "input_ids", "attention_mask", "position_ids", "token_type_ids"
WHOLE = {TensorProto.INT64: np.dtype(np.int64), TensorProto.INT32: np.dtype(np.int32)}
COUNTERPARTS = {"image_embeds": "text_embeds"}
"""Of an image's output that of a text, where their names differ: transformers' CLIP and SigLIP."""
EMBEDDING = "text_embeds"
MAX_BATCH = 16
"""Texts that are computed at once, so that memory does not grow with N."""
TRIAL = ("犬と電車", "a quiet morning by the sea")
"""Two texts that no tower should take for the same."""
SAME = 1 - 1e-6
"""The cosine from which on two vectors count as one."""
APART = 1e-2
"""How far two results of one text may be apart, as a share of the largest value; float16 is so rough."""


class TriedTower(BaseModel):
    """What was found as a tower was tried out on two texts.

    Args:
        dimensions: D.
        max_batch: texts that it computes at once.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    dimensions: int = Field(ge=1)
    max_batch: int = Field(ge=1)


class TextTower:
    """A text tower on ONNX Runtime, with its tokenizer.

    Attributes:
        output: the name of the output that is the vector.
        dimensions: D, once what was found in a trial is `taken`.
    """

    def __init__(
        self,
        path: Path,
        started: onnxruntime.InferenceSession,
        inputs: Sequence[onnx.ValueInfoProto],
        output: str,
        tokenizer: Tokenizer,
        limits: Limits,
    ) -> None:
        self._path, self._session, self._tokenizer, self._limits = path, started, tokenizer, limits
        self._inputs = {value.name: WHOLE[value.type.tensor_type.elem_type] for value in inputs}
        batch = inputs[0].type.tensor_type.shape.dim[0].dim_value
        self._batch, self._max_batch = max(0, batch), max(0, batch) or MAX_BATCH
        # Texts of several lengths fit into one array where they are filled to one, or told what was filled.
        self._fits = tokenizer.length is not None or MASK in self._inputs
        self.output, self.dimensions = output, 0

    def take(self, tried: TriedTower) -> None:
        """Go by what was found in a trial of this tower, in this process or in another one."""
        self.dimensions, self._max_batch = tried.dimensions, tried.max_batch

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of texts, (N, D) float32, of any length; the characters after 1,000 count not.

        Raises:
            UserError: it takes too long or too much memory, or gives what is no vector.
        """
        found = np.empty((len(texts), self.dimensions), np.float32)
        step = self._max_batch
        try:
            for start in range(0, len(texts), step):
                part = texts[start : start + step]
                found[start : start + len(part)] = self._vectors(part)
        except UserError as error:
            raise UserError(f"{self._path} {error}") from None
        except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
            raise UserError(f"{self._path} cannot read {texts[start]!r:.60}: {short(error)}") from error
        return found

    def try_out(self) -> TriedTower:
        """Compute two texts alone, together and again: a tower is a function of the text.

        Raises:
            UserError: it cannot be run within the limits, or its vectors hang on more than the text.
        """
        try:
            alone = np.concatenate([self._vectors([text]) for text in TRIAL])
            dimensions = alone.shape[1]
            if not 1 <= dimensions <= MAX_DIMENSIONS:
                raise UserError(f"gives {dimensions:,} values a text, 1 to {MAX_DIMENSIONS:,} are allowed")
            self._compare(alone[:1], self._vectors(TRIAL[:1]), "a second time")
            self._tell_apart(alone)
            if self._batch == 1 or not self._fits or not self._together(alone):
                return TriedTower(dimensions=dimensions, max_batch=1)
            return TriedTower(dimensions=dimensions, max_batch=self._max_batch)
        except UserError as error:
            raise UserError(f"{self._path} {error}") from None
        except Exception as error:
            raise UserError(
                f"{self._path} is not a text tower that ONNX Runtime can run with the tokenizer "
                f"{self._tokenizer.path}: {short(error)}"
            ) from error

    def _together(self, alone: np.ndarray) -> bool:
        """Return whether it takes two texts at once, whose vectors are then those of each alone."""
        try:
            both = self._vectors(TRIAL)
        except TooMuch:
            raise
        except Exception:  # exported with a batch of one, which only its steps know
            return False
        self._compare(alone, both, "beside another text")
        return True

    def _compare(self, one: np.ndarray, other: np.ndarray, when: str) -> None:
        apart, scale = float(np.abs(one - other).max()), float(np.abs(one).max())
        if apart > APART * scale + 1e-6:
            raise UserError(
                f"is no function of the text: {when}, a text's vector is {apart:.2g} away, of {scale:.2g}. "
                f"It was exported in training mode, or draws at random. {WAY_OUT}"
            )

    def _tell_apart(self, alone: np.ndarray) -> None:
        lengths = np.linalg.norm(alone, axis=1)
        if not lengths.all() or float(alone[0] @ alone[1]) / float(lengths[0] * lengths[1]) > SAME:
            one, other = TRIAL
            raise UserError(
                f"takes {one!r} and {other!r} for the same: the tokenizer {self._tokenizer.path} may belong "
                "to another model, or know none of their words"
            )

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of at most `_max_batch` texts, (N, D) float32."""
        ids, mask = self._tokenizer.rows(texts)
        missing = max(0, self._batch - len(texts))  # it takes so many only: copies of the last fill it
        ids, mask = (np.pad(each, ((0, missing), (0, 0)), "edge") for each in (ids, mask))
        places = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
        given: dict[str, Any] = {MASK: mask, PLACES: places, KINDS: np.zeros_like(ids)}
        feed = {name: given.get(name, ids).astype(kind) for name, kind in self._inputs.items()}
        found = self._limits.run(self._session, self.output, feed)
        if found.dtype.kind != "f" or found.ndim != 2 or len(found) != len(ids):
            shape = f"{found.dtype} of shape {found.shape} at {self.output!r} for {len(ids)} texts"
            raise UserError(f"gives {shape}, not a vector for each")
        found = found[: len(texts)].astype(np.float32, copy=False)
        if not np.isfinite(found).all():
            raise UserError(f"gives values that are no finite numbers for {texts[0]!r:.60}")
        return found


def open_tower(path: Path, of_images: str, limits: Limits) -> TextTower:
    """Return a text tower from the user's .onnx file; `TextTower.try_out` says if it is one.

    Args:
        of_images: the output of the image tower that vectors of photos are.

    Raises:
        UserError: it cannot be loaded, reads no texts, or gives other vectors than those of photos.
    """
    model = onnx_graph.read_graph(path)
    try:
        if model is None:
            raise ValueError("it is damaged, or another kind of file")
        output = _output(model, of_images)
        inputs = _inputs(model, output)
        if changing := onnx_graph.changing(model, output):
            raise UserError(f"{changing.replace('photo', 'text')}. {WAY_OUT}")
        fixed = max(0, inputs[0].type.tensor_type.shape.dim[1].dim_value)
        tokenizer = open_tokenizer(path, Lengths(fixed, any(value.name == MASK for value in inputs)))
        if len(onnx_graph.inputs(model)) == len(inputs) and len(model.graph.output) == 1:
            started = limits.load(str(path))
        else:
            names = {value.name for value in inputs}
            started = limits.load(onnx_graph.part(model, output, names).SerializeToString(), path.parent)
        return TextTower(path, started, inputs, output, tokenizer, limits)
    except UserError as error:
        raise UserError(f"{path} {error}") from None
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise UserError(f"{path} is not a model that ONNX Runtime can run: {short(error)}") from error


def _output(model: onnx.ModelProto, of_images: str) -> str:
    """Return the name of the output that lies beside photos' vectors."""
    needs = onnx_graph.needs(model)
    photos = {value.name for value in onnx_graph.inputs(model) if onnx_graph.is_photo(value)}
    names = [name for name, read in needs.items() if read and not read & photos]
    wanted = COUNTERPARTS.get(of_images, of_images)
    if wanted in names:
        return wanted
    if not names:
        raise UserError("has no output that hangs on texts alone: it is no text tower")
    if of_images in COUNTERPARTS:
        raise UserError(
            f"has the outputs {', '.join(names)}, and {wanted!r} is what lies beside photos' {of_images!r}: "
            "others come before the projection. Export it with it (CLIPTextModelWithProjection)"
        )
    if EMBEDDING in names or len(names) == 1:
        return EMBEDDING if EMBEDDING in names else names[0]
    raise UserError(
        f"has several outputs, and none is called {wanted!r}, as that of photos: {', '.join(names)}. "
        "Export it with one"
    )


def _inputs(model: onnx.ModelProto, output: str) -> list[onnx.ValueInfoProto]:
    """Return what the way to an output reads, the tokens' numbers first.

    Raises:
        UserError: it is something else than whole numbers of [N, T] with names that are known.
    """
    read = onnx_graph.needs(model)[output]
    found = [value for value in onnx_graph.inputs(model) if value.name in read]
    for value in found:
        tensor = value.type.tensor_type
        if tensor.elem_type not in WHOLE or len(tensor.shape.dim) != 2:
            kind = TensorProto.DataType.Name(tensor.elem_type).lower()
            raise UserError(
                f"reads {value.name} tensor({kind}) of {len(tensor.shape.dim)} lengths. A text tower reads "
                "tensor(int64) of [N, tokens]"
            )
    known = (MASK, PLACES, KINDS)
    ids = [value for value in found if value.name not in known]
    if len(ids) != 1:
        names = ", ".join(value.name for value in found)
        raise UserError(f"reads {names}. A text tower reads {IDS}, and may read {', '.join(known)}")
    return [*ids, *(value for value in found if value.name in known)]
