"""Progress: what a log gets to read."""

from types import SimpleNamespace

import pytest

from store.progress import Progress


def test_a_log_gets_a_plain_line_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("features", 2_000, "photos") as progress:
        progress.advance(1_000)
        progress.advance(1_000, cached=5)
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("features: 2,000 of 2,000 photos, ")
    assert line.endswith("/s  cached 5")


def test_without_a_total_only_what_is_done_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("crawl", None, "pages") as progress:
        progress.advance()
    assert capsys.readouterr().err.startswith("crawl: 1 pages, ")


def test_long_work_says_something_in_between(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.progress.LOG_SECONDS", 0.0)
    with Progress("train", 3, "epochs") as progress:
        for _ in range(3):
            progress.advance()
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_a_log_tells_the_time_left_where_the_end_is_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("store.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with Progress("crawl", 500, "pages") as progress:
        progress.advance(3, photos=2000)  # after 10 seconds; the line comes after 20
    with Progress("crawl", None, "pages") as progress:
        progress.advance(3)
    with Progress("crawl", 3, "pages") as progress:
        progress.advance(3)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "crawl: 3 of 500 pages, 0.1/s, 0:55:13 left  photos 2,000"
    assert not any("left" in line for line in lines[1:]), "the end is unknown, reached, or this is the end"


def test_a_failure_tells_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), Progress("train", 3, "epochs") as progress:
        progress.advance()
        raise RuntimeError
    assert "1 of 3 epochs" in capsys.readouterr().err
