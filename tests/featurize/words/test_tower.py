"""Text towers of others: as NumPy computes them, beside their photos, or refused in a line."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from featurize.backends.onnx_limits import Limits
from featurize.encoder import open_encoder
from featurize.extract import Extractor
from featurize.feeding.resolve import fed
from featurize.options import FeatureOptions
from featurize.words.open import Words
from featurize.words.tower import TextTower, open_tower
from store.errors import UserError
from tests.featurize.small_networks import photo
from tests.featurize.words.towers import DIMENSIONS, LONGEST, Towers, write_bpe, write_pieces

LIMITS = Limits(60, 10**9, "text")
TEXTS = ["犬と電車", "a dog", "the blue train, the red dog and the sea", "猫"]


def opened(path: Path, of_images: str = "image_embeds", limits: Limits = LIMITS) -> TextTower:
    """Return a tower that was tried out here."""
    tower = open_tower(path, of_images, limits)
    tower.take(tower.try_out())
    return tower


def test_texts_photos_and_scores_agree_with_numpy(tmp_path: Path) -> None:
    towers = Towers(np.random.default_rng(1))
    write_bpe(tmp_path)
    tower = opened(towers.write_texts(tmp_path / "text_model.onnx"))
    ids, mask = tower._tokenizer.rows(TEXTS)
    texts = towers.of_tokens(ids, mask)
    found = tower.vectors(TEXTS)
    np.testing.assert_allclose(found, texts, atol=1e-4)
    path = towers.write_images(tmp_path / "model.onnx")
    options = FeatureOptions(weights=str(path), preprocess="clip")
    recipe = fed(options, path, tmp_path).recipe(32)
    photos = [photo(seed) for seed in range(3)]
    images = towers.of_photos(np.stack([recipe.prepare(each) for each in photos]))
    vectors = Extractor(options, tmp_path).vectors(photos)
    np.testing.assert_allclose(vectors, images, atol=1e-4)

    def unit(values: np.ndarray) -> np.ndarray:
        return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True))

    np.testing.assert_allclose(unit(vectors) @ unit(found).T, unit(images) @ unit(texts).T, atol=1e-4)


def test_a_tower_without_a_mask_reads_its_filling(tmp_path: Path) -> None:
    """As SigLIP does, whose last token stands for the text."""
    towers = Towers(np.random.default_rng(2), masked=False)
    write_pieces(tmp_path)
    path = towers.write_texts(tmp_path / "text_model.onnx", "pooler_output")
    tower = opened(path, "pooler_output")
    ids, mask = tower._tokenizer.rows(TEXTS)
    assert ids.shape == (4, LONGEST)
    np.testing.assert_allclose(tower.vectors(TEXTS), towers.of_tokens(ids, mask), atol=1e-4)


def test_a_batch_of_one_and_a_fixed_length_are_kept_to(tmp_path: Path) -> None:
    towers = Towers(np.random.default_rng(3))
    write_bpe(tmp_path)
    free = opened(towers.write_texts(tmp_path / "text_model.onnx")).vectors(TEXTS[:2])
    model = onnx.load(towers.write_texts(tmp_path / "fixed.onnx", length=20))
    for value in model.graph.input:
        value.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(model, tmp_path / "fixed.onnx")
    np.testing.assert_allclose(opened(tmp_path / "fixed.onnx").vectors(TEXTS[:2]), free, atol=1e-5)


def test_both_towers_may_lie_in_one_file(tmp_path: Path) -> None:
    """As transformers' whole CLIP is exported: photos are no input of the text's vector."""
    towers = Towers(np.random.default_rng(4))
    write_bpe(tmp_path)
    one = onnx.load(towers.write_texts(tmp_path / "text.onnx"))
    other = onnx.load(towers.write_images(tmp_path / "image.onnx"))
    alone = opened(tmp_path / "text.onnx").vectors(TEXTS)
    both = helper.make_graph(
        [*other.graph.node, *one.graph.node],
        "both",
        [*other.graph.input, *one.graph.input],
        [*one.graph.output, *other.graph.output],
        [*other.graph.initializer, *one.graph.initializer],
    )
    onnx.save(helper.make_model(both, opset_imports=one.opset_import, ir_version=8), tmp_path / "both.onnx")
    np.testing.assert_allclose(opened(tmp_path / "both.onnx").vectors(TEXTS), alone, atol=1e-6)
    options = FeatureOptions(weights=str(tmp_path / "both.onnx"), preprocess="clip")
    assert open_encoder(options, tmp_path / "w").dimensions == DIMENSIONS


def changed(path: Path, **changes: Any) -> Path:
    """Write a tower with its weights, output or input changed."""
    model = onnx.load(path)
    for weight in model.graph.initializer:
        if weight.name in changes:
            weight.CopyFrom(onnx.numpy_helper.from_array(changes[weight.name], weight.name))
    for value in model.graph.input:
        if value.name in changes:
            value.CopyFrom(changes[value.name])
    onnx.save(model, path)
    return path


def hostile(folder: Path, kind: str) -> tuple[Path, str]:
    """Write a tower that cannot be used; return it, and which output photos' vectors are."""
    towers, path = Towers(np.random.default_rng(5)), folder / "text_model.onnx"
    write_bpe(folder)
    of_images = "image_embeds"
    match kind:
        case "nan":
            towers.text[3, 2] = np.nan
        case "blind":
            towers.words[:], towers.places[:] = 0, 0
        case "deaf":
            towers.words[:] = towers.words[0]
            towers.places[:] = 0
        case "small":
            towers.words = towers.words[:40]
    towers.write_texts(path, "pooler_output" if kind == "unprojected" else "text_embeds")
    if kind == "floats":
        floats = helper.make_tensor_value_info("input_ids", TensorProto.FLOAT, ["N", "T"])
        changed(path, input_ids=floats)
    if kind == "photos":
        towers.write_images(path)
    if kind == "words":
        model = onnx.load(path)
        model.graph.input.append(helper.make_tensor_value_info("odd", TensorProto.INT64, ["N", "T"]))
        model.graph.node.insert(0, helper.make_node("Add", ["input_ids", "odd"], ["sum"]))
        model.graph.node[1].input[1] = "sum"
        onnx.save(model, path)
    if kind == "tokens":
        model = onnx.load(path)
        model.graph.node[-1].input[0] = "y"
        onnx.save(model, path)
    if kind == "noise":
        model = onnx.load(path)
        model.graph.node[-1].output[0] = "z"
        model.graph.node.append(helper.make_node("RandomNormalLike", ["z"], ["d"], dtype=1))
        model.graph.node.append(helper.make_node("Add", ["z", "d"], ["text_embeds"]))
        onnx.save(model, path)
    if kind == "broken":
        path.write_bytes(b"no model")
    return path, of_images


REASONS = {
    "nan": r"gives values that are no finite numbers for '犬と電車'",
    "blind": r"takes '犬と電車' and 'a quiet morning by the sea' for the same: the tokenizer",
    "deaf": r"takes '犬と電車' and 'a quiet morning by the sea' for the same: the tokenizer",
    "small": r"is not a text tower that ONNX Runtime can run with the tokenizer .*tokenizer.json: ",
    "unprojected": r"has the outputs pooler_output, and 'text_embeds' is what lies beside photos' 'image",
    "floats": r"reads input_ids tensor\(float\) of 2 lengths. A text tower reads tensor\(int64\) of",
    "photos": r"has no output that hangs on texts alone: it is no text tower",
    "words": r"reads input_ids, attention_mask, odd. A text tower reads input_ids, and may read",
    "tokens": r"gives float32 of shape \(1, \d+, 12\) at 'text_embeds' for 1 texts, not a vector for each",
    "noise": r"draws at random \(RandomNormalLike\): a text's vector changes",
    "broken": r"is not a model that ONNX Runtime can run: it is damaged, or another kind of file",
}


@pytest.mark.parametrize("kind", REASONS)
def test_what_is_no_text_tower_is_refused(tmp_path: Path, kind: str) -> None:
    path, of_images = hostile(tmp_path, kind)
    with pytest.raises(UserError, match=rf"text_model.onnx .*{REASONS[kind]}"):
        opened(path, of_images)


def test_a_tower_is_tried_in_a_process_of_its_own_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    towers = Towers(np.random.default_rng(6))
    write_bpe(tmp_path)
    path, cache = towers.write_texts(tmp_path / "text_model.onnx"), tmp_path / "cache"
    cache.mkdir()
    (cache / "settings.json").write_text('{"layer": "image_embeds"}')
    options = FeatureOptions(weights="m.onnx", text=str(path))
    first = Words(options, cache, tmp_path / "w").tower().vectors(TEXTS)
    with monkeypatch.context() as patch:
        patch.setattr("featurize.backends.onnx_trial._ask", None)
        np.testing.assert_array_equal(Words(options, cache, tmp_path / "w").tower().vectors(TEXTS), first)
        (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 9}')
        with pytest.raises(TypeError, match="not callable"):
            Words(options, cache, tmp_path / "w").tower()


@pytest.mark.long
def test_a_tower_without_an_end_ends_within_its_limits(tmp_path: Path) -> None:
    write_bpe(tmp_path)
    floats = (TensorProto.FLOAT, None)
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["go"]), helper.make_node("Add", ["v", "v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("c", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", *floats),
        ],
        [
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", *floats),
        ],
    )
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Loop", ["", "yes", "x"], ["text_embeds"], body=body),
    ]
    graph = helper.make_graph(
        nodes,
        "endless",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["N", 8])],
        [helper.make_tensor_value_info("text_embeds", *floats)],
        [onnx.numpy_helper.from_array(np.array(True), "yes")],
    )
    path, cache = tmp_path / "text.onnx", tmp_path / "cache"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    cache.mkdir()
    (cache / "settings.json").write_text('{"layer": "image_embeds"}')
    options = FeatureOptions(weights="m.onnx", text=str(path), seconds=0.5)
    with pytest.raises(UserError, match=r"text.onnx takes longer than 0.5 s a text. .*set features.seconds"):
        Words(options, cache, tmp_path / "w").tower()
