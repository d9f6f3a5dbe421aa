"""What the tests of training share."""

import pytest

from tests.train import toy_training


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> toy_training.Toy:
    """Return where a dataset of 24 + 6 photos with two captions each lies, and the vectors of the photos."""
    return toy_training.toy(tmp_path_factory.mktemp("toy"))
