"""A run of 20 epochs is played in a browser: on a phone and a desk, in both languages, by mouse and keys."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from store.place import Place
from tests.web.test_browser import OUTSIDE, accessible
from tests.web.test_learning import caption, dev, write
from web.app import create
from web.browser import serving
from web.export import export

EPOCHS = 20
STEP = 900
"""Milliseconds that a playing slider shows an epoch."""
WIDTHS = {390: 844, 1280: 900}
PLAY = {"en": ("Play", "Pause", "Epoch"), "ja": ("再生", "一時停止", "エポック")}
Open = Callable[..., Page]


def numbered(place: Place, run: str, epochs: range, sign: str) -> None:
    """Write a run whose captions name the epoch and the photo."""
    lines = [
        (
            epoch,
            {
                sha256: (caption(f"{sign}{epoch}の{number}"), caption(f"{epoch}抽"))
                for number, sha256 in enumerate(dev(place)[:8])
            },
        )
        for epoch in epochs
    ]
    write(place.runs / run, *lines)
    (place.runs / run / "settings.yaml").write_text("train: {}\n")
    log = [{"epoch": n, "loss": 4 / n, "dev_loss": 4.5 / n} for n in range(1, EPOCHS + 1)]
    (place.runs / run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log))


@pytest.fixture(scope="module")
def place(whole: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a copy of the whole pipeline with two runs of 20 epochs, one of them measured every other."""
    data = shutil.copytree(whole.data, tmp_path_factory.mktemp("learning") / "data")
    copy = replace(whole, data=data)
    numbered(copy, "every", range(1, EPOCHS + 1), "犬")
    numbered(copy, "other", range(2, EPOCHS + 1, 2), "猫")
    return copy


@pytest.fixture(scope="module")
def address(place: Place) -> Iterator[str]:
    with serving(create(place.data, "demo", ("127.0.0.1",))) as address:
        yield f"{address}/pipelines/demo/training"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page whose clock the test moves; at the end, the console must be empty."""
    complaints: list[str] = []
    contexts = []

    def open_page(address: str, width: int = 1280, clock: bool = True, **settings: object) -> Page:
        size = {"width": width, "height": WIDTHS[width]}
        context = browser.new_context(viewport=size, **settings)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if clock:
            page.clock.install(time=0)
        page.goto(address)
        if clock:
            page.clock.pause_at(3_600_000)  # later than it can be by itself
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def greedy(page: Page, run: str) -> Locator:
    return page.locator(f'.said[data-run="{run}"] .greedy')


def shows(page: Page, epoch: int) -> None:
    """Fail where the page does not show what both runs wrote last by an epoch."""
    expect(greedy(page, "every").nth(3)).to_have_text(f"犬{epoch}の3")
    other = f"猫{epoch - epoch % 2}の3" if epoch > 1 else "–"
    expect(greedy(page, "other").nth(3)).to_have_text(other)
    expect(page.locator('.said[data-run="every"] .sample').first).to_have_text(f"{epoch}抽")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", PLAY)
def test_the_slider_plays_a_run_of_20_epochs(visit: Open, address: str, width: int, language: str) -> None:
    """Two runs side by side, light in English and dark in Japanese."""
    play, pause, epoch = PLAY[language]
    scheme = "dark" if language == "ja" else "light"
    page = visit(f"{address}?run=every&run=other&lang={language}", width, color_scheme=scheme)
    shows(page, EPOCHS)
    slider = page.locator("#learning").get_by_label(epoch)
    page.get_by_role("button", name=play, exact=True).click()
    expect(page.get_by_role("button", name=pause)).to_be_visible()
    for number in range(1, EPOCHS + 1):
        shows(page, number)
        expect(slider).to_have_value(str(number))
        page.clock.run_for(STEP)
    expect(page.get_by_role("button", name=play, exact=True)).to_be_visible()
    shows(page, EPOCHS)
    page.clock.resume()
    accessible(page)
    assert page.evaluate(OUTSIDE) == []


def test_it_is_played_and_moved_by_keys_also_with_reduced_motion(visit: Open, address: str) -> None:
    page = visit(f"{address}?run=every&run=other", reduced_motion="reduce")
    slider = page.locator("#learning").get_by_label("Epoch")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    shows(page, EPOCHS - 1)
    page.keyboard.press("Home")
    shows(page, 1)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    page.clock.run_for(2 * STEP)
    shows(page, 3)
    page.keyboard.press("Enter")
    page.clock.run_for(5 * STEP)
    shows(page, 3)


def test_values_of_curves_are_read_by_pointer_and_by_keys(visit: Open, address: str) -> None:
    page = visit(f"{address}?run=every")
    readout = page.locator(".readout")
    chart = page.locator("svg.chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 104 / 720, box["y"] + box["height"] / 2)
    expect(readout).to_have_text("train 4dev 4.5")
    page.get_by_label("Values at epoch").focus()
    page.keyboard.press("ArrowRight")
    expect(readout).to_have_text("train 2dev 2.25")
    page.get_by_label("Logarithmic axis").check()
    expect(page).to_have_url(re.compile("log=1"))
    smoothing = page.get_by_label("Smoothing of the curves")
    smoothing.focus()
    smoothing.select_option("0.6")
    expect(page.locator("path.faint")).to_have_count(2)
    expect(smoothing).to_be_focused()
    assert "log=1" in page.url


def test_a_run_that_trains_is_followed(visit: Open, address: str, place: Place) -> None:
    run = place.runs / "live-00000000"
    photos = dev(place)[:2]
    run.mkdir()
    try:
        (run / "log.jsonl").write_text('{"epoch": 1, "loss": 3.5, "dev_loss": 3.6}\n')
        page = visit(f"{address}?run={run.name}", clock=False)
        expect(page.locator("#learning")).to_contain_text("Dev was not measured yet")
        lines = [(n, {sha256: (caption(f"犬{n}"), None) for sha256 in photos}) for n in (1, 2, 3)]
        write(run, lines[0], is_complete=False)
        expect(greedy(page, run.name).first).to_have_text("犬1", timeout=15_000)
        write(run, *lines, is_complete=False)
        expect(greedy(page, run.name).first).to_have_text("犬3", timeout=15_000)
        page.locator("#learning").get_by_label("Epoch").fill("2")
        expect(greedy(page, run.name).first).to_have_text("犬2")
        write(run, *lines, (4, lines[0][1]), is_complete=False)
        expect(page.locator("#learning").get_by_label("Epoch")).to_have_attribute("max", "4", timeout=15_000)
        expect(greedy(page, run.name).first).to_have_text("犬2")
    finally:
        shutil.rmtree(run)


def test_without_scripts_the_slider_is_a_form(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}?run=every&run=other")
    expect(page.get_by_role("button", name="Play")).to_be_hidden()
    slider = page.locator("#learning").get_by_label("Epoch")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Show").click()
    shows(page, EPOCHS - 3)
    context.close()


@pytest.mark.parametrize("language", PLAY)
def test_it_plays_in_a_copy_on_the_disk(visit: Open, place: Place, tmp_path: Path, language: str) -> None:
    copied = replace(place, data=shutil.copytree(place.data, tmp_path / "data"))
    shutil.rmtree(copied.runs / "other")
    index = export(copied.data, "demo", tmp_path / "copy")
    name = "training.html" if language == "en" else f"training.{language}.html"
    page = visit((index.parent / name).as_uri())
    page.get_by_role("button", name=PLAY[language][0], exact=True).click()
    for number in (1, 2, 3):
        expect(greedy(page, "every").nth(3)).to_have_text(f"犬{number}の3")
        page.clock.run_for(STEP)
    assert page.evaluate(
        "[...document.images].every((image) => image.loading === 'lazy' || image.naturalWidth)"
    )
