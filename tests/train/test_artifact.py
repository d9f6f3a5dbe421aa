"""A model from others: its tensors fit its configuration, and hold numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from dataset.text.vocabulary import SPECIALS, Vocabulary
from store.errors import DamagedFile
from train import artifact
from train.artifact import Artifact, Config, FeaturesConfig
from train.model import CaptionModel, Sizes

VOCABULARY = Vocabulary([*SPECIALS, "猫", "だ"])
SIZES = Sizes(vocabulary=len(VOCABULARY), vector=6, embedding=5, hidden=7)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return the folder of a model."""
    config = Config(
        sizes=SIZES, features=FeaturesConfig(key="toy-fc7-0"), tokenizer="unidic-lite", max_tokens=12
    )
    Artifact(CaptionModel.fresh(SIZES, seed=3), VOCABULARY, config).save(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_that_holds_no_numbers_is_not_used(directory: Path, value: float) -> None:
    tensors = load_file(directory / artifact.TENSORS)
    name = sorted(tensors)[0]
    tensors[name].ravel()[-1] = value
    save_file(tensors, directory / artifact.TENSORS)
    with pytest.raises(DamagedFile, match=rf"{artifact.TENSORS} is damaged: {name} holds values"):
        artifact.load(directory)


def test_a_model_of_other_shapes_than_its_configuration_is_not_used(directory: Path) -> None:
    tensors = load_file(directory / artifact.TENSORS)
    name = sorted(tensors)[0]
    save_file({**tensors, name: tensors[name][..., :-1].copy()}, directory / artifact.TENSORS)
    with pytest.raises(DamagedFile, match=rf"tensor '{name}' is F32 \(.*\), not F32 \(.*\)"):
        artifact.load(directory)


def test_a_configuration_of_more_than_there_is_allocates_nothing(directory: Path) -> None:
    config = json.loads((directory / artifact.CONFIG).read_text(encoding="utf-8"))
    config["sizes"]["hidden"] = 10**6
    (directory / artifact.CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(DamagedFile, match=r"is F32 \(28, 5\), not F32 \(4000000, 5\)"):
        artifact.load(directory)


@pytest.mark.parametrize("name", ["config.json", "vocabulary.json"])
def test_json_that_nests_without_end_is_damage(directory: Path, name: str) -> None:
    (directory / name).write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(DamagedFile, match=name):
        artifact.load(directory)
