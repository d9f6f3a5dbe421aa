"""What the tests of the web app share."""

import pytest

from store.place import Place
from tests.web import small_pipeline


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline of 40 photos whose stages are all there, to be read only."""
    return small_pipeline.make(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline of 80 photos with a run: enough for contests."""
    return small_pipeline.make(tmp_path_factory.mktemp("judged"), count=80)
