"""A copy that writes captions by itself, in a real browser: from a disk and from a plain server."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web import small_pipeline
from tests.web.offline.conftest import Visit
from web.export import export
from web.options import WebOptions

LOOKS = [
    pytest.param(name, width, scheme, button, marks=() if (width, scheme) == quick else pytest.mark.long)
    for name, button, quick in (
        ("index.html", "Write a caption", (1280, "light")),
        ("index.ja.html", "ボケを書く", (390, "dark")),
    )
    for width in (390, 1280)
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize("where", ["disk", "server"])
@pytest.mark.parametrize(("name", "width", "scheme", "button"), LOOKS)
def test_a_copy_writes_and_shows_the_alternatives(
    visit: Visit, where: str, name: str, width: int, scheme: str, button: str
) -> None:
    page = visit(name, where, width, scheme)
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
