"""Metrics of other people's code: a number a caption has an interval, one for all of them has none."""

import logging
from pathlib import Path

import numpy as np
import pytest

from store.errors import UserError
from train.evaluation import outside
from train.evaluation.intervals import Estimate

CAPTIONS = [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]] * 25


def measured(folder: Path, body: str) -> Estimate:
    """Return what a metric makes of CAPTIONS whose function has this body."""
    file = folder / f"mine{len(list(folder.iterdir()))}.py"
    file.write_text(f"import numpy as np\ndef metric(captions, references):\n    {body}\n")
    plugins = outside.found([f"{file}:metric"], [])
    (found,) = outside.measured(plugins, CAPTIONS, [[caption] for caption in CAPTIONS]).values()
    return found


@pytest.mark.parametrize(
    "body", ["return [len(one) for one in captions]", "return np.array([*map(len, captions)])"]
)
def test_a_number_a_caption_has_an_interval(tmp_path: Path, body: str) -> None:
    found = measured(tmp_path, body)
    # 1, 2, 3, 4 a quarter each: deviation sqrt(1.25), so the mean of 100 is good to 1.96 sqrt(1.25) / 10.
    half = 1.96 * np.sqrt(1.25) / 10
    assert [found.value, found.low, found.high] == pytest.approx([2.5, 2.5 - half, 2.5 + half], abs=0.02)
    assert found.photos == 100


def test_one_number_for_all_has_none(tmp_path: Path) -> None:
    found = measured(tmp_path, "return sum(map(len, captions))")
    assert found == Estimate(250, None, None, 100)
    assert isinstance(found.value, int), "a count stays one"


def test_captions_without_a_number_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    body = "return [None if len(one) == 4 else np.nan if len(one) == 3 else len(one) for one in captions]"
    with caplog.at_level(logging.WARNING):
        found = measured(tmp_path, body)
    assert (found.value, found.photos) == (1.5, 50)
    assert "returned nan, which is no finite number, 25 times" in caplog.text
    assert len(caplog.records) == 1
    assert measured(tmp_path, "return [None for one in captions]").value is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return [1.0, 2.0]", r"returned 2 numbers for 100 captions"),
        ("return 'good'", r"returned 'good', which is no number"),
        ("return ['good'] * 100", r"returned 'good', which is no number"),
        ("return [[1.0]] * 100", r"mine0\.py"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path: Path, body: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        measured(tmp_path, body)
