"""CLIPScore in an evaluation: of the model's captions and of people's, from vectors that NumPy computes."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from commands.main import main
from dataset.read import captions
from featurize.read import vectors
from featurize.words.tokens import Lengths, open_tokenizer
from tests.featurize.test_captions_by_encoder import SETTINGS, where
from tests.featurize.words.towers import Towers, write_bpe
from train.evaluation.losses import derangement


def score(photos: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Return 2.5 times the cosine of each pair, 0 where that is negative: Hessel et al. 2021, section 3."""
    cosines = [a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in zip(photos, texts, strict=True)]
    return np.asarray(2.5 * np.maximum(np.array(cosines), 0))


@pytest.mark.long
def test_an_evaluation_has_clip_scores_where_there_is_a_text_tower(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    towers = Towers(np.random.default_rng(1))
    write_bpe(tmp_path)
    weights, text = towers.write_images(tmp_path / "model.onnx"), towers.write_texts(tmp_path / "text.onnx")
    features = {"weights": str(weights), "text": str(text), "preprocess": "clip"}
    settings = {"pipelines": {"demo": {**SETTINGS, "features": features}}}
    (tmp_path / "pipelines.yaml").write_text(yaml.safe_dump(settings))
    for stage in ("crawl", "dataset", "features", "train", "evaluate"):
        assert main([stage, *where(tmp_path)]) == 0
    assert "CLIPScore" in capsys.readouterr().out
    data = tmp_path / "data" / "demo"
    (run,) = (path.parent for path in (data / "runs").glob("*/evaluation.json"))
    figures = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    (cache,) = (path for path in (tmp_path / "data" / "features").iterdir() if path.is_dir())
    tokenizer = open_tokenizer(text, Lengths(0, has_mask=True))

    def of_texts(texts: list[str]) -> np.ndarray:
        return towers.of_tokens(*tokenizer.rows(texts))

    rows = pq.read_table(run / "evaluation.parquet").to_pylist()
    samples = json.loads((run / "samples.json").read_text(encoding="utf-8"))
    for split in ("dev", "train"):
        own = [row for row in rows if row["split"] == split]
        names = [row["sha256"] for row in own]
        photos = vectors(cache, names).astype(np.float64)
        # The tables lie in the order of sha256, as photos of an evaluation do; samples are the first of them.
        told = {sample["sha256"]: sample["model"][0] for sample in samples if sample["split"] == split}
        assert list(told) == names[: len(told)]
        some = score(photos[: len(told)], of_texts(list(told.values())))
        np.testing.assert_allclose([row["clip_score"] for row in own[: len(told)]], some, atol=1e-4)
        if len(told) == len(names):
            others = score(photos[derangement(len(names))], of_texts(list(told.values())))
            np.testing.assert_allclose([row["clip_score_shuffled"] for row in own], others, atol=1e-4)
        best: dict[str, str] = {}
        for caption in captions(data / "dataset", split).to_pylist():  # those with most stars come first
            best.setdefault(caption["sha256"], caption["text"])
        people = score(photos, of_texts([best[name] for name in names]))
        np.testing.assert_allclose([row["clip_score_human"] for row in own], people, atol=1e-4)
        for name in ("clip_score", "clip_score_shuffled", "clip_score_human"):
            measured = [row[name] for row in own]
            assert figures[split][name] == pytest.approx(np.mean(measured))
            low, high = figures[split]["intervals"][name]
            assert low <= figures[split][name] <= high
    capsys.readouterr()
    assert main(["evaluate", *where(tmp_path)]) == 0
    assert "up to date" in capsys.readouterr().out
    assert main(["status", *where(tmp_path), "--set", "features.text=null", "--json"]) == 0
    stages = {stage["name"]: stage["state"] for stage in json.loads(capsys.readouterr().out)["stages"]}
    assert stages["evaluate"] == "stale", "another tower would give other figures"
    assert stages["train"] == "up to date", "no vector hangs on it"
