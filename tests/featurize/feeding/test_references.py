"""Photos are prepared as the frameworks do it: values that torchvision, timm and transformers computed.

`references.json` holds them with the versions that made them. A photo is noise of NumPy's generator, seeded
by its place in the list; the values are those at `places` of the flattened (3, S, S) result.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from featurize.feeding.beside import beside
from featurize.feeding.presets import IMAGENET_DEVIATION, IMAGENET_MEAN
from featurize.preprocess import Recipe
from store.photo.decode import Picture

REFERENCES: dict[str, Any] = json.loads(Path(__file__).with_name("references.json").read_text())
SIZE: int = REFERENCES["size"]
PRESETS = {
    "imagenet": Recipe("imagenet", SIZE),
    "clip": Recipe("clip", SIZE),
    "siglip": Recipe("siglip", SIZE),
    "inception": Recipe("inception", SIZE),
    "plain bilinear": Recipe("imagenet", SIZE, crop=1.0, antialias=False),
    "plain bicubic": Recipe("imagenet", SIZE, crop=1.0, antialias=False, interpolation="bicubic"),
}
UNIT = 1 / 255 / min(IMAGENET_DEVIATION)
"""A step of a colour, standardised: what a rounding in the middle of scaling may cost."""


def picture(seed: int) -> Picture:
    width, height = REFERENCES["photos"][seed]
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Picture(b"", Image.fromarray(pixels), width, height, "png")


@pytest.mark.parametrize("photo", range(len(REFERENCES["photos"])))
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_what_its_framework_does(name: str, photo: int) -> None:
    prepared = PRESETS[name].prepare(picture(photo))
    found, right = prepared.ravel()[REFERENCES["places"]], REFERENCES["values"][name][photo]
    # PyTorch interpolates in another order without smoothing: single colours are rounded the other way.
    near = UNIT * 1.01 if name.startswith("plain") else 1e-4
    np.testing.assert_allclose(found, right, atol=near, rtol=0)
    assert (np.abs(found - right) < 1e-4).mean() > 0.9


@pytest.mark.parametrize("photo", range(len(REFERENCES["photos"])))
@pytest.mark.parametrize("name", REFERENCES["configs"])
def test_what_lies_beside_a_model_is_followed(tmp_path: Path, name: str, photo: int) -> None:
    file = "config.json" if name.startswith("timm") else "preprocessor_config.json"
    (tmp_path / file).write_text(json.dumps(REFERENCES["configs"][name]))
    found = beside(tmp_path / "model.onnx")
    assert found
    parts = {**found.parts}
    prepared = Recipe("imagenet", parts.pop("size"), **parts).prepare(picture(photo))
    right = REFERENCES["values"][name][photo]
    np.testing.assert_allclose(prepared.ravel()[REFERENCES["places"]], right, atol=1e-4, rtol=0)


def test_the_sources_differ_where_the_rest_is_odd() -> None:
    """OpenAI's CLIP rounds halves to even, transformers down: one pixel of an odd rest."""
    values = REFERENCES["values"]
    assert not np.allclose(values["clip"], values["transformers clip"], atol=0.01)


def test_imagenets_numbers() -> None:
    assert (IMAGENET_MEAN, IMAGENET_DEVIATION) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
