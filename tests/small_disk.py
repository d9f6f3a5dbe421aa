"""A disk that is soon full: a small tmpfs, where the tests may mount one. `conftest.small_disk` gives it."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SmallDisk = Callable[[int], Path]
"""Makes a folder with so many kilobytes of room; the same folder again, where it is called again."""


@contextmanager
def mounted(directory: Path) -> Iterator[SmallDisk]:
    """Yield what gives `directory` so much room, and more when asked; where mounting is not allowed, skip."""

    def small_disk(kilobytes: int) -> Path:
        is_new = not directory.exists()
        directory.mkdir(exist_ok=True)
        options = f"{'' if is_new else 'remount,'}size={kilobytes}k"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            directory.rmdir()
            pytest.skip(f"no tmpfs here: {done.stderr.strip()}")
        return directory

    try:
        yield small_disk
    finally:
        if directory.exists():
            subprocess.run(["umount", "--lazy", str(directory)], check=True)
