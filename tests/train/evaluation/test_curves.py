"""The picture of a run's losses."""

from pathlib import Path
from typing import Any

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
