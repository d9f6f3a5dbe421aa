"""How photos are fed to a model: as is set, as lies beside it, as it states itself; else it is asked."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featurize.encoder import open_encoder
from featurize.extract import Extractor, key
from featurize.feeding.resolve import fed
from featurize.feeding.saved import saved_options
from featurize.options import FeatureOptions
from store.errors import UsageError, UserError
from tests.featurize import families
from tests.featurize.small_networks import photo, small_weights

PHOTO = photo(1)
SIGLIP = {
    "image_processor_type": "SiglipImageProcessor",
    "do_resize": True,
    "do_rescale": True,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 3,
    "rescale_factor": 1 / 255,
    "size": {"height": 32, "width": 32},
}


def options(path: Path, **settings: object) -> FeatureOptions:
    return FeatureOptions.model_validate({"weights": str(path), **settings})


def vector(asked: FeatureOptions, weights: Path) -> np.ndarray:
    (found,) = Extractor(asked, weights).vectors([PHOTO])
    return np.asarray(found)


@pytest.mark.parametrize("name", ["m.onnx", "M.ONNX", "m.Onnx"])
def test_an_onnx_with_no_word_on_preprocessing_is_asked_about(tmp_path: Path, name: str) -> None:
    path = families.resnet(tmp_path / name)
    for call in (key, open_encoder):
        with pytest.raises(
            UsageError, match=r"Set features.preprocess.*stay with: features: \{preprocess: ca"
        ):
            call(options(path), tmp_path)
    assert UsageError.exit_status == 2
    assert vector(options(path, preprocess="imagenet"), tmp_path).ndim == 1


def test_that_line_keeps_the_vectors_of_earlier_versions(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"a model")
    # Keys of 3f851db, for a file of these bytes.
    assert key(options(path, preprocess="caffe"), tmp_path) == "m-fc7-d897ba3d"
    assert key(options(path, preprocess="clip"), tmp_path) == "m-fc7-765bcc95"
    settings = {"layer": "y", "preprocess": "imagenet", "size": 64, "precision": "float16"}
    assert key(options(path, **settings), tmp_path) == "m-y-b3ef9132"


@pytest.mark.parametrize(
    ("settings", "right"),
    [
        ({}, "untrained-fc7-fc92c31d"),
        ({"preprocess": "imagenet"}, "untrained-fc7-b3dae55d"),
        ({"weights": "caffenet"}, "caffenet-fc7-29106d2d"),
        ({"weights": "random"}, "random-fc7-e87fa458"),
        (
            {"preprocess": "caffe", "layer": "fc7", "channels": "bgr", "pool": "flatten"},
            "untrained-fc7-fc92c31d",
        ),
        ({"mean": (104.007, 116.669, 122.679), "seconds": 5, "memory_gb": 3}, "untrained-fc7-fc92c31d"),
    ],
)
def test_keys_of_3f851db_stay(tmp_path: Path, settings: dict[str, Any], right: str) -> None:
    assert key(FeatureOptions.model_validate(settings), tmp_path) == right


@pytest.mark.parametrize(
    "change",
    [
        {"mean": (0.5, 0.5, 0.5)},
        {"deviation": (0.5, 0.5, 0.5)},
        {"crop": 0.9},
        {"fit": "squash"},
        {"interpolation": "bicubic"},
        {"antialias": False},
        {"rounding": "up"},
        {"channels": "bgr"},
        {"values": "byte"},
        {"preprocess": "clip"},
        {"pool": "mean"},
    ],
)
def test_every_part_is_a_part_of_the_key_and_changes_the_vector(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    path = families.dinov2(tmp_path / "m.onnx") if "pool" in change else families.resnet(tmp_path / "m.onnx")
    plain = {"preprocess": "imagenet", **({"pool": "flatten"} if "pool" in change else {})}
    one, other = options(path, **plain), options(path, **{**plain, **change})
    assert key(one, tmp_path) != key(other, tmp_path)
    found = [vector(asked, tmp_path) for asked in (one, other)]
    assert found[0].shape != found[1].shape or np.abs(found[0] - found[1]).max() > 1e-3


def test_what_lies_beside_a_model_is_taken(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    set_by_hand = vector(options(path, preprocess="siglip"), tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SIGLIP))
    encoder = open_encoder(options(path), tmp_path)
    assert "preprocessor_config.json" in encoder.about.feeding
    assert encoder.about.feeding.startswith("squashed to 32x32 (bicubic); R, G, B of 0-1 minus 0.5 0.5 0.5")
    np.testing.assert_array_equal(vector(options(path), tmp_path), set_by_hand)
    before = key(options(path), tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SIGLIP | {"image_std": [0.6] * 3}))
    assert key(options(path), tmp_path) != before


def test_a_model_of_a_folder_of_exports_is_fed_as_the_folder_above_says(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": SIGLIP}))
    path = families.resnet(tmp_path / "onnx" / "m.onnx")
    assert "processor_config.json" in open_encoder(options(path), tmp_path).about.feeding


def test_a_setting_that_what_lies_beside_contradicts_is_doubted(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SIGLIP))
    (doubt,) = open_encoder(options(path, preprocess="clip"), tmp_path).about.doubts
    assert "fit squash, not cut" in doubt
    assert "mean 0.5 0.5 0.5, not 0.4815 0.4578 0.4082" in doubt


def test_a_preset_that_is_what_the_file_says_is_not_doubted(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SIGLIP))
    assert not open_encoder(options(path, preprocess="siglip"), tmp_path).about.doubts


def test_parts_that_are_set_are_told_beside_the_file(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SIGLIP))
    feeding = open_encoder(options(path, channels="bgr"), tmp_path).about.feeding
    assert feeding.startswith("squashed to 32x32 (bicubic); B, G, R")
    assert feeding.endswith("preprocessor_config.json, channels as set)")


def test_another_size_than_the_models_is_told(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SIGLIP | {"size": 48}))
    with pytest.raises(UserError, match=r"of 32x32, not of 48x48, as features.size or a file beside it says"):
        open_encoder(options(path), tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"do_pad": True}, "do_pad True"),
        ({"resample": 5}, "resample 5"),
        ({"size": {"height": 32, "width": 40}}, "size"),
        ({"size": {"shortest_edge": 32}, "do_center_crop": False}, "nothing cut off"),
        ({"image_mean": [0.5]}, "not 3 numbers each"),
        ({"size": None}, "NoneType"),
        ({"size": [32, 32]}, "list"),
        ({"size": {"height": 0, "width": 0}}, "size 0: Input should be greater than or equal to 1"),
        ({"size": {"height": -32, "width": -32}}, "size -32: Input should be greater"),
        ({"size": {"shortest_edge": float("inf")}}, "infinity"),
        ({"size": {"shortest_edge": 32, "longest_edge": 40}}, "size longest_edge 40"),
        ({"size": {"shortest_edge": 32}, "crop_size": 0}, "size 0: Input"),
        ({"size": {"shortest_edge": 32}, "crop_pct": 0}, "crop_pct 0"),
        ({"size_divisor": 32}, "size_divisor 32"),
        ({"rescale_factor": 0}, "zero"),
    ],
)
def test_what_cannot_be_followed_is_asked_about(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SIGLIP | change))
    with pytest.raises(UsageError, match=rf"cannot be followed: .*{reason}.* Set features.preprocess"):
        open_encoder(options(path), tmp_path)
    open_encoder(options(path, preprocess="siglip"), tmp_path)


def test_a_file_that_is_damaged_is_named_with_the_reason(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    (tmp_path / "preprocessor_config.json").write_text("{size: 32}")
    with pytest.raises(UsageError, match=r"cannot be followed: not JSON .* Set features.preproc") as raised:
        open_encoder(options(path), tmp_path)
    assert "run its stage again" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"input_size": [3, 0, 0]}, "zero"),
        ({"input_size": [1, 32, 32]}, "photos of 1x32x32"),
        ({"crop_pct": -1}, "crop_pct -1"),
        ({"crop_pct": 1e-9}, "crop_pct 1e-09"),
        ({"std": [0, 0, 0]}, "not 3 numbers each"),
    ],
)
def test_what_timm_cannot_mean_is_asked_about(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path, half = families.resnet(tmp_path / "m.onnx"), [0.5] * 3
    stated = {"input_size": [3, 32, 32], "mean": half, "std": half, "crop_pct": 0.9} | change
    (tmp_path / "config.json").write_text(json.dumps({"pretrained_cfg": stated}))
    with pytest.raises(UsageError, match=rf"cannot be followed: .*{reason}.* Set features.preprocess"):
        open_encoder(options(path), tmp_path)


@pytest.mark.parametrize(
    ("change", "scaled"),
    [
        ({}, "short side to 224 "),
        # As their processors in transformers do it: int(224 * 256 / 224).
        ({"image_processor_type": "LevitImageProcessor"}, "short side to 256 "),
        ({"image_processor_type": "ConvNextImageProcessor", "crop_pct": None}, "short side to 256 "),
        ({"image_processor_type": "ConvNextImageProcessor", "crop_pct": 0.95}, "short side to 235 "),
    ],
)
def test_families_that_scale_to_more_than_they_state(
    tmp_path: Path, change: dict[str, Any], scaled: str
) -> None:
    path = tmp_path / "m.onnx"
    stated = SIGLIP | {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 224}} | change
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(stated))
    assert str(fed(options(path), path, tmp_path).recipe(224)).startswith(scaled)


def test_other_files_called_config_say_nothing(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    (tmp_path / "config.json").write_text('{"architectures": ["CLIPModel"], "image_size": 224}')
    with pytest.raises(UsageError, match=r"does not say how its photos are prepared"):
        open_encoder(options(path), tmp_path)


# Settings as 3f851db kept them beside vectors and in models: all of them, set or not.
KEPT = {
    "layer": "fc7",
    "backend": "auto",
    "batch_size": 64,
    "preprocess": "imagenet",
    "size": None,
    "mean": [104.007, 116.669, 122.679],
    "precision": "float32",
    "engine": "local",
    "ray": {"address": None, "cpus": None},
    "random": {"dimensions": 4096, "sparsity": 0.5, "scale": 70.0},
}


def test_what_earlier_versions_kept_means_what_it_meant(tmp_path: Path) -> None:
    path = families.resnet(tmp_path / "m.onnx")
    kept = saved_options({"weights": str(path), **KEPT})
    np.testing.assert_array_equal(
        vector(kept, tmp_path), vector(options(path, preprocess="imagenet"), tmp_path)
    )
    network = small_weights(tmp_path)
    old = saved_options({"weights": str(network), **KEPT, "preprocess": "caffe"})
    np.testing.assert_array_equal(vector(old, tmp_path), vector(options(network), tmp_path))


def test_settings_of_a_later_version_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read \(whitening: .*another version wrote them"):
        saved_options({**KEPT, "whitening": True})
