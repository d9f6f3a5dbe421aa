"""A whole contest in a real browser: by keyboard at a desk, by touch on a phone, two judges at once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from judging.contest import find, load_pairs
from judging.drawing.new import Wanted, new
from judging.votes import Vote, read
from store.place import Place
from tests.web.test_browser import accessible
from train.runs.find import complete
from web.app import create
from web.browser import serving
from web.options import WebOptions

PAIRS = 20


@pytest.fixture(scope="module")
def place(judged: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline of enough photos for a contest of 20 pairs, catch pairs counted."""
    data = shutil.copytree(judged.data, tmp_path_factory.mktemp("judging") / "data")
    return Place(Path(data), judged.name)


@pytest.fixture(scope="module")
def address(place: Place) -> Iterator[str]:
    app = create(place.data, "demo", ("127.0.0.1",), WebOptions(votes_per_minute=10_000))
    with serving(app) as address:
        yield f"{address}/pipelines/demo/judge"


@pytest.fixture
def name(place: Place, request: pytest.FixtureRequest) -> str:
    """Return a new contest of 20 pairs, four of them catch pairs."""
    name = request.node.name.replace("[", "-").replace("]", "")[:45]
    new(place, name, Wanted(runs=complete(place.runs), photos="train", n=PAIRS - 4), {})
    assert len(load_pairs(find(place, name))) == PAIRS
    return str(name)


def cast(place: Place, name: str) -> list[Vote]:
    return read(find(place, name) / "votes")


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en")
    yield context
    context.close()


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    assert not complaints
    return page


def pair_of(page: Page) -> str:
    return str(page.locator("input[name=pair]").get_attribute("value"))


def test_twenty_pairs_by_keyboard(place: Place, address: str, desk: BrowserContext, name: str) -> None:
    page = opened(desk, f"{address}/{name}")
    accessible(page)
    keys = ["ArrowLeft", "ArrowRight", "ArrowDown", "x"] * (PAIRS // 4)
    for done, key in enumerate(keys):
        expect(page.get_by_role("status")).to_contain_text(f"{done} of {PAIRS} judged")
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("That was all. Thank you!")
    votes = cast(place, name)
    assert len(votes) == len({vote.pair for vote in votes}) == PAIRS
    chosen = [
        "left" if vote.choice == vote.left else {None: "neither", -1: "unfit"}.get(vote.choice, "right")
        for vote in votes
    ]
    assert chosen == ["left", "right", "neither", "unfit"] * (PAIRS // 4)


def test_twenty_pairs_by_touch_on_a_phone_in_japanese(
    place: Place, address: str, browser: Browser, name: str
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, locale="ja"
    )
    page = opened(context, f"{address}/{name}")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for done in range(PAIRS):
        expect(page.get_by_role("status")).to_contain_text(f"{PAIRS} 組のうち {done} 組")
        page.locator("button.answer").nth(done % 2).tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")
    assert len(cast(place, name)) == PAIRS
    context.close()


def test_reload_back_and_double_click_lose_and_double_nothing(
    place: Place, address: str, desk: BrowserContext, name: str
) -> None:
    page = opened(desk, f"{address}/{name}")
    first = pair_of(page)
    page.reload()
    assert pair_of(page) == first
    page.locator("button.answer").first.dblclick()
    expect(page.get_by_role("status")).to_contain_text(f"1 of {PAIRS} judged")
    second = pair_of(page)
    assert second != first
    page.reload()
    assert (pair_of(page), len(cast(place, name))) == (second, 1)
    page.go_back()
    expect(page.get_by_role("status")).to_contain_text(f"1 of {PAIRS} judged")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_contain_text(f"2 of {PAIRS} judged")
    assert [vote.pair for vote in cast(place, name)] == [first, second]


def test_two_judges_at_once(place: Place, address: str, browser: Browser, name: str) -> None:
    contexts = [browser.new_context(locale="en") for _ in range(2)]
    pages = [opened(context, f"{address}/{name}") for context in contexts]
    for done in range(4):
        for page in pages:
            expect(page.get_by_role("status")).to_contain_text(f"{done} of {PAIRS} judged")
            page.keyboard.press("ArrowLeft")
    for page in pages:
        expect(page.get_by_role("status")).to_contain_text(f"4 of {PAIRS} judged")
    votes = cast(place, name)
    assert len(votes) == 8
    assert len({vote.judge for vote in votes}) == 2
    for context in contexts:
        context.close()


def test_without_scripts_the_buttons_work(place: Place, address: str, browser: Browser, name: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{address}/{name}")
    page.get_by_role("button", name="Neither").click()
    expect(page.get_by_role("status")).to_contain_text(f"1 of {PAIRS} judged")
    assert [vote.choice for vote in cast(place, name)] == [None]
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_what_the_votes_say_is_accessible(address: str, browser: Browser, name: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="en")
    page = opened(context, f"{address}/{name}")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("status")).to_contain_text(f"1 of {PAIRS} judged")
    for path in ("contests", f"contests/{name}"):
        page.goto(f"{address.removesuffix('/judge')}/{path}")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
