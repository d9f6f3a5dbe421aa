"""What the tests of the crawler share."""

from collections.abc import Iterator

import pytest

from demo.site import running


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[str]:
    """Serve the embedded site of the module's OPTIONS, with its FAULTS if it names any; yield the address."""
    size = request.module.OPTIONS.embedded
    faults = getattr(request.module, "FAULTS", [])
    with running(size.photos, size.captions_per_photo, size.seed, faults=faults) as address:
        yield address
