"""A run's ranker as a whole: trained once, measured, whole on the disk, and asked for captions."""

import json
from pathlib import Path

import numpy as np
import pytest

from commands.verify import verify
from store.errors import MissingStage, UsageError
from store.place import Place
from store.register.listed import unlist
from store.register.stages import Stage
from tests import crawl_tables
from tests.web import small_pipeline
from train.captions.captioner import Captioner
from train.captions.files import caption_files, print_table
from train.captions.photo_captioner import PhotoCaptioner
from train.ranking.artifact import CONFIG, FOLDER, TENSORS, load
from train.ranking.stage import rank


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline in which the words of a caption decide how many stars it has."""
    return small_pipeline.make(tmp_path_factory.mktemp("ranked"))


@pytest.fixture(scope="module")
def run(place: Place) -> Path:
    (found,) = place.runs.iterdir()
    with pytest.raises(MissingStage):
        load(found)
    rank(found, place.dataset, place.features / small_pipeline.KEY, 0)
    return found


def test_it_is_measured_beside_simpler_ways(run: Path) -> None:
    """Of a photo's captions, with 0, 1, 4 and 9 stars, three pairs differ clearly; 10 photos are in dev."""
    found = json.loads((run / FOLDER / "evaluation.json").read_text())
    assert (found["pairs"], found["photos"]) == (3 * found["photos"], found["photos"])
    assert found["ranker"]["accuracy"] > 0.9
    assert found["words"]["accuracy"] > 0.9
    assert found["length"]["accuracy"] < 0.9
    low, high = found["log_likelihood"]["interval"]
    assert 0 <= low <= found["log_likelihood"]["accuracy"] <= high <= 1
    assert sum(one["pairs"] for one in found["calibration"]) == found["pairs"]


def test_it_is_trained_once_and_again_where_it_is_damaged(
    run: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors = run / FOLDER / TENSORS
    before = tensors.read_bytes()
    rank(run, place.dataset, place.features / small_pipeline.KEY, 0)
    assert capsys.readouterr().out == "ranker: up to date\n"
    tensors.write_bytes(before[:-4])
    rank(run, place.dataset, place.features / small_pipeline.KEY, 0)
    assert "the ranker" in capsys.readouterr().out
    assert tensors.read_bytes() == before


def test_figures_that_are_missing_are_made_again(run: Path, place: Place) -> None:
    figures = run / FOLDER / "evaluation.json"
    before = figures.read_bytes()
    figures.unlink()
    rank(run, place.dataset, place.features / small_pipeline.KEY, 0)
    assert figures.read_bytes() == before
    assert [str(problem) for problem in verify(run)] == []


def test_files_that_a_kill_left_unlisted_are_listed(run: Path, place: Place) -> None:
    """As after a kill between the last of them and the manifest."""
    listed = {f"{FOLDER}/{path.name}" for path in (run / FOLDER).iterdir()}
    unlist(Stage("run", run), list((run / FOLDER).iterdir()))
    rank(run, place.dataset, place.features / small_pipeline.KEY, 0)
    manifest = json.loads((run / "manifest.json").read_text())
    assert len(listed) == 4
    assert listed <= {entry["name"] for entry in manifest["files"]}


class Begun(Exception):
    """A ranker is trained."""


def test_it_is_trained_again_where_its_updates_would_be_others(
    run: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(*_: object) -> None:
        raise Begun

    monkeypatch.setattr("train.ranking.stage.learn", begin)
    rank(run, place.dataset, place.features / small_pipeline.KEY, 0)
    monkeypatch.setattr("train.ranking.learn.UPDATES", 25)
    with pytest.raises(Begun):
        rank(run, place.dataset, place.features / small_pipeline.KEY, 0)


def test_verify_knows_its_files(run: Path, place: Place) -> None:
    assert [str(problem) for problem in verify(run)] == []
    config = run / FOLDER / CONFIG
    whole = config.read_bytes()
    config.write_text(config.read_text().replace('"embedding": 32', '"embedding": 31'))
    found = [str(problem) for problem in verify(run)]
    config.write_bytes(whole)
    assert len(found) == 2
    assert any("ranker.safetensors is damaged: tensor 'word_e' is F32" in problem for problem in found)


def test_the_best_of_several_captions_have_both_scores(
    run: Path,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("featurize.extract.Extractor", small_pipeline.Extractor)
    (tmp_path / "1.jpg").write_bytes(crawl_tables.photo(1))
    captioner = PhotoCaptioner(run, place.data / "weights")
    settings = {"strategy": "best-of", "n": 3, "draws": 12, "seed": 4}
    [result] = caption_files(captioner, [tmp_path / "1.jpg"], settings)
    scores = [caption["rank_score"] for caption in result["captions"]]
    assert scores == sorted(scores, reverse=True)
    [sampled] = caption_files(captioner, [tmp_path / "1.jpg"], {"strategy": "sample", "n": 12, "seed": 4})
    drawn = {caption["text"]: caption["log_probability"] for caption in sampled["captions"]}
    assert {c["text"]: c["log_probability"] for c in result["captions"]}.items() <= drawn.items()
    vector = np.array(small_pipeline.vector(crawl_tables.photo(1)), np.float32)
    first, *_ = result["captions"]
    assert load(run).scores([(first["text"], first["tokens"])], vector)[0] == pytest.approx(scores[0])
    print_table([result])
    assert "score" in capsys.readouterr().out


def test_a_captioner_without_a_ranker_says_who_chooses(run: Path) -> None:
    with pytest.raises(UsageError, match="ranker"):
        Captioner.load(run / "model").caption(np.zeros((1, small_pipeline.D), np.float32), strategy="best-of")
