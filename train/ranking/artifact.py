"""A ranker/ directory: all that ranking needs, in files that cannot run code when they are read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import safetensors.numpy
from pydantic import Field, ValidationError

from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile, MissingStage
from store.options import Options
from store.place import Place
from store.whole_file import read_whole, write_json, write_whole
from train.artifact import read_tensors
from train.model import Array
from train.ranking.captions import characters
from train.ranking.model import Ranker, RankerSizes
from train.ranking.words import bags_of, kinds

FOLDER = "ranker"
TENSORS, CONFIG, VOCABULARY = "ranker.safetensors", "config.json", "vocabulary.json"


class RankerConfig(Options):
    """config.json.

    Args:
        features_key: the cache whose vectors it reads.
        fingerprint: of all that it was made from.
    """

    format: Literal[1] = 1
    sizes: RankerSizes
    features_key: str
    fingerprint: str = Field(min_length=1)


@dataclass(frozen=True)
class RankerArtifact:
    """A trained ranker with its vocabulary and its config."""

    ranker: Ranker
    vocabulary: Vocabulary
    config: RankerConfig

    def save(self, directory: Path) -> None:
        """Write its three files, each whole; the config comes last."""
        write_whole(directory / TENSORS, safetensors.numpy.save(self.ranker.tensors()))
        self.vocabulary.save(directory / VOCABULARY)
        write_json(directory / CONFIG, self.config.model_dump())

    def scores(self, captions: list[tuple[str, list[str]]], vector: Array) -> Array:
        """Return the scores of captions of one photo, (N,) float32: a difference of 1 is odds of e to 1.

        Args:
            captions: text and tokens of each.
            vector: (D,) float32, raw.
        """
        words = bags_of([tokens for _, tokens in captions], self.vocabulary)
        lengths = np.array([characters(text) for text, _ in captions])
        return self.ranker.scores(words, lengths, np.repeat(vector[None], len(captions), axis=0))


def load(run: Path) -> RankerArtifact:
    """Read the ranker of a run.

    Raises:
        MissingStage: there is none.
        DamagedFile: a file is cut short, holds no finite numbers, or does not fit the others.
    """
    directory = run / FOLDER
    try:
        config = RankerConfig.model_validate_json(read_whole(directory / CONFIG))
    except FileNotFoundError:
        command = Place.of(run).command("train", "--set", "train.ranker=true")
        raise MissingStage(directory, command) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise DamagedFile(directory / CONFIG, f"{where}: {first['msg']}") from error
    vocabulary = Vocabulary.load(directory / VOCABULARY)
    if (found := kinds(vocabulary)) != config.sizes.words:
        reason = f"its tokens make {found:,} words, but {CONFIG} expects {config.sizes.words:,}"
        raise DamagedFile(directory / VOCABULARY, reason)
    tensors = read_tensors(directory / TENSORS, dict(config.sizes.shapes()))
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise DamagedFile(directory / TENSORS, f"{name} holds values that are no numbers")
    return RankerArtifact(Ranker(config.sizes, tensors), vocabulary, config)
