"""A pipeline with a run that tells photos apart, and one whose model sees nothing of a photo."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from store.place import Place

BLIND = "blind-00000000"


def blinded(place: Place) -> Path:
    """Write a run whose decoder gets nothing from a photo: it has collapsed to one caption."""
    (run,) = place.runs.iterdir()
    blind = shutil.copytree(run, place.runs / BLIND)
    model = blind / "model" / "model.safetensors"
    tensors = load_file(model)
    tensors["photo_w"] = np.zeros_like(tensors["photo_w"])
    save_file(tensors, model)
    return blind


@pytest.fixture(scope="session")
def collapsed(whole: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a copy of the whole pipeline with both runs, to be read only."""
    data = shutil.copytree(whole.data, tmp_path_factory.mktemp("collapsed") / "data")
    place = replace(whole, data=data)
    blinded(place)
    return place
