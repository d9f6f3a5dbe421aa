"""The table of figures on the terminal: each has a meaning, and its interval beside it."""

import io
from typing import Any

from rich.console import Console

from train.evaluation.figures import MEANINGS, table
from train.evaluation.intervals import FIGURES
from web.content import comparison


def printed(**dev: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=120)
    console.print(table({"dev": dev, "train": {}}))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_figure_stands_with_its_interval() -> None:
    lines = printed(nll=2.5, intervals={"nll": [2.375, 2.625]}, captions=1234)
    (loss,) = (line for line in lines if "the model  " in line)
    assert [cell.strip() for cell in loss.split("│")[1:-1]] == [
        "the model",
        "2.500",
        "2.375 – 2.625",
        "-",
        "",
    ]
    assert any("1,234" in line for line in lines)


def test_a_figure_that_is_null_is_a_dash() -> None:
    (line,) = (line for line in printed(bleu_4=None) if "BLEU-4" in line)
    assert [cell.strip() for cell in line.split("│")[2:-1]] == ["-", "", "-", ""]


def test_other_people_s_figures_stand_under_their_names() -> None:
    assert any("mean_length" in line and "4.000" in line for line in printed(mean_length=4.0))


def test_every_figure_is_explained_on_the_terminal_and_in_the_browser() -> None:
    assert set(FIGURES) <= set(MEANINGS)
    assert set(MEANINGS) | {"photos", "tokens"} == set(comparison.FIGURES)
