"""What every test shares."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from dataset.build.stage import build
from dataset.options import DatasetOptions
from tests import crawl_tables
from tests.small_disk import SmallDisk, mounted

# No deadlines: an example's time says more about the machine than about the code. The same examples every
# time: a test that fails once in CI fails again at the desk.
hypothesis.settings.register_profile("bokeru", deadline=None, derandomize=True)
hypothesis.settings.load_profile("bokeru")
# A shell's background job ignores Ctrl-C, and what nohup starts a hangup: so would all that a test stops.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# As in a shell where the environment is activated: commands are then printed as `bokeru`, wherever tests run.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


FIRST = (
    "test_end_to_end.py",
    "test_stopped_at_any_moment.py",
    "test_register.py",
    "test_examples.py",
    "test_faults.py",
    "test_site_faults.py",
    "test_cut_and_refused.py",
    "test_scrapy.py",
    "test_browser.py",
)
"""The files that take longest: a worker that began one of them last would keep the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of FIRST, in that order."""
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Yield a function that returns a folder on a disk of its own, of so many kilobytes."""
    with mounted(tmp_path / "disk") as small_disk:
        yield small_disk


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a pipeline, to be read only: a crawl of 12 photos and 36 captions, its dataset."""
    crawl = crawl_tables.crawl(tmp_path_factory.mktemp("data") / "p" / "crawl", photos=12, captions=3)
    build(DatasetOptions(dev_fraction=0.3), [crawl], crawl.with_name("dataset"), name="p")
    return crawl.parent


@pytest.fixture
def pipeline(built: Path, tmp_path: Path) -> Path:
    """Return a copy of `built` that a test may break."""
    return shutil.copytree(built, tmp_path / "p")


@pytest.fixture
def dataset(pipeline: Path) -> Path:
    """Return the dataset of `pipeline`."""
    return pipeline / "dataset"
