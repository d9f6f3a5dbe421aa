"""Every page of a copy in a real browser, from a disk: accessible, no wider than the screen, linked."""

import pytest
from playwright.sync_api import expect

from tests.web.offline.conftest import Visit

NAMES = ("index", "data", "statistics", "training", "contains")


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_a_copy(visit: Visit, name: str) -> None:
    for ending, width, scheme in ((".html", 1280, "light"), (".ja.html", 390, "dark")):
        page = visit(name + ending, "disk", width, scheme)
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        expect(page.locator("h1")).to_be_visible()


def test_a_tile_leads_to_its_card_and_tabs_to_each_other(visit: Visit) -> None:
    page = visit("data.html", "disk", 1280, "light")
    tile = page.locator(".tile a").first
    target = str(tile.get_attribute("href")).partition("#")[2]
    tile.click()
    page.wait_for_url(f"**/index.html#{target}")
    expect(page.locator(f"article#{target}")).to_be_in_viewport()
    for tab, heading in (
        ("Data", "Data"),
        ("Statistics", "Captions per photo"),
        ("Is mine in it?", "Is mine in it?"),
    ):
        page.get_by_role("main").or_(page.get_by_role("banner")).get_by_role(
            "link", name=tab, exact=True
        ).click()
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
