"""The table of figures on the terminal: each has a meaning, and its interval beside it."""

import io
from typing import Any

from rich.console import Console

from train.evaluation.figures import MEANINGS, table
from train.evaluation.intervals import FIGURES
from web.content.training import comparison


def printed(width: int = 120, **dev: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(table({"dev": dev, "train": {}}))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_figure_stands_with_its_interval() -> None:
    lines = printed(nll=2.5, intervals={"nll": [2.375, 2.625]}, captions=1234)
    (loss,) = (line for line in lines if "the model  " in line)
    assert loss.split() == ["the", "model", "2.500", "2.375–2.625", "-"]
    assert any("1,234" in line for line in lines)


def test_a_figure_that_is_null_is_a_dash() -> None:
    (line,) = (line for line in printed(bleu_4=None) if "BLEU-4" in line)
    assert line.split() == ["BLEU-4", "-", "-"]


def test_a_line_of_80_characters_holds_a_figure() -> None:
    wide = dict.fromkeys(FIGURES, 12.5) | {"intervals": {name: [12.375, 12.625] for name in FIGURES}}
    (line,) = (line for line in printed(80, **wide) if "share of the most frequent caption" in line)
    assert line.split()[-3:] == ["12.500", "12.375–12.625", "-"]


def test_other_people_s_figures_stand_under_their_names() -> None:
    assert any("mean_length" in line and "4.000" in line for line in printed(mean_length=4.0))


def test_every_figure_is_explained_on_the_terminal_and_in_the_browser() -> None:
    assert set(FIGURES) <= set(MEANINGS)
    assert set(MEANINGS) | {"photos", "tokens"} == set(comparison.FIGURES)
