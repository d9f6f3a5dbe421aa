"""A model/ directory: all that captioning needs, in files that cannot run code when they are read."""

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
from store.place import Place
from store.whole_file import read_whole, write_json, write_whole
from train.model import CaptionModel, Sizes

TENSORS, CONFIG, VOCABULARY = "model.safetensors", "config.json", "vocabulary.json"


class FeaturesConfig(Options):
    """The features stage that made the vectors that the model reads."""

    key: str
    options: dict[str, Any] = Field(default_factory=dict)


class Config(Options):
    """config.json: what the tensors mean, and how a new photo or caption becomes input to the model."""

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


def folder_of(run: Path) -> Path:
    """Return the folder of a run's model; `run` itself where it is a model alone, as it was given away."""
    inside = run / "model"
    return run if (run / CONFIG).is_file() and not inside.is_dir() else inside


def load(directory: Path, device: Any = "cpu") -> Artifact:
    """Read a model/ directory.

    Args:
        directory: as `Artifact.save` wrote it.
        device: `cpu`, or Chainer's device, such as `train.arithmetic.device.device` returns.

    Raises:
        MissingStage: there is no model.
        DamagedFile: a file is not part of a model, is cut short, holds no finite numbers, or does not fit the
            others.
    """
    config = read_config(directory)
    vocabulary = Vocabulary.load(directory / VOCABULARY)
    if len(vocabulary) != config.sizes.vocabulary:
        expected = config.sizes.vocabulary
        raise DamagedFile(
            directory / VOCABULARY, f"{len(vocabulary):,} tokens, but {CONFIG} expects {expected:,}"
        )
    tensors = read_tensors(directory / TENSORS, dict(config.sizes.shapes()))
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise DamagedFile(directory / TENSORS, f"{name} holds values that are no numbers")
    model = CaptionModel(config.sizes, tensors)
    if device != "cpu":
        model.to_device(device)
    return Artifact(model, vocabulary, config)


def read_config(directory: Path) -> Config:
    """Return the config of a model/ directory.

    Raises:
        MissingStage: there is no model.
        DamagedFile: the file is none.
    """
    try:
        return Config.model_validate_json(read_whole(directory / CONFIG))
    except FileNotFoundError:
        raise MissingStage(directory, Place.of(directory).command("train")) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise DamagedFile(directory / CONFIG, f"{place}: {first['msg']}") from error


def read_tensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray[Any, Any]]:
    """Read float32 tensors from a safetensors file.

    Args:
        shapes: name and shape of each tensor. The file's header is checked against them first, so a hostile
            size allocates nothing.

    Returns:
        float32 arrays by name, on the host.

    Raises:
        DamagedFile: it is not a safetensors file (a pickle, say), is cut short, or holds other tensors.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            # Slices read only the header, so nothing is allocated before every shape has been checked.
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            for name, shape in shapes.items():
                if name not in found:
                    raise DamagedFile(path, f"tensor {name!r} is missing")
                actual, dtype = tuple(found[name].get_shape()), found[name].get_dtype()
                if (actual, dtype) != (shape, "F32"):
                    raise DamagedFile(path, f"tensor {name!r} is {dtype} {actual}, not F32 {shape}")
            return {name: np.ascontiguousarray(file.get_tensor(name)) for name in shapes}
    except (safetensors.SafetensorError, OSError) as error:
        raise DamagedFile(path, f"it cannot be read ({error})") from error


def require_finite(tensors: dict[str, np.ndarray[Any, Any]]) -> None:
    """Check float32 tensors of any shape before a model is published.

    Raises:
        UserError: a tensor holds NaN or infinity; the message names it.
    """
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise UserError(
                f"The model's {name} is not finite. Lower train.learning_rate, or set train.clip."
            )
