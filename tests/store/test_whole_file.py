"""Files appear whole or not at all, also after a power cut."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store.errors import DamagedFile
from store.whole_file import (
    read_json,
    read_object,
    read_whole,
    remove_leftovers,
    whole_file,
    write_json,
    write_whole,
)
from tests.small_disk import SmallDisk


def test_a_file_appears_with_its_content(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "a.txt", "犬")
    assert (tmp_path / "new" / "a.txt").read_text() == "犬"


def test_nothing_appears_while_the_block_runs(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a") as temporary:
        temporary.write_bytes(b"half")
        assert not (tmp_path / "a").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "old")
    with pytest.raises(RuntimeError), whole_file(tmp_path / "a") as temporary:
        temporary.write_bytes(b"new")
        raise RuntimeError
    assert (tmp_path / "a").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_json_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [1])
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", [object()])
    assert (tmp_path / "a.json").read_text() == "[\n 1\n]\n"


def test_a_full_disk_leaves_the_old_file(small_disk: SmallDisk) -> None:
    disk = small_disk(64)
    write_whole(disk / "a", b"old")
    with pytest.raises(OSError) as caught:
        write_whole(disk / "a", b"x" * 200_000)
    assert caught.value.errno == errno.ENOSPC
    assert (disk / "a").read_bytes() == b"old"
    assert len(list(disk.iterdir())) == 1


HANGS = """
import sys, time
from pathlib import Path
from store.whole_file import whole_file
with whole_file(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    print("written", flush=True)
    time.sleep(60)
"""


def test_a_killed_writer_leaves_a_leftover_that_goes_away(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "old")
    with subprocess.Popen(
        [sys.executable, "-c", HANGS, str(tmp_path / "a")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert (tmp_path / "a").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.fixture
def durable_steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, list[str]]]:
    """Return the steps as they are taken: fsync or rename, of which file, and what its folder holds then."""
    steps: list[tuple[str, str, list[str]]] = []
    fsync, rename = os.fsync, os.rename

    def note(step: str, path: Path) -> None:
        folder = path if path.is_dir() else path.parent
        steps.append((step, path.name, sorted(entry.name for entry in folder.iterdir())))

    def noted_fsync(descriptor: int) -> None:
        note("fsync", Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    def noted_rename(source: Path, target: Path) -> None:
        note("rename", Path(source))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, noted_rename)
    return steps


def test_the_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_block_ends(
    tmp_path: Path, durable_steps: list[tuple[str, str, list[str]]]
) -> None:
    folder = tmp_path / "folder"
    with whole_file(folder / "a") as temporary:
        temporary.write_bytes(b"new")
        assert durable_steps == []
    assert durable_steps == [
        ("fsync", temporary.name, [temporary.name]),
        ("rename", temporary.name, [temporary.name]),
        ("fsync", "folder", ["a"]),
    ]


def test_what_failed_is_neither_renamed_nor_synced(
    tmp_path: Path, durable_steps: list[tuple[str, str, list[str]]]
) -> None:
    with pytest.raises(RuntimeError), whole_file(tmp_path / "a") as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert durable_steps == []


def test_all_of_the_content_is_written_when_the_file_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text that still waits in a buffer would be synced in part, and renamed as if it were whole."""
    sizes = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write_json(tmp_path / "a.json", ["犬" * 100_000])
    assert sizes[0] == (tmp_path / "a.json").stat().st_size > 300_000


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"犬": [1]})
    assert read_whole(tmp_path / "a.json") == '{\n "犬": [\n  1\n ]\n}\n'.encode()
    assert read_json(tmp_path / "a.json") == read_object(tmp_path / "a.json") == {"犬": [1]}


@pytest.mark.parametrize("read", [read_whole, read_json, read_object])
def test_a_file_that_is_not_there_is_not_damaged(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "a.json")


@pytest.mark.parametrize("read", [read_whole, read_json, read_object])
def test_whatever_else_has_the_name_is_damage(tmp_path: Path, read: Callable[[Path], object]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for name in ("folder", "nowhere", "circle"):
        with pytest.raises(DamagedFile, match=f"{name} is damaged"):
            read(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_damage(tmp_path: Path, content: bytes) -> None:
    write_whole(tmp_path / "a.json", content)
    with pytest.raises(DamagedFile, match=r"not JSON .* Bring it back\.$"):
        read_json(tmp_path / "a.json", "Bring it back.")


def test_a_list_is_no_object(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [])
    with pytest.raises(DamagedFile, match="not a JSON object"):
        read_object(tmp_path / "a.json")
