"""What the tests of the web app share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from store.place import Place
from tests.web import small_pipeline
from web.browser import ARGUMENTS, CHROMIUM


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline of 40 photos whose stages are all there, to be read only."""
    return small_pipeline.make(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline of 80 photos with a run: enough for contests."""
    return small_pipeline.make(tmp_path_factory.mktemp("judged"), count=80)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield Chromium. For one file: as long as it is there, no other test of the process can run a loop."""
    if not Path(CHROMIUM).exists():
        pytest.skip("apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()
