"""Every page and the two journeys in a real browser, at the widths of a phone and a desk, light and dark."""

import base64
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Request, expect

from store.place import Place
from tests import crawl_tables
from tests.web import small_pipeline
from web.app import create
from web.browser import serving
from web.door.queue import FairQueue
from web.export import export

WIDTHS = {"phone": (375, 800), "desk": (1280, 900)}
PATHS = (
    *("/", "/data?sort=loss&label=犬&stars_max=9", "/data", "/statistics", "/training"),
    *("/photos/{sha256}", "/photos/{sha256}/neighbours"),
    *("/generate", "/generate?strategy=mismatch", "/try", "/api", "/photos/{sha256}/rows"),
    *("/contains?asked=1001", "/contains?asked=1", "/find?words=猫", "/find?like={sha256}"),
    *("/map", "/side-by-side", "/photos/{sha256}/why?caption=犬が走る"),
)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def place(whole: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a copy of the whole pipeline, to which a test adds a run."""
    data = shutil.copytree(whole.data, tmp_path_factory.mktemp("browser") / "data")
    return replace(whole, data=data)


@pytest.fixture(scope="module")
def address(place: Place) -> Iterator[str]:
    """The app, served for real on a free port."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
        with serving(create(place.data, "demo", ("127.0.0.1",))) as address:
            yield address


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Open]:
    """Open a page; at the end, the console must be empty and no other host requested."""
    complaints: list[str] = []
    contexts = []

    def elsewhere(request: Request) -> None:
        if not request.url.startswith((address, "data:")):
            complaints.append(request.url)

    def open_page(path: str, width: str = "desk", scheme: str = "light", language: str = "en") -> Page:
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        context = browser.new_context(viewport=size, color_scheme=scheme, locale=language)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{path}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.on("request", elsewhere)
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def sha256(place: Place) -> str:
    from web.content.catalogue import Catalogue

    return Catalogue.load(place.dataset).sha256s[0]


def accessible(page: Page) -> None:
    """Fail on what axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    bad = [
        (each["id"], [node["html"] for node in each["nodes"][:2]], each["nodes"][0].get("failureSummary", ""))
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert bad == []


OPENED = "all => all.forEach(each => { each.open = true; })"
VIEWS = [(path, width) for path in PATHS for width in WIDTHS]


@pytest.mark.parametrize(
    ("path", "width"),
    # Each page on one of the two is for every time: phone and desk in turns.
    [
        pytest.param(*view, marks=pytest.mark.long) if at % 4 in (1, 2) else view
        for at, view in enumerate(VIEWS)
    ],
)
def test_every_page(visit: Open, place: Place, path: str, width: str) -> None:
    """Accessible, no wider than the screen; on a phone dark and Japanese, on a desk light and English."""
    scheme, language = ("dark", "ja") if width == "phone" else ("light", "en")
    own = path if path in ("/", "/api") else f"/pipelines/demo{path}".format(sha256=sha256(place))
    page = visit(own, width, scheme, language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    page.locator("details").evaluate_all(OPENED)
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


OUTSIDE = """() => {
    const box = "svg.chart, .chip, .tag, button, td, th, .field, .figures > div, .tile, .teaser, .stage,"
        + ".card, .panel, .notice, li, main, header, footer";
    const scrolls = (each) => ["auto", "scroll", "hidden"].includes(getComputedStyle(each).overflowX);
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode, own = text.parentElement, start = text.data.trim().slice(0, 60);
        if (!start || own.closest("script, style, option, .hidden, .skip, [hidden]")) continue;
        const around = own.closest(box);
        let cut = !around || scrolls(around) && !around.matches("svg");
        for (let each = own; each && each !== around; each = each.parentElement) cut ||= scrolls(each);
        if (cut) continue;
        const range = document.createRange(), edge = around.getBoundingClientRect();
        range.selectNodeContents(text);
        for (const rect of range.getClientRects()) {
            const beyond = Math.round(Math.max(rect.right - edge.right, edge.left - rect.left));
            const name = around.getAttribute("class") || around.tagName;
            if (rect.width && beyond > 1) found.push(`${start} in ${name}: ${beyond} px`);
        }
    }
    const wide = document.documentElement.scrollWidth;
    return wide > innerWidth ? [...found, `the page: ${wide} px`] : found;
}"""
"""Returns each text that leaves its box, with how far; what scrolls by itself may be longer."""


SIZES = (360, 768, 1024, 1280, 1600, 1920)


@pytest.mark.parametrize("language", ["en", pytest.param("ja", marks=pytest.mark.long)])
def test_no_text_leaves_its_box(visit: Open, place: Place, language: str) -> None:
    unfinished = Place(place.data, "unfinished")
    shutil.copytree(place.crawl, unfinished.crawl, dirs_exist_ok=True)
    (unfinished.crawl / "report.json").write_text('{"state": "running", "waiting": 123456}')
    found = {}
    try:
        for path in PATHS:
            own = path if path in ("/", "/api") else f"/pipelines/demo{path}".format(sha256=sha256(place))
            page = visit(own, language=language)
            for width in SIZES:
                page.set_viewport_size({"width": width, "height": 900})
                if outside := page.evaluate(OUTSIDE):
                    found[path, width] = outside
            page.close()
    finally:
        shutil.rmtree(unfinished.directory)
    assert found == {}


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ja"])
def test_runs_side_by_side_leave_no_box(visit: Open, place: Place, language: str) -> None:
    """Two seeds as a band, and with a run of other tokens per character; all that is folded is open."""
    (first, *_) = place.runs.iterdir()
    seed, other = small_pipeline.train(place, seed=71), small_pipeline.train(place, sampling="one-to-one")
    settings = other / "settings.yaml"
    settings.write_text(settings.read_text().replace("tokenizer: unidic-lite", "tokenizer: characters"))
    found = {}
    try:
        for runs in ((first, seed), (first, seed, other)):
            query = "&".join(f"run={run.name}" for run in runs)
            page = visit(f"/pipelines/demo/training?{query}", language=language)
            expect(page.locator("svg.chart .band").first).to_be_attached()
            page.locator("details").evaluate_all(OPENED)
            accessible(page)
            for width in SIZES:
                page.set_viewport_size({"width": width, "height": 900})
                if outside := page.evaluate(OUTSIDE):
                    found[len(runs), width] = outside
    finally:
        for run in (seed, other):
            shutil.rmtree(run)
    assert found == {}


def test_a_photo_on_a_phone_is_read_without_its_raw_rows(visit: Open, place: Place) -> None:
    page = visit(f"/pipelines/demo/photos/{sha256(place)}", "phone")
    page.get_by_role("link", name="Show them").click()
    expect(page.locator("#rows details")).to_have_count(4)
    expect(page.locator("#rows details[open]")).to_have_count(0)
    height = page.locator("#rows").evaluate("element => element.getBoundingClientRect().height")
    assert height < 300, "four folded lines"
    page.locator("#rows summary").first.click()
    expect(page.locator("#rows details").first.locator("td").first).to_be_visible()
    heights = page.locator("#rows td").evaluate_all("cells => cells.map(cell => cell.offsetHeight)")
    assert max(heights) < 300, "a long value scrolls by itself"


@pytest.mark.parametrize("width", WIDTHS)
def test_generate_journey(visit: Open, width: str) -> None:
    page = visit("/pipelines/demo/generate", width)
    captions = page.locator("article .captions.model")
    expect(captions).to_have_count(6)
    page.get_by_label("learned from (train)").check()
    expect(page.get_by_label("At random")).to_be_checked()
    expect(page.get_by_label("Beam width")).to_be_hidden()
    page.get_by_role("spinbutton", name="Captions").fill("2")
    page.get_by_role("button", name="Generate").click()
    expect(captions.first.locator("li")).to_have_count(2)
    assert "strategy=sample" in page.url
    assert "split=train" in page.url
    card = page.locator("article").first
    card.get_by_role("link", name="More captions").click()
    expect(page.locator("article").first.locator(".captions.model li")).to_have_count(5)
    expect(page.locator("article")).to_have_count(6)
    before = page.locator("article").first.get_attribute("id")
    page.get_by_role("link", name="Other photos").click()
    expect(page.locator("nav.pager").get_by_text("Page 2 of")).to_be_visible()
    assert page.locator("article").first.get_attribute("id") != before
    accessible(page)


def test_a_bar_leads_to_its_photos_and_back(visit: Open) -> None:
    """A bar filters by pointer, its row in the table by keys, and a facet is taken back by one."""
    page = visit("/pipelines/demo/data?split=dev")
    page.get_by_role("link", name="Columns as histograms").click()
    stars = page.locator("figure", has=page.get_by_role("heading", name="Stars of the captions"))
    stars.locator("a:has(rect.bar)").last.click()
    page.wait_for_url("**/data?split=dev&stars=4&stars_max=9")
    expect(page.get_by_label("Stars, at least")).to_have_value("4")
    found = page.get_by_role("status").inner_text()
    page.get_by_role("link", name="dev").filter(has_text="×").press("Enter")
    page.wait_for_url("**/data?stars=4&stars_max=9")
    assert page.get_by_role("status").inner_text() != found
    page.get_by_role("link", name="Statistics").press("Enter")
    stars = page.locator("figure", has=page.get_by_role("heading", name="Stars of the captions"))
    stars.locator("summary").press("Enter")
    stars.get_by_role("row").get_by_role("link").first.press("Enter")
    page.wait_for_url("**/data?stars=4&stars_max=9")


def test_neighbours_follow_and_rows_come_when_asked_for(visit: Open, place: Place) -> None:
    page = visit(f"/pipelines/demo/photos/{sha256(place)}")
    expect(page.locator("#near .strip li")).to_have_count(6)
    expect(page.locator("#rows details")).to_have_count(0)
    page.get_by_role("link", name="Show them").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rows details")).to_have_count(4)
    expect(page.locator("#rows")).to_be_focused()
    assert page.url.endswith(sha256(place)), "it is the same page"
    accessible(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_try_journey(visit: Open, place: Place, tmp_path: Path, width: str) -> None:
    photo = tmp_path / "p.jpg"
    from web.content.library import Library

    photo.write_bytes(Library().photo_bytes(place, sha256(place)))
    page = visit("/pipelines/demo/try", width)
    page.get_by_label("Choose a photo").set_input_files(photo)
    expect(page.get_by_alt_text("Your photo")).to_be_visible()
    expect(page.locator(".captions.model li")).to_have_count(1)
    expect(page.locator(".strip li")).to_have_count(6)
    accessible(page)


@pytest.mark.parametrize(
    ("width", "language", "name", "same", "none"),
    [
        (1280, "en", "Is mine in it?", "It is the same file.", "It is not in it."),
        (390, "ja", "自分のものが入っている？", "同じファイルです。", "ここにはありません。"),
    ],
)
def test_is_mine_in_it_journey(
    visit: Open, place: Place, width: int, language: str, name: str, same: str, none: str
) -> None:
    from web.content.library import Library

    page = visit("/pipelines/demo/training", "phone" if width < 600 else "desk", language=language)
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("contentinfo").get_by_role("link", name=name).click()
    results = page.locator("#results")
    page.get_by_role("searchbox").fill("https://bokete.jp/boke/1001")
    page.keyboard.press("Enter")
    expect(results.locator("article")).to_have_count(1)
    expect(results.get_by_role("img")).to_be_visible()
    assert "asked=https" in page.url, "a link that reproduces it"
    accessible(page)
    for content, said in (
        (Library().photo_bytes(place, sha256(place)), same),
        (crawl_tables.photo(999), none),
    ):
        files = [{"name": "p.jpg", "mimeType": "image/jpeg", "buffer": content}]
        page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
        expect(results.get_by_text(said)).to_be_visible()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_photo_can_be_pasted_and_dropped(visit: Open, place: Place) -> None:
    from web.content.library import Library

    page = visit("/pipelines/demo/try")
    content = base64.b64encode(Library().photo_bytes(place, sha256(place))).decode()
    script = """([content, kind]) => {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        const files = new DataTransfer();
        files.items.add(new File([bytes], "x", { type: "image/jpeg" }));
        const options = { bubbles: true, cancelable: true };
        document.querySelector("main").dispatchEvent(kind === "paste"
            ? new ClipboardEvent("paste", { ...options, clipboardData: files })
            : new DragEvent("drop", { ...options, dataTransfer: files }));
    }"""
    for kind in ("paste", "drop"):
        page.reload()
        page.evaluate(script, [content, kind])
        expect(page.get_by_alt_text("Your photo")).to_be_visible()


def test_what_is_no_photo_is_told_on_the_page(browser: Browser, address: str, tmp_path: Path) -> None:
    """Not through `visit`: the browser itself logs the status 422 on the console."""
    page = browser.new_page()
    page.goto(f"{address}/pipelines/demo/try")
    (tmp_path / "no.jpg").write_bytes(b"no photo")
    page.get_by_label("Choose a photo").set_input_files(tmp_path / "no.jpg")
    expect(page.get_by_role("alert")).to_contain_text("not a photo in a known format")
    page.close()


def test_the_whole_site_by_keyboard(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/#content")
    page.goto(page.url.split("#")[0])
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Generate", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/generate")
    page.get_by_label("Search").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("At random")).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("**strategy=sample**")


def test_light_and_dark_are_the_readers_choice(visit: Open) -> None:
    page = visit("/", scheme="dark")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Light or dark").click()
    expect(root).to_have_attribute("data-theme", "light")
    page.reload()
    expect(root).to_have_attribute("data-theme", "light")


def test_the_language_stays(visit: Open) -> None:
    page = visit("/pipelines/demo/data?label=犬")
    page.get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator("select[name=label]")).to_have_value("犬")
    page.get_by_role("link", name="学習", exact=True).click()
    expect(page.get_by_role("heading", name="エポックごとの損失")).to_be_visible()


def test_a_run_is_followed_live(visit: Open, place: Place) -> None:
    run = place.runs / "live-00000000"
    run.mkdir()
    try:
        page = visit(f"/pipelines/demo/training?run={run.name}")
        expect(page.get_by_text("No epoch is complete yet")).to_be_visible()
        (run / "log.jsonl").write_text(
            '{"epoch": 1, "loss": 3.5, "dev_loss": 3.6}\n{"epoch": 2, "loss": 3, "dev_loss": 3}\n'
        )
        expect(page.locator("svg.chart")).to_be_visible(timeout=15_000)
    finally:
        shutil.rmtree(run)


def test_without_scripts_everything_still_works(
    browser: Browser, address: str, place: Place, tmp_path: Path
) -> None:
    from web.content.library import Library

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/pipelines/demo/generate")
    page.get_by_label("At random").check()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("article")).to_have_count(6)
    page.get_by_role("link", name="More captions").first.click()
    expect(page.locator("article")).to_have_count(1)
    (tmp_path / "p.jpg").write_bytes(Library().photo_bytes(place, sha256(place)))
    page.goto(f"{address}/pipelines/demo/try")
    page.get_by_label("Choose a photo").set_input_files(tmp_path / "p.jpg")
    page.get_by_role("button", name="Caption it").click()
    expect(page.get_by_alt_text("Your photo")).to_be_visible()
    page.goto(f"{address}/pipelines/demo/photos/{sha256(place)}")
    page.get_by_role("link", name="Look for them").click()
    expect(page.locator(".strip li")).to_have_count(6)
    context.close()


def test_a_full_queue_is_told_on_the_page(browser: Browser, place: Place) -> None:
    app = create(place.data, "demo")
    object.__setattr__(app.state.services, "queue", FairQueue(capacity=0))
    from fastapi.testclient import TestClient

    with TestClient(app) as client:
        answer = client.get("/pipelines/demo/generate")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert "Try again in" in answer.text
        assert answer.text.count("<article") == 6, "people still have their say"


def test_the_copy_opens_from_the_disk(browser: Browser, place: Place, tmp_path: Path) -> None:
    index = export(place.data, "demo", tmp_path / "copy")
    complaints: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.goto(index.as_uri())
    expect(page.locator("article").first.locator(".captions.model li")).to_have_count(3)
    assert page.evaluate("document.images[1].naturalWidth") > 0
    page.get_by_role("link", name="Training").click()
    expect(page.locator("svg.chart")).to_be_visible()
    page.get_by_role("link", name="日本語").click()
    expect(page.get_by_role("heading", name="エポックごとの損失")).to_be_visible()
    assert complaints == []
    accessible(page)  # axe itself asks for the stylesheet, which a page from a disk may not
    page.close()
