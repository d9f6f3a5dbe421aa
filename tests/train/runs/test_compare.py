"""Runs compared photo by photo: which is taken from which, over which photos, and what does not compare."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.text.vocabulary import Vocabulary
from store.answers.answer import text
from store.errors import MissingStage, UserError
from store.shards import whole_parquet
from store.whole_file import write_json
from tests.train import toy_training
from train.evaluation import by_photo
from train.fit import fit
from train.runs.compare import OF_TOKENS, OF_WORDS, Comparison, compare, difference, show
from train.runs.find import evaluated, named

PHOTOS = [f"photo{number}" for number in range(40)]


@pytest.fixture(scope="module")
def trained(toy: toy_training.Toy) -> Path:
    """Return the folder of two runs that differ by their seed."""
    for seed in (0, 1):
        fit(toy_training.options(epochs=1, seed=seed), toy.dataset, toy.features, toy.runs)
    return toy.runs


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> list[Path]:
    """Return copies of both."""
    return sorted(Path(shutil.copytree(trained, tmp_path / "toy" / "runs")).iterdir())


def measure(run: Path, rouge: dict[str, float], split: str = "dev") -> None:
    """Say that so much was measured of each photo: two tokens of a nat each, and ROUGE-L."""
    values = np.array(list(rouge.values()))
    columns = {"rouge_l": values, "tokens": np.full(len(values), 2.0), "nats": values + 2}
    columns |= {name: np.zeros(len(values)) for name in ("unknown", "unknown_nats")}
    by_photo.write(run, [by_photo.table(split, pa.array(list(rouge)), columns)])


def test_a_difference_is_the_others_figure_minus_that_of_the_first(runs: list[Path]) -> None:
    random = np.random.default_rng(0)
    base = dict(zip(PHOTOS, random.random(40), strict=True))
    measure(runs[0], base)
    measure(runs[1], {name: base[name] + 0.1 for name in reversed(PHOTOS)})
    found = compare(runs)
    rouge = found.others[runs[1].name]["rouge_l"]
    assert found.figures["rouge_l"].value == pytest.approx(np.mean(list(base.values())))
    assert rouge.value == pytest.approx(0.1)
    # Each photo differs by 0.1, so every draw of photos does: nothing is uncertain, though the figures are.
    assert [rouge.low, rouge.high] == pytest.approx([0.1, 0.1])
    assert found.figures["rouge_l"].low != pytest.approx(found.figures["rouge_l"].high, abs=0.05)
    assert found.others[runs[1].name]["nll"].value == pytest.approx(0.05), "two tokens a photo"
    assert found.left_out == ()


def test_of_one_run_its_figures_are_told(
    runs: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    measure(runs[0], dict(zip(PHOTOS, [0.25, 0.75] * 20, strict=True)))
    found = compare(runs[:1])
    assert (found.base, found.others, found.left_out, found.over_seeds) == (runs[0].name, {}, (), ())
    rouge = found.figures["rouge_l"]
    # 40 photos of 0.25 and 0.75: the mean's deviation is 0.25 / sqrt(40), so 1.96 of it either way.
    assert [rouge.value, rouge.low, rouge.high] == pytest.approx([0.5, 0.4225, 0.5775], abs=0.01)
    show(found)
    printed = " ".join(capsys.readouterr().out.split())
    assert f"ROUGE-L │ 0.500 │ {rouge.low:.3f} to {rouge.high:.3f}" in printed
    assert "minus that" not in printed
    assert "0 lies outside" not in printed


def test_only_photos_that_both_measured_are_compared(runs: list[Path]) -> None:
    measure(runs[0], dict.fromkeys(PHOTOS[:30], 0.5))
    measure(runs[1], dict.fromkeys(PHOTOS[:10], 9.0) | dict.fromkeys(PHOTOS[10:], 0.7))
    found = compare(runs[:2]).others[runs[1].name]["rouge_l"]
    assert found.photos == 30
    assert found.value == pytest.approx((10 * 9.0 + 20 * 0.7) / 30 - 0.5)


def test_runs_without_a_photo_in_common_are_refused(runs: list[Path]) -> None:
    measure(runs[0], dict.fromkeys(PHOTOS[:20], 0.5))
    measure(runs[1], dict.fromkeys(PHOTOS[20:], 0.5))
    with pytest.raises(UserError, match=r"no photo in common.*on one dataset"):
        compare(runs)


def test_losses_of_runs_that_know_other_words_are_not_compared(runs: list[Path]) -> None:
    for run in runs:
        measure(run, dict.fromkeys(PHOTOS, 0.5))
    path = runs[1] / "model" / "vocabulary.json"
    tokens = [*Vocabulary.load(path).tokens]
    tokens[-1] = "another word"
    Vocabulary(tokens).save(path)
    found = compare(runs)
    assert found.left_out == ("they know other words",)
    assert all(found.others[runs[1].name][name].value is None for name in OF_WORDS)
    assert found.others[runs[1].name]["rouge_l"].value == 0


def test_tokens_of_another_tokenizer_are_not_compared(runs: list[Path]) -> None:
    for run in runs:
        measure(run, dict.fromkeys(PHOTOS, 0.5))
    path = runs[1] / "model" / "config.json"
    write_json(path, json.loads(path.read_text()) | {"tokenizer": "characters"})
    found = compare(runs)
    assert found.left_out == ("their captions are cut into tokens in other ways",)
    assert all(found.others[runs[1].name][name].value is None for name in OF_WORDS | OF_TOKENS)


def lossy(run: Path, nats: float, tokens: int, characters: int, unknown: int = 0) -> None:
    """Say that each photo has one caption of so many tokens and characters, its end counted, and its nats."""
    count = len(PHOTOS)
    columns = {"captions": np.ones(count), "tokens": np.full(count, float(tokens))}
    columns |= {"characters": np.full(count, float(characters)), "nats": np.full(count, nats)}
    columns |= {"unknown": np.full(count, float(unknown)), "unknown_nats": np.zeros(count)}
    by_photo.write(run, [by_photo.table("dev", pa.array(PHOTOS), columns)])


def test_losses_of_other_tokens_compare_by_the_character(
    runs: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One text of 11 characters and its end costs 24 nats as 3 words and an end, 30 as 11 characters and an
    end: per token the second looks better (2.5 to 6), per character it is not (2.5 to 2)."""
    monkeypatch.setenv("COLUMNS", "200")
    lossy(runs[0], 24.0, 4, 12, unknown=1)
    lossy(runs[1], 30.0, 12, 12)
    path = runs[1] / "model" / "config.json"
    write_json(path, json.loads(path.read_text()) | {"tokenizer": "characters"})
    found = compare(runs)
    other = found.others[runs[1].name]
    assert found.figures["nll_character"].value == 2
    assert other["nll_character"].value == 0.5
    assert other["nll_caption"].value == 6
    assert other["nll"].value is None
    assert found.lower_bounds == (runs[0].name,)
    show(found)
    printed = " ".join(capsys.readouterr().out.split())
    assert f"{runs[0].name} met <UNK>, which costs less" in printed
    lossy(runs[0], 24.0, 4, 12)
    assert compare(runs).lower_bounds == ()


def test_captions_that_are_not_the_same_have_no_loss_in_common(runs: list[Path]) -> None:
    """A caption that is too long for one model is measured by the other alone."""
    lossy(runs[0], 24.0, 4, 12)
    lossy(runs[1], 30.0, 5, 15)
    other = compare(runs).others[runs[1].name]
    assert other["nll_character"].value is None
    assert other["nll_caption"].value is None
    assert other["nll"].value == 0


def test_an_evaluation_of_before_tells_no_characters_and_compares_all_the_same(runs: list[Path]) -> None:
    lossy(runs[0], 24.0, 4, 12)
    lossy(runs[1], 30.0, 4, 12)
    path = runs[0] / "evaluation.parquet"
    old = pq.read_table(path).drop_columns(["characters"])
    with whole_parquet(path, old.schema) as writer:
        writer.write_table(old)
    other = compare(runs).others[runs[1].name]
    assert other["nll_caption"].value == 6
    assert other["nll_character"].value is None


def test_a_run_that_was_not_evaluated_names_the_command(runs: list[Path]) -> None:
    measure(runs[0], dict.fromkeys(PHOTOS, 0.5))
    with pytest.raises(MissingStage, match="bokeru evaluate --pipeline toy"):
        compare(runs)


def test_the_table_marks_what_0_is_not_among(
    runs: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    random = np.random.default_rng(1)
    base = dict(zip(PHOTOS, random.random(40), strict=True))
    measure(runs[0], base)
    measure(runs[1], {name: value + random.normal(1, 0.1) for name, value in base.items()})
    found = compare(runs)
    show(found)
    printed = capsys.readouterr().out
    assert f"{runs[1].name} minus that" in printed
    estimate = found.others[runs[1].name]["rouge_l"]
    assert difference(estimate).startswith(f"{estimate.value:+.3f}* +0.9")
    assert difference(estimate) in printed
    told = json.loads(text(found, Comparison))["others"][runs[1].name]["rouge_l"]
    assert told == {"value": estimate.value, "low": estimate.low, "high": estimate.high, "photos": 40}


def test_runs_are_found_by_name_or_how_it_begins_or_ends(runs: list[Path]) -> None:
    folder = runs[0].parent
    assert named(folder, runs[0].name) == runs[0]
    assert named(folder, runs[1].name[-4:]) == runs[1]
    with pytest.raises(UserError, match=r"2 runs have the name 'many'.*many-to-one"):
        named(folder, "many")
    with pytest.raises(UserError, match=f"no complete run has the name 'few'.*{runs[0].name}"):
        named(folder, "few")


def test_evaluated_runs_are_those_with_figures_of_photos(runs: list[Path]) -> None:
    with pytest.raises(MissingStage, match="bokeru evaluate --pipeline toy"):
        evaluated(runs[0].parent)
    measure(runs[1], dict.fromkeys(PHOTOS, 0.5))
    assert evaluated(runs[0].parent) == [runs[1]]
