"""A scorer in a process of its own, which can be stopped at any moment."""

import time
from pathlib import Path

import pytest

from featurize.scoring.process import ScorerProcess
from store.errors import UserError

HANGS = """
import time
def score(text):
    time.sleep(600)
"""


def test_one_that_was_stopped_while_it_starts_does_not_score(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(HANGS)
    worker, started = ScorerProcess(f"{tmp_path}/mine.py:score", "x", 250, 2 * 10**9), time.monotonic()
    worker.stop()
    with pytest.raises(UserError, match="did not start"):
        worker.start()
    assert time.monotonic() - started < 100
