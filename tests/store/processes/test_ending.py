"""What a command says of an ending that is the machine's, and which endings are mistakes of the program."""

import errno
import os
from pathlib import Path

import pytest

from store.processes.ending import exit_status
from store.whole_file import write_whole


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").mkdir()
    assert exit_status(lambda: write_whole(tmp_path / "a.json", "{}")) == 1
    assert f"{tmp_path}/a.json cannot be written or read: Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ELOOP, errno.ENAMETOOLONG, errno.EIO])
def test_a_disk_that_refuses_is_no_mistake_of_the_program(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> None:
        raise OSError(number, os.strerror(number), "data/a.json")

    assert exit_status(refused) == 1
    assert "data/a.json cannot be written or read" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_has_a_status_of_its_own(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    def full() -> None:
        raise OSError(number, os.strerror(number), "data/a.json")

    assert exit_status(full) == 3
    assert "no space left on the disk of data/a.json" in capsys.readouterr().err


def test_any_other_error_is_a_mistake_of_the_program() -> None:
    def mistaken() -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "data/a.json")

    with pytest.raises(FileNotFoundError):
        exit_status(mistaken)
