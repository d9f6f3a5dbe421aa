"""A copy that writes captions by itself, in a real browser: from a disk and from a plain server."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.web import small_pipeline
from web.export import export
from web.options import WebOptions


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    place = small_pipeline.make(folder / "data")
    return export(place.data, "demo", folder / "copy").parent


@pytest.fixture(scope="module")
def served(copy: Path) -> Iterator[str]:
    """The address of a server that knows nothing but files."""
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


def visit(browser: Browser, address: str, width: int, scheme: str, complaints: list[str]) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page


@pytest.mark.parametrize("where", ["disk", "server"])
@pytest.mark.parametrize(
    ("name", "width", "scheme", "button"),
    [("index.html", 1280, "light", "Write a caption"), ("index.ja.html", 390, "dark", "ボケを書く")],
)
def test_a_copy_writes_and_shows_the_alternatives(
    browser: Browser, copy: Path, served: str, where: str, name: str, width: int, scheme: str, button: str
) -> None:
    address = (copy / name).as_uri() if where == "disk" else f"{served}/{name}"
    complaints: list[str] = []
    page = visit(browser, address, width, scheme, complaints)
    card = page.locator("article").first
    card.get_by_role("button", name=button).click()
    written = card.locator("li.written")
    expect(written).to_have_count(1)
    text = card.locator("li.written .tokens").inner_text()
    word = written.locator(".token").first
    word.click()
    expect(word).to_have_attribute("aria-expanded", "true")
    others = written.locator(".alternatives button")
    shares = [float(each.split()[-1].rstrip("%")) for each in others.all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) < 101  # rounded
    other = others.nth(1)
    chosen = other.inner_text().split()[0]
    other.focus()
    page.keyboard.press("Enter")  # goes on from the other word, and stays usable by keyboard
    expect(written).to_have_count(1)
    assert written.locator(".tokens").inner_text().startswith(chosen)
    assert written.locator(".tokens").inner_text() != text
    expect(written.locator(".token").first).to_be_focused()
    # The same seed writes the same.
    page.locator("[name=seed]").fill("5")
    first = _write(page, button)
    page.locator("[name=seed]").fill("5")
    assert _write(page, button) == first
    page.locator("#strategy-greedy").check(force=True)
    assert _write(page, button) == _write(page, button)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not complaints  # before axe, which asks for files that the policy keeps from it
    violations = [
        each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")
    ]
    assert not violations, violations
    page.context.close()


def _write(page: Page, button: str) -> str:
    card = page.locator("article").first
    card.get_by_role("button", name=button).click()
    return card.locator("li.written .tokens").first.inner_text()


def test_a_decoder_over_the_limit_stays_at_home(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = small_pipeline.make(tmp_path / "data", count=12)
    with_it = export(place.data, "demo", tmp_path / "copy").parent
    assert (with_it / "static" / "offline" / "model.js").is_file()
    export(place.data, "demo", with_it, WebOptions(decoder_megabytes=0.001))
    assert not (with_it / "static" / "offline" / "model.js").exists()
    assert "web.decoder_megabytes is 0.001. Raise it to 1" in caplog.text
    assert "data-write" not in (with_it / "index.html").read_text()
