"""The pipeline that has everything, made once for all tests that look for what is left of it."""

import pytest

from tests.store.forget import whole_pipeline
from tests.store.forget.whole_pipeline import Everything


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    return whole_pipeline.make(tmp_path_factory.mktemp("forget"))


@pytest.fixture
def whole(made: Everything) -> Everything:
    """Return it as it was made, to be forgotten from."""
    return made.restore()
