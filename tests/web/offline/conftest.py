"""A copy of the pages, where it lies and where a plain server has it."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from store.place import Place
from web.export import export

Visit = Callable[..., Page]
CONTACT = "owner@example.org"


@pytest.fixture(scope="session")
def copy(whole: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the whole pipeline's pages."""
    return export(whole.data, "demo", tmp_path_factory.mktemp("copy") / "copy", contact=CONTACT).parent


@pytest.fixture(scope="module")
def served(copy: Path) -> Iterator[str]:
    """Yield the address of a server that knows nothing but files."""
    handler = functools.partial(_Quiet, directory=str(copy))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def visit(browser: Browser, copy: Path, served: str) -> Iterator[Visit]:
    """Open a page of the copy; at the end, the console must be empty, no page too wide, axe content."""
    complaints: list[str] = []
    pages = []

    def open_page(name: str, where: str, width: int, scheme: str) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((copy / name).as_uri() if where == "disk" else f"{served}/{name}")
        pages.append(page)
        return page

    yield open_page
    assert not complaints  # before axe, which asks for files that the policy keeps from it
    for page in pages:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        violations = Axe().run(page).response["violations"]
        assert not [each for each in violations if each["impact"] in ("serious", "critical")]
        page.context.close()
