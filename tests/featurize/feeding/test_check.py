"""`bokeru encoder check`: what is said of an encoder, and when it ends with 1."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands.main import main
from featurize.extract import Extractor
from featurize.feeding.doubts import Scale
from featurize.options import FeatureOptions
from tests.featurize import families
from tests.featurize.small_networks import photo

REAL = Path(__file__).parents[4] / "shared" / "encoders" / "efficientnet-lite0.onnx"
"""A real encoder, beside this checkout; docs/encoders.md says how to make it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a model, and nine photos of which two are the same."""
    families.resnet(tmp_path / "m.onnx")
    (tmp_path / "photos").mkdir()
    for number in range(9):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(photo(max(1, number), 60, 50))
    return tmp_path


def check(folder: Path, *arguments: object, preset: str = "imagenet", model: str = "m.onnx") -> int:
    return main(
        [
            *("encoder", "check", str(folder / model), str(folder / "photos")),
            *("--set", f"features.preprocess={preset}", "--data", str(folder)),
            *("--out", str(folder / "near.png"), *map(str, arguments)),
        ]
    )


def test_it_says_how_photos_are_fed_and_draws_neighbours(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(folder) == 0
    said = capsys.readouterr().out
    assert "photos are short side to 37 (bilinear), middle 32x32; R, G, B of 0-1 minus 0.485 0.456" in said
    assert f"{folder}/photos/0.jpg: {folder}/photos/1.jpg 1.00" in said
    with Image.open(folder / "near.png") as picture:
        assert min(picture.size) > 500


def test_of_one_photo_nothing_differs_between_photos(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1, 9):
        (folder / "photos" / f"{number}.jpg").unlink()
    assert check(folder) == 0
    [line] = (line for line in capsys.readouterr().out.splitlines() if "sparsity" in line)
    assert line.startswith(f"1 vector of {families.DIMENSIONS:,} values: scale ")
    assert "between photos" not in line


def test_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "photos" / "broken.jpg").write_bytes(b"no photo")
    assert check(folder, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["vectors"], said["dimensions"], said["doubts"]) == (9, families.DIMENSIONS, [])
    assert said["settings"]["layer"] == "features"
    assert list(said["unusable"]) == [str(folder / "photos" / "broken.jpg")]
    (nearest, cosine), *_ = said["nearest"][str(folder / "photos" / "1.jpg")]
    assert nearest == str(folder / "photos" / "0.jpg")
    assert cosine == pytest.approx(1)


def test_a_wrong_preset_ends_with_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, preset="caffe") == 1
    assert "may be fed wrongly: the first convolution answers photos strongly" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["npy", "json"])
@pytest.mark.parametrize(("preset", "status"), [("imagenet", 0), ("inception", 1)])
def test_a_reference_vector_holds_or_does_not(folder: Path, suffix: str, preset: str, status: int) -> None:
    options = FeatureOptions(weights=str(folder / "m.onnx"), preprocess="imagenet")
    right = Extractor(options, folder).vectors([photo(1, 60, 50)])
    reference = folder / f"right.{suffix}"
    if suffix == "npy":
        np.save(reference, right)
    else:
        reference.write_text(json.dumps(right[0].tolist()))
    assert check(folder, "--reference", reference, preset=preset) == status


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[1, 2]", "the reference has 1 vectors of 2 values"),
        (b"[[1], [2, 3]]", "holds no vectors"),
        (b"[1, NaN]", "not finite vectors"),
        (b"[" * 100_000, "holds no vectors"),
    ],
)
def test_a_reference_that_is_none(
    folder: Path, content: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "r.json").write_bytes(content)
    assert check(folder, "--reference", folder / "r.json") == 2
    assert reason in capsys.readouterr().err


def test_nothing_that_is_pickled_is_read(folder: Path) -> None:
    np.save(folder / "r.npy", np.array([{"a": 1}], object), allow_pickle=True)
    assert check(folder, "--reference", folder / "r.npy") == 2


def test_a_folder_without_photos(folder: Path) -> None:
    for path in (folder / "photos").iterdir():
        path.unlink()
    assert check(folder) == 2


def test_vectors_that_hardly_differ_are_doubted() -> None:
    scale, random = Scale(), np.random.default_rng(1)
    for _ in range(8):
        scale.add((1 + 0.001 * random.standard_normal(50)).astype(np.float32))
    assert scale.spread == pytest.approx(0.001 * (7 / 8) ** 0.5, rel=0.2)
    (doubt,) = scale.doubts({"weights": "m.onnx"})
    assert "the vectors of all photos are nearly one" in doubt


@pytest.mark.parametrize(("factor", "how"), [(100, "large"), (1e-4, "small")])
def test_a_scale_out_of_proportion_is_doubted(factor: float, how: str) -> None:
    scale, random = Scale(), np.random.default_rng(1)
    for _ in range(8):
        scale.add((factor * random.standard_normal(50)).astype(np.float32))
    (doubt,) = scale.doubts({"weights": "m.onnx"})
    assert f"the vectors are {how}" in doubt
    assert not list(scale.doubts({"weights": "untrained"}))


@pytest.mark.skipif(not REAL.is_file(), reason="no encoder beside this checkout")
@pytest.mark.parametrize(("preset", "status"), [("imagenet", 0), ("caffe", 1)])
def test_a_real_encoder(folder: Path, preset: str, status: int) -> None:
    (folder / REAL.name).symlink_to(REAL)
    assert check(folder, preset=preset, model=REAL.name) == status
