"""A model/ directory: all that captioning needs, in files that run nothing when they are read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import safetensors
import safetensors.numpy
from pydantic import Field, ValidationError

from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile, MissingStage, UserError
from store.options import Options
from store.whole_file import write_json, write_whole
from train.model import CaptionModel, Sizes

TENSORS, CONFIG, VOCABULARY = "model.safetensors", "config.json", "vocabulary.json"


class FeaturesConfig(Options):
    """Where the vectors came from that the model reads."""

    key: str
    options: dict[str, Any] = Field(default_factory=dict)


class Config(Options):
    """config.json: what the tensors mean, and how a new photo or caption becomes what the model reads."""

    format: Literal[1] = 1
    sizes: Sizes
    features: FeaturesConfig
    tokenizer: str
    max_tokens: int = Field(ge=1, le=10_000)
    vectors: Literal["photo", "random"] = "photo"


@dataclass(frozen=True)
class Artifact:
    """A trained model with its vocabulary and its config."""

    model: CaptionModel
    vocabulary: Vocabulary
    config: Config

    def save(self, directory: Path) -> None:
        """Write the three files of model/, each whole."""
        write_whole(directory / TENSORS, safetensors.numpy.save(self.model.tensors()))
        self.vocabulary.save(directory / VOCABULARY)
        write_json(directory / CONFIG, self.config.model_dump())


def load(directory: Path, device: str = "cpu") -> Artifact:
    """Read a model/ directory.

    Args:
        directory: as `Artifact.save` wrote it.
        device: `cpu`, or a GPU as Chainer names it: `@cupy:0`.

    Raises:
        MissingStage: nothing is there.
        DamagedFile: a file is no model, is cut short, or does not fit the others.
    """
    config = _config(directory)
    vocabulary = Vocabulary.load(directory / VOCABULARY)
    if len(vocabulary) != config.sizes.vocabulary:
        said = config.sizes.vocabulary
        raise DamagedFile(directory / VOCABULARY, f"{len(vocabulary):,} tokens, but {CONFIG} says {said:,}")
    model = CaptionModel(config.sizes, read_tensors(directory / TENSORS, dict(config.sizes.shapes())))
    if device != "cpu":
        model.to_device(device)
    return Artifact(model, vocabulary, config)


def _config(directory: Path) -> Config:
    if not (directory / CONFIG).is_file():
        pipeline = directory.absolute().parent.parent.parent.name
        raise MissingStage(directory, f"bokeru train --pipeline {pipeline}")
    try:
        return Config.model_validate_json((directory / CONFIG).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise DamagedFile(directory / CONFIG, f"{place}: {first['msg']}") from error


def read_tensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray[Any, Any]]:
    """Read the float32 tensors of a safetensors file, having checked in its header that they are `shapes`.

    Raises:
        DamagedFile: it is no safetensors file (a pickle, say), is cut short, or holds other tensors.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
            for name, shape in shapes.items():
                if name not in found:
                    raise DamagedFile(path, f"it holds no tensor {name!r}")
                has, kind = tuple(found[name].get_shape()), found[name].get_dtype()
                if (has, kind) != (shape, "F32"):
                    raise DamagedFile(path, f"{name!r} is {kind} {has}, not F32 {shape}")
            return {name: np.ascontiguousarray(file.get_tensor(name)) for name in shapes}
    except (safetensors.SafetensorError, OSError) as error:
        raise DamagedFile(path, f"it cannot be read ({error})") from error


def finite(tensors: dict[str, np.ndarray[Any, Any]]) -> None:
    """Raise UserError where a tensor holds NaN or infinity: no such model is published."""
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise UserError(
                f"The model's {name} is not finite. Lower train.learning_rate, or set train.clip."
            )
