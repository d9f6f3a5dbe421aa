"""The report that `make demo` ends with: captions beside people's, losses beside their bounds."""

import json
from pathlib import Path
from typing import Any

import pytest

from store.errors import DamagedFile, MissingStage
from train.evaluation.report import report


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "120")
    run = tmp_path / "mine" / "runs" / "many-to-one-0123abcd"
    run.mkdir(parents=True)
    samples = [
        {"split": split, "labels": ["犬", "部屋"], "human": ["犬は見ていた", "三番目"], "model": [written]}
        for split, written in (("dev", "犬の青春"), ("train", "長い" * 60))
    ]
    (run / "samples.json").write_text(json.dumps(samples))
    write(run, nll=1.5)
    return run


def write(run: Path, **figures: Any) -> None:
    row = {
        "ln_v": 7.9,
        "unigram": 5.6,
        "shuffled_nll": 3.0,
        "floor": 1.25,
        "nll_known": 1.375,
        "intervals": {"nll": [1.4375, 1.5625], "names": [0.375, 0.625]},
        "names": 0.5,
        "names_shuffled": None,
    }
    (run / "evaluation.json").write_text(json.dumps({"dev": row | figures, "train": row | figures}))


def dataset(run: Path) -> Path:
    return run.parents[1] / "dataset"


def test_nothing_is_cut_off(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(run, dataset(run))
    printed = capsys.readouterr().out
    shown = "1.500  (1.438 – 1.562)", "50%  (38% – 62%)", "1.250", "1.375"
    for words in ("犬、部屋", "犬は見ていた", "犬の青春", *shown):
        assert words in printed
    assert "bokeru web --pipeline mine" in printed
    assert printed.count("長い") == 60
    assert str(run / "curves.png") in printed


def test_under_a_caption_stands_what_it_says(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = json.loads((run / "samples.json").read_text())
    samples[0]["human"] = ["[bold]犬[/bold]"]  # no markup
    (run / "samples.json").write_text(json.dumps(samples))
    report(run, dataset(run), gloss={"犬の青春": "The dog's youth"}.get)
    printed = capsys.readouterr().out
    assert printed.index("犬の青春") < printed.index("The dog's youth")
    assert "[bold]犬[/bold]" in printed


def test_a_loss_below_the_floor_is_explained(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(run, dataset(run))
    assert "memorised" not in capsys.readouterr().out
    write(run, nll=1.0)
    report(run, dataset(run))
    assert "memorised" in capsys.readouterr().out


def test_without_a_floor_there_is_none(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(run, nll=1.0, floor=None)
    report(run, dataset(run))
    assert "memorised" not in capsys.readouterr().out


def test_a_run_that_was_not_evaluated_names_the_command(run: Path) -> None:
    (run / "samples.json").unlink()
    with pytest.raises(MissingStage, match="bokeru evaluate --pipeline mine"):
        report(run, dataset(run))


def test_figures_that_are_not_json_are_named(run: Path) -> None:
    (run / "evaluation.json").write_text("{")
    with pytest.raises(DamagedFile, match=r"evaluation\.json"):
        report(run, dataset(run))
