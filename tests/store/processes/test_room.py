"""A stage ends while there is still room, and says how much there is and how much it keeps."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from store.errors import TooLittleRoom
from store.options import StageOptions
from store.place import Place
from store.processes.room import GB, Room


def room(tmp_path: Path, gigabytes: float) -> Room:
    options = StageOptions(min_free_gb=gigabytes)
    return Room(tmp_path / "p" / "crawl" / "not" / "there", options, "crawl", Place(tmp_path, "p"))


@pytest.mark.parametrize(("free", "is_enough"), [(1.2, True), (1.0, True), (0.999, False), (0.0, False)])
def test_what_users_may_still_write_counts(
    free: float, is_enough: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By POSIX (sys/statvfs.h), f_bavail blocks of f_frsize bytes are free for who is not root."""
    disk = SimpleNamespace(f_frsize=4096, f_bsize=2**20, f_bavail=free * GB / 4096, f_bfree=10**9)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    if is_enough:
        return room(tmp_path, 1.0).check()
    with pytest.raises(TooLittleRoom, match=rf"has {free:.3g} GB free.*min_free_gb keeps 1\..*bokeru crawl"):
        room(tmp_path, 1.0).check()


def test_the_disk_is_the_one_that_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder itself may not be there yet, and may lie behind a link to another disk."""
    asked: list[Path] = []

    def statvfs(path: Path) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(f_frsize=1, f_bavail=GB)

    monkeypatch.setattr(os, "statvfs", statvfs)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p").symlink_to(tmp_path / "elsewhere")
    room(tmp_path, 1.0).check()
    assert [path.resolve() for path in asked] == [tmp_path / "elsewhere"]


def test_without_a_limit_a_disk_may_be_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_frsize=1, f_bavail=0))
    room(tmp_path, 0).check()


def test_no_result_depends_on_it() -> None:
    assert StageOptions(min_free_gb=3.0).of_result() == {}
