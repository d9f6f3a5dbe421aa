"""The benchmark of what watching a training costs."""

import json
from pathlib import Path

import pytest

from benchmarks import watching


def test_a_runs_share_is_of_all_its_time(tmp_path: Path) -> None:
    speeds = [{"seconds": 4.0, "caption_seconds": 0.5}, {"seconds": 5.0, "caption_seconds": 0.5}]
    (tmp_path / "speed.jsonl").write_text("".join(json.dumps(each) + "\n" for each in speeds))
    assert watching.share(tmp_path) == pytest.approx(0.1)


def test_a_writing_is_a_line_of_a_file(tmp_path: Path) -> None:
    texts = {}
    for ends in (False, True):
        watching.writer(tmp_path, 8, 30, ends=ends)(0)
        (line,) = (tmp_path / "progress.jsonl").read_text().splitlines()
        (tmp_path / "progress.jsonl").unlink()
        photos = json.loads(line)["photos"]
        assert len(photos) == 8
        texts[ends] = sum(len(photo["sample"]["tokens"]) for photo in photos)
    assert texts[True] < texts[False]
