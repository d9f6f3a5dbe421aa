"""Encoders of six families: vectors are those of ONNX's reference, on photos that Pillow alone prepared."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from PIL import Image

from featurize.encoder import open_encoder
from featurize.extract import Extractor
from featurize.feeding.saved import saved_options
from featurize.options import FeatureOptions
from store.errors import UserError
from store.photo.decode import decode
from tests.featurize import families
from tests.featurize.families import SIZE
from tests.featurize.small_networks import photo

PHOTOS = [photo(seed, 61 + seed, 45) for seed in range(3)]
BICUBIC, BILINEAR = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR


def cut(image: Image.Image, side: int, how: Image.Resampling) -> Image.Image:
    """Return torchvision's Resize(side), CenterCrop(SIZE)."""
    width, height = image.size
    scaled = image.resize((max(side, side * width // height), max(side, side * height // width)), how)
    left, top = (round((length - SIZE) / 2) for length in scaled.size)
    return scaled.crop((left, top, left + SIZE, top + SIZE))


def standardised(image: Image.Image, mean: tuple[float, ...], deviation: tuple[float, ...]) -> np.ndarray:
    pixels = np.asarray(image, np.float64) / 255
    return np.asarray((pixels - mean) / deviation).transpose(2, 0, 1)


def imagenet(image: Image.Image) -> np.ndarray:
    small = cut(image, round(SIZE * 256 / 224), BILINEAR)
    return standardised(small, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def openai(image: Image.Image) -> np.ndarray:
    mean, deviation = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    return standardised(cut(image, SIZE, BICUBIC), mean, deviation)


def squashed(image: Image.Image) -> np.ndarray:
    return standardised(image.resize((SIZE, SIZE), BICUBIC), (0.5,) * 3, (0.5,) * 3)


@dataclass(frozen=True)
class Family:
    """A model, the settings that a user gives, how its framework prepares photos, and where its vector is."""

    write: Callable[[Path], Path]
    settings: dict[str, Any]
    prepare: Callable[[Image.Image], np.ndarray]
    output: str
    vector: Callable[[np.ndarray], np.ndarray] = field(default=lambda found: found.reshape(len(found), -1))
    near: float = 1e-4


FAMILIES = {
    "resnet": Family(families.resnet, {"preprocess": "imagenet"}, imagenet, "features"),
    "mobilenet": Family(
        families.mobilenet,
        {"preprocess": "imagenet", "pool": "mean"},
        imagenet,
        "map",
        lambda found: np.asarray(found.mean((2, 3))),
    ),
    "vit": Family(
        families.vit, {"preprocess": "siglip", "layer": "pooler_output"}, squashed, "pooler_output"
    ),
    "dinov2": Family(
        families.dinov2,
        {"preprocess": "imagenet", "pool": "first"},
        imagenet,
        "last_hidden_state",
        lambda found: np.asarray(found[:, 0]),
    ),
    "clip": Family(families.clip, {"preprocess": "clip"}, openai, "image_embeds"),
    "half clip": Family(families.half_clip, {"preprocess": "clip"}, openai, "image_embeds", near=5e-3),
    "convnext": Family(families.convnext, {"preprocess": "imagenet"}, imagenet, "features"),
}
each_family = pytest.mark.parametrize("name", FAMILIES)


def reference(path: Path, family: Family) -> np.ndarray:
    """Return what ONNX's reference computes of the photos, (3, D)."""
    model = onnx.load(str(path))
    kind = helper_dtype(model)
    images = np.stack([family.prepare(decode(content).image) for content in PHOTOS]).astype(kind)
    feed: dict[str, np.ndarray] = {"pixel_values": images}
    for value in model.graph.input[1:]:
        feed[value.name] = np.ones((1, 2), np.int64)
    found = ReferenceEvaluator(model).run([family.output], feed)[0]
    return np.asarray(family.vector(np.asarray(found)), np.float32)


def helper_dtype(model: onnx.ModelProto) -> np.dtype[Any]:
    half = model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT16
    return np.dtype(np.float16 if half else np.float32)


def options(path: Path, **settings: object) -> FeatureOptions:
    return FeatureOptions.model_validate({"weights": str(path), **settings})


@each_family
def test_vectors_are_those_of_the_framework(tmp_path: Path, name: str) -> None:
    family = FAMILIES[name]
    path = family.write(tmp_path / "m.onnx")
    found = Extractor(options(path, **family.settings), tmp_path).vectors(PHOTOS)
    right = reference(path, family)
    assert np.abs(right[0] - right[1]).max() > 10 * family.near
    np.testing.assert_allclose(found, right, atol=family.near * np.abs(right).max())


@each_family
def test_a_photo_has_its_vector_alone_and_in_any_batch(tmp_path: Path, name: str) -> None:
    family = FAMILIES[name]
    extractor = Extractor(options(family.write(tmp_path / "m.onnx"), **family.settings), tmp_path)
    together = extractor.vectors(PHOTOS)
    alone = np.concatenate([extractor.vectors([content]) for content in PHOTOS])
    np.testing.assert_allclose(together, alone, atol=family.near * np.abs(together).max())


@each_family
def test_what_was_resolved_makes_the_same_vectors_again(tmp_path: Path, name: str) -> None:
    family = FAMILIES[name]
    asked = options(family.write(tmp_path / "m.onnx"), **family.settings)
    settings = json.loads(json.dumps(open_encoder(asked, tmp_path).about.settings))
    open_parts = {one for one, value in settings.items() if value is None}
    assert not open_parts
    again = Extractor(saved_options(settings), tmp_path).vectors(PHOTOS)
    np.testing.assert_array_equal(again, Extractor(asked, tmp_path).vectors(PHOTOS))


@each_family
def test_pixels_of_0_to_255_in_place_of_standardised_ones_are_warned_of(tmp_path: Path, name: str) -> None:
    family = FAMILIES[name]
    path = family.write(tmp_path / "m.onnx")
    assert not open_encoder(options(path, **family.settings), tmp_path).about.doubts
    wrong = options(path, **{**family.settings, "preprocess": "caffe"})
    (doubt,) = open_encoder(wrong, tmp_path).about.doubts
    assert "first convolution answers photos strongly" in doubt


@pytest.mark.parametrize(
    ("write", "settings", "reason"),
    [
        (
            families.vit,
            {},
            r"several outputs. Set features.layer to one of: last_hidden_state, pooler_output",
        ),
        (
            families.vit,
            {"layer": "last_hidden_state"},
            r"17x16 values .* features.pool to mean .*first .*flatten",
        ),
        (families.dinov2, {}, r"17x16 values a photo at 'last_hidden_state'. Set features.pool"),
        (
            families.mobilenet,
            {"pool": "first"},
            r"12x4x4 values .* Set features.pool to mean \(over all places\)",
        ),
        (
            families.clip,
            {"layer": "text_embeds"},
            r"'text_embeds' that hangs on attention_mask, input_ids. Set",
        ),
        (
            families.clip,
            {"layer": "logits_per_image"},
            r"hangs on attention_mask, input_ids. .*: image_embeds$",
        ),
        (families.clip, {"layer": "pooled"}, r"has no output 'pooled'. .* one of: image_embeds$"),
    ],
)
def test_what_a_model_leaves_open_is_asked_for(
    tmp_path: Path, write: Callable[[Path], Path], settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        open_encoder(options(write(tmp_path / "m.onnx"), preprocess="imagenet", **settings), tmp_path)


def test_all_tokens_in_a_row_are_what_earlier_versions_took(tmp_path: Path) -> None:
    asked = options(families.dinov2(tmp_path / "m.onnx"), preprocess="imagenet", pool="flatten")
    assert Extractor(asked, tmp_path).vectors(PHOTOS[:1]).shape == (1, 17 * 16)


def test_a_fixed_batch_of_one(tmp_path: Path) -> None:
    one, many = (
        Extractor(options(families.resnet(tmp_path / name, batch=batch), preprocess="imagenet"), tmp_path)
        for name, batch in (("one.onnx", 1), ("many.onnx", "batch"))
    )
    np.testing.assert_allclose(one.vectors(PHOTOS), many.vectors(PHOTOS), atol=1e-5)
