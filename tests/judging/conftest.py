"""What the tests of judging share."""

import pytest

from store.place import Place
from tests.web import small_pipeline


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline of 80 photos with a run, to be read only but for contests of one's own name."""
    return small_pipeline.make(tmp_path_factory.mktemp("judged"), count=80)
