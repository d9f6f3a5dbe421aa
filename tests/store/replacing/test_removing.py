"""A directory is there as a whole or not at all, whatever ends the process that deletes it."""

from itertools import count
from pathlib import Path

from store.replacing.directory import locked, remove
from tests.killing import kills


def test_a_directory_is_deleted_at_once(tmp_path: Path) -> None:
    numbers = count()

    def made() -> Path:
        directory = tmp_path / str(next(numbers)) / "dataset"
        (directory / "data").mkdir(parents=True)
        for name in ("manifest.json", "data/one", "data/two"):
            (directory / name).write_text(name)
        return directory

    for directory in kills(made, remove):
        assert not directory.exists() or len(list(directory.rglob("*"))) == 4
        with locked(directory):
            assert [path.name for path in directory.parent.iterdir() if "new" in path.name] == []
    assert not directory.exists()
