"""A model's card: it says what the run's files say and names nothing of the data; its snippet runs."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, ModelCardData

import bokeru
from commands.verify import verify
from dataset import read
from store.errors import UserError
from store.manifest import changed
from store.place import Place
from store.register.listed import unlist
from store.register.stages import Stage
from tests import crawl_tables
from tests.featurize.small_networks import small_weights
from tests.test_imports import ROOT
from tests.train.sharing.conftest import LICENCE
from train.evaluation.evaluate import evaluate
from train.sharing.card import PATH, card, changed_by_hand, write
from train.sharing.learned_from import NAME, kept
from train.sharing.told import without_folders


@pytest.fixture
def copied(run: Path, tmp_path: Path) -> Path:
    """Return a copy of the run, with its pipeline, that a test may break."""
    place = Place.of(run)
    shutil.copytree(place.data, tmp_path / "data")
    return tmp_path / "data" / run.relative_to(place.data)


def figures(run: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads((run / "evaluation.json").read_text())
    return found


def test_the_hubs_own_reader_finds_what_it_shows(run: Path) -> None:
    data = ModelCard((run / PATH).read_text()).data
    assert isinstance(data, ModelCardData)
    assert (data.language, data.license, data.library_name) == (["ja"], LICENCE.lower(), "bokeru")
    assert data.pipeline_tag == "image-to-text"
    assert data.metrics == ["bleu", "rouge"]
    results = {one.metric_type: one for one in data.eval_results or []}
    dev = figures(run)["dev"]
    for kind, name in (("bleu", "bleu_4"), ("rouge", "rouge_l"), ("cider", "cider_d"), ("loss", "nll")):
        assert results[kind].metric_value == pytest.approx(dev[name], abs=5e-5)
        assert (results[kind].dataset_split, results[kind].dataset_type) == ("dev", "jokes")


def test_figures_stand_with_their_intervals(run: Path) -> None:
    found = figures(run)
    ends = found["dev"]["intervals"]["nll"]  # type: ignore[index]
    cells = f"| the model | {found['dev']['nll']:.3f} | {ends[0]:.3f}–{ends[1]:.3f} |"
    assert cells in (run / PATH).read_text()
    assert (
        f"{found['dev']['verbatim']:.0%} of its captions are captions of its data" in (run / PATH).read_text()
    )


def test_what_it_learned_from_is_counted_with_its_licences(run: Path) -> None:
    photos = read.photos(Place.of(run).dataset)
    train = photos["split"].to_pylist().count("train")
    text = (run / PATH).read_text()
    assert f"train {train:,} photos with {4 * train:,} captions" in text
    assert f"| photos | not known | {LICENCE} | {len(photos)} |" in text
    learned = kept(run)
    assert learned is not None
    assert learned.why_not_public() is None


def test_the_network_is_named_and_not_there(run: Path, network: Path) -> None:
    import hashlib

    digest = hashlib.sha256(network.read_bytes()).hexdigest()
    assert f"the file `{network.name}` (SHA-256 `{digest}`)" in (run / PATH).read_text()
    assert sorted(path.name for path in (run / "model").iterdir()) == sorted(
        ["README.md", "config.json", "learned_from.json", "model.safetensors", "vocabulary.json"]
    )


def test_no_photo_no_caption_and_no_folder_is_named(run: Path, network: Path) -> None:
    place = Place.of(run)
    told = (run / PATH).read_text() + (run / "model" / NAME).read_text()
    captions = read.captions(place.dataset)
    for column in ("sha256", "url", "text"):
        for value in set(captions[column].to_pylist()) - {None}:
            assert value not in told, column
    for number in {*captions["boke_id"].to_pylist(), *captions["odai_id"].to_pylist()} - {None}:
        assert not re.search(rf"(?<![\d.]){number}(?![\d.])", told.replace(",", "")) or number < 1000, number
    for folder in (place.data, network.parent):
        assert str(folder) not in told


def test_the_same_run_has_the_same_card_wherever_it_lies(run: Path, copied: Path) -> None:
    assert (run / PATH).read_text().startswith(card(copied))
    before = (run / PATH).read_bytes()
    write(copied)
    assert (copied / PATH).read_bytes() == before


def test_what_somebody_wrote_into_it_stays(copied: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = Place.of(copied)
    mine = (copied / PATH).read_text().replace("## Use", "Ask me before you use it.\n\n## Use")
    (copied / PATH).write_text(mine)
    assert changed(copied) == []  # or the run would be trained anew
    assert changed_by_hand(copied) == mine.encode()
    (copied / "evaluation.json").unlink()
    evaluate(copied, place.dataset, next(place.features.glob("small-*")))
    assert (copied / PATH).read_text() == mine
    assert "was changed by hand" in caplog.text
    (copied / PATH).unlink()
    write(copied)
    assert changed_by_hand(copied) is None
    assert "Ask me" not in (copied / PATH).read_text()


def test_before_it_is_measured_the_card_says_so(copied: Path) -> None:
    measured = (copied / PATH).read_text()
    (copied / "evaluation.json").unlink()
    unmeasured = card(copied)
    assert "Not measured yet: the stage `evaluate`" in unmeasured
    assert "model-index" not in unmeasured
    place = Place.of(copied)
    evaluate(copied, place.dataset, next(place.features.glob("small-*")))
    assert (copied / PATH).read_text() == measured
    assert not changed(copied)


def test_what_is_damaged_is_named(copied: Path) -> None:
    assert not verify(copied)
    (copied / "model" / NAME).write_text('{"pipeline": 3}')
    told = " ".join(str(problem) for problem in verify(copied))
    assert f"{NAME} is damaged: pipeline: Input should be a valid string" in told


def test_an_older_run_is_told_by_its_dataset_as_long_as_that_is_there(copied: Path) -> None:
    before = card(copied)
    unlist(Stage("run", copied), [copied / "model" / NAME])
    (copied / "model" / NAME).unlink()
    assert card(copied) == before
    shutil.rmtree(Place.of(copied).dataset)
    assert kept(copied) is None
    assert "Nobody knows any more" in card(copied)
    assert "license: other" in card(copied)


def test_a_copied_model_writes_by_its_snippet(run: Path, network: Path, tmp_path: Path) -> None:
    """On another machine: the model's folder, its network and a photo, and a checkout; no data."""
    shutil.copytree(run / "model", tmp_path / "model")
    shutil.copy(network, tmp_path)
    (tmp_path / "photo.jpg").write_bytes(crawl_tables.photo(99))
    (snippet,) = re.findall(r"```python\n(.+?)```", (tmp_path / "model" / "README.md").read_text(), re.DOTALL)
    data = Place.of(run).data
    data.rename(data.with_name("gone"))
    written = subprocess.run(
        [sys.executable, "-c", snippet],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        text=True,
        capture_output=True,
        check=False,
    )
    data.with_name("gone").rename(data)
    (here,) = bokeru.model(run).caption(tmp_path / "photo.jpg", n=3)
    assert written.stdout.splitlines() == [one["text"] for one in here["captions"]], written.stderr
    assert len(here["captions"]) == 3


def test_a_model_alone_asks_for_its_network_and_takes_no_other(run: Path, tmp_path: Path) -> None:
    model = shutil.copytree(run / "model", tmp_path / "given")
    config = json.loads((model / "config.json").read_text())
    config["features"]["options"]["weights"] = "small.caffemodel"
    (model / "config.json").write_text(json.dumps(config))
    (tmp_path / "photo.jpg").write_bytes(crawl_tables.photo(99))
    with pytest.raises(UserError, match=r"vectors of small\.caffemodel \(SHA-256 \w{64}\).*weights=FILE"):
        bokeru.model(model).caption(tmp_path / "photo.jpg")
    other = small_weights(tmp_path, seed=2)
    with pytest.raises(UserError, match="is not the file that made the vectors"):
        bokeru.model(model, weights=other).caption(tmp_path / "photo.jpg")
    with pytest.raises(UserError, match="A mismatch needs the dataset's photos"):
        bokeru.model(model).caption(tmp_path / "photo.jpg", strategy="mismatch")
    with pytest.raises(UserError, match="has no model"):
        bokeru.model(tmp_path)


def test_settings_name_files_and_no_folders() -> None:
    given = ["/home/me/words.txt", "~/x.onnx", "../up/FILE.py:name", "stars > 3", "a/b", 3]
    assert without_folders(given) == ["words.txt", "x.onnx", "FILE.py:name", "stars > 3", "a/b", 3]
