"""What every test shares."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.small_disk import SmallDisk, mounted

# No deadlines: an example's time says more about the machine than about the code. The same examples every
# time: a test that fails once in CI fails again at the desk.
hypothesis.settings.register_profile("bokeru", deadline=None, derandomize=True)
hypothesis.settings.load_profile("bokeru")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Yield a function that returns a folder on a disk of its own, of so many kilobytes."""
    with mounted(tmp_path / "disk") as small_disk:
        yield small_disk
