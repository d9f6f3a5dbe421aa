"""The picture of a run's losses."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from train.evaluation.curves import draw

RECORDS = [{"epoch": epoch, "loss": 3.0 / epoch, "dev_loss": None} for epoch in (1, 2, 3)]


def test_curves_are_drawn_against_every_bound_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[tuple[float, str]] = []
    across = Axes.axhline

    def note(axes: Axes, value: float, **style: Any) -> Any:
        lines.append((value, style["label"]))
        return across(axes, value, **style)

    monkeypatch.setattr(Axes, "axhline", note)
    draw(tmp_path / "curves.png", RECORDS, {"ln V": 7.9, "unigram entropy": 5.625, "grammar's floor": None})
    assert lines == [(7.9, "ln V  7.900"), (5.625, "unigram entropy  5.625")]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_loss_is_drawn_that_some_epoch_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, list[float]] = {}
    plot = Axes.plot

    def note(axes: Axes, epochs: list[int], losses: list[float], **style: Any) -> Any:
        drawn[style["label"]] = losses
        return plot(axes, epochs, losses, **style)

    monkeypatch.setattr(Axes, "plot", note)
    draw(tmp_path / "curves.png", RECORDS, {})
    assert drawn == {"train": [3.0, 1.5, 1.0]}
    measured = [*RECORDS[:1], {**RECORDS[1], "dev_loss": 2.5, "dev_known_loss": 2.0}]
    draw(tmp_path / "curves.png", measured, {})
    expected = {"train": [3.0, 1.5], "dev": [math.nan, 2.5], "dev, known tokens": [math.nan, 2.0]}
    np.testing.assert_equal(drawn, expected)
