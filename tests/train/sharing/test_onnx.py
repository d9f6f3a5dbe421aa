"""The exported decoder, run by ONNX Runtime alone, writes what ours writes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from dataset.text.vocabulary import SPECIALS, Vocabulary
from demo.captions import jokes
from demo.scenes import jpeg, scene
from featurize.extract import extract
from featurize.options import FeatureOptions
from featurize.read import vectors as vectors_of
from store.errors import UserError
from store.place import Place
from tests import crawl_tables
from tests.train import toy_training
from train.artifact import Artifact, Config, FeaturesConfig
from train.captions.captioner import Caption, Captioner
from train.fit import fit
from train.model import Array, CaptionModel, Sizes
from train.sharing import onnx_export
from train.sharing.onnx_export import export_onnx

D, PHOTOS = 24, 100
WORDS = 60


def made(folder: Path, **sizes: Any) -> Path:
    """Return a run whose model has large weights, so that its captions differ, and standardises vectors."""
    model = CaptionModel.fresh(Sizes(vocabulary=WORDS + 4, vector=D, embedding=9, hidden=11, **sizes), seed=5)
    random = np.random.default_rng(6)
    model.mean[...] = random.standard_normal(D)
    model.scale[...] = random.uniform(0.1, 2, D)
    for parameter in model.params():
        parameter.array[...] *= 2.5
    vocabulary = Vocabulary([*SPECIALS, *(f"語{number}" for number in range(WORDS))])
    features = FeaturesConfig(key="toy", options={"weights": "/home/someone/encoder.onnx", "digest": "ab12"})
    config = Config(sizes=model.sizes, features=features, tokenizer="characters", max_tokens=14)
    Artifact(model, vocabulary, config).save(folder / "run" / "model")
    return folder / "run"


def vectors() -> Array:
    return np.random.default_rng(7).standard_normal((PHOTOS, D)).astype(np.float32) * 2


def session(folder: Path, name: str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])


def log_probabilities(folder: Path, captions: list[Caption], photos: Array) -> list[list[float]]:
    """Return what the graphs say of captions' tokens, <EOS> last: all captions step by step together."""
    about = json.loads((folder / "decoder.json").read_text())
    ids = {token: number for number, token in enumerate(about["vocabulary"])}
    (photo,) = session(folder, "photo.onnx").run(None, {"vectors": photos})
    shape = (about["sizes"]["layers"], len(photos), about["sizes"]["hidden"])
    hidden = cell = np.zeros(shape, np.float32)
    step, found = session(folder, "step.onnx"), [list[float]() for _ in captions]
    texts = [[ids[token] for token in one.tokens] + [about["eos"]] for one in captions]
    token = np.full(len(photos), about["bos"])
    for place in range(max(map(len, texts))):
        state = {"photo": photo, "hidden": hidden, "cell": cell}
        log_p, photo, hidden, cell = step.run(None, {"tokens": token, **state})
        assert np.allclose(np.exp(log_p).sum(axis=1), 1, atol=1e-5)
        token = np.array([text[min(place, len(text) - 1)] for text in texts])
        for row, text in enumerate(texts):
            if place < len(text):
                found[row].append(float(log_p[row, text[place]]))
    return found


SIZES: list[dict[str, Any]] = [{}, {"layers": 3, "injection": "every"}, {"layers": 2}]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_log_probabilities_are_ours(tmp_path: Path, sizes: dict[str, Any]) -> None:
    run = made(tmp_path, **sizes)
    export_onnx(run, tmp_path / "out")
    captioner = Captioner.load(run / "model")
    captions = [written[0] for written in captioner.caption(vectors(), strategy="sample", seed=3)]
    assert len({one.text for one in captions}) > PHOTOS / 2, "captions that differ test more"
    found = log_probabilities(tmp_path / "out", captions, vectors())
    for mine, theirs in zip(found, captions, strict=True):
        assert mine == pytest.approx(theirs.token_log_probabilities, abs=1e-4)


def snippet(folder: Path) -> str:
    """Return the Python in the export's README."""
    (code,) = re.findall(r"```python\n(.+?)```", (folder / "README.md").read_text(), re.DOTALL)
    return str(code)


def by_snippet(run: Path, out: Path, photos: Array) -> list[str]:
    """Export a run; return what the README's program writes for photos' vectors, in one process."""
    export_onnx(run, out)
    np.save(out / "vectors.npy", photos)
    code = snippet(out).replace('print(caption(np.load("vector.npy")))', "")
    code += '\nprint(json.dumps([caption(one) for one in np.load("vectors.npy")]))\n'
    # -I: nothing of the checkout can be imported.
    written: list[str] = json.loads(subprocess.check_output([sys.executable, "-I", "-c", code], cwd=out))
    return written


@pytest.mark.parametrize("sizes", SIZES[:2], ids=str)
def test_the_snippet_writes_our_greedy_captions(tmp_path: Path, sizes: dict[str, Any]) -> None:
    run = made(tmp_path, **sizes)
    ours = [one[0].text for one in Captioner.load(run / "model").caption(vectors(), strategy="greedy")]
    assert len({*ours}) > 10
    assert by_snippet(run, tmp_path / "out", vectors()) == ours


@pytest.mark.long
def test_photos_of_the_embedded_site_get_our_greedy_captions(tmp_path: Path, network: Path) -> None:
    """From drawn photos to captions by the real stages: 100 of train and dev, each by its own vector."""
    place, shown = Place(tmp_path / "data", "site"), [scene(4, number) for number in range(120)]
    pages, images = [], []
    for odai, each in enumerate(shown, 1):
        texts = jokes.captions(each, 3)
        bokes = [crawl_tables.boke(9 * odai + number, odai, text) for number, text in enumerate(texts)]
        pages.append(crawl_tables.page(odai, bokes))
        images.append(crawl_tables.image(odai, jpeg(each, 300)))
    crawl_tables.write(place.crawl, pages, images)
    build(DatasetOptions(dev_fraction=0.3), [place.crawl], place.dataset, name="site")
    seen = FeatureOptions(weights=str(network), backend="numpy")
    features = extract(seen, place.dataset, place.features, place.weights)
    settings = toy_training.options(epochs=12, hidden=48, embedding=24, batch_size=16, keep="last")
    run = fit(settings, place.dataset, features, place.runs)
    sha256s = read.photos(place.dataset)["sha256"].to_pylist()[:100]
    photos = vectors_of(features, sha256s)
    ours = [one[0].text for one in Captioner.load(run / "model").caption(photos, strategy="greedy")]
    assert len(ours) == PHOTOS
    assert len({*ours}) > 10, "or little is tested"
    assert by_snippet(run, tmp_path / "out", photos) == ours


def test_the_snippet_runs_as_it_stands(tmp_path: Path) -> None:
    run, out = made(tmp_path), tmp_path / "out"
    export_onnx(run, out)
    np.save(out / "vector.npy", vectors()[3])
    written = subprocess.check_output([sys.executable, "-I", "-c", snippet(out)], cwd=out, text=True)
    (ours,) = Captioner.load(run / "model").caption(vectors()[3:4], strategy="greedy")[0]
    assert written == f"{ours.text}\n"


def test_what_is_not_in_the_graphs_stands_beside_them(tmp_path: Path) -> None:
    export_onnx(made(tmp_path), tmp_path / "out")
    about = json.loads((tmp_path / "out" / "decoder.json").read_text())
    assert about["vocabulary"][: len(SPECIALS)] == list(SPECIALS)
    assert (about["bos"], about["eos"], about["max_tokens"]) == (2, 3, 14)
    assert about["features"] == {"weights": "encoder.onnx", "digest": "ab12"}
    readme = (tmp_path / "out" / "README.md").read_text()
    assert "`encoder.onnx` (SHA-256 `ab12`)" in readme
    assert "/home" not in readme


def test_the_same_model_makes_the_same_files(tmp_path: Path) -> None:
    run = made(tmp_path)
    for name in ("one", "two"):
        export_onnx(run, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    export_onnx(run, tmp_path / "one")  # in its own place


def test_a_folder_that_holds_other_things_is_left_alone(tmp_path: Path) -> None:
    run = made(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt is in it"):
        export_onnx(run, tmp_path / "mine")


def test_a_model_that_one_file_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "MOST", 5000)
    with pytest.raises(UserError, match=r"run has [\d,]+ bytes of weights, and one ONNX file holds 5,000"):
        export_onnx(made(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out").exists()
