"""Takes the screenshots of the README: `make screenshots` does it with the demo pipeline.

python -m web.screenshots [--data DIR] [--pipeline NAME] [--output docs/screenshots]
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from store.errors import UserError
from store.place import Place
from store.whole_file import write_whole
from web.app import create
from web.browser import ARGUMENTS, CHROMIUM, serving
from web.content.library import Library
from web.door.security import LOOPBACK


@dataclass(frozen=True)
class Shot:
    """One screenshot: its file name, the page, and the size, colours and language of the browser."""

    name: str
    path: str
    width: int = 1280
    height: int = 860
    scheme: str = "light"
    language: str = "en"


SHOTS = (
    Shot("overview", "/", height=1000),
    Shot("data", "/data", height=1100),
    Shot("map", "/map", height=1280),
    Shot("training", "/training"),
    Shot("generate", "/generate?split=train&strategy=sample&temperature=0.7&n=4&seed=2", height=1200),
    Shot("try", "/try", height=1020),
    Shot("generate-dark", "/generate?split=train", height=1200, scheme="dark", language="ja"),
    Shot("phone", "/generate?split=train", 390, 844, language="ja"),
)


def main() -> None:
    """Take every screenshot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--pipeline", default="demo")
    parser.add_argument("--output", type=Path, default=Path("docs/screenshots"))
    arguments = parser.parse_args()
    place = Place(arguments.data, arguments.pipeline)
    if not Path(CHROMIUM).exists():
        raise SystemExit(f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk")
    try:
        content = _photo(place)
    except UserError as error:
        raise SystemExit(f"{error}\nThe pictures show a whole pipeline: make demo") from None
    with serving(create(place.data, place.name, LOOPBACK)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        for shot in SHOTS:
            picture = _take(browser, address, place.name, shot, content)
            write_whole(arguments.output / f"{shot.name}.png", picture)
            print(f"{arguments.output / shot.name}.png  {len(picture):,} bytes")
        browser.close()


def _photo(place: Place) -> bytes:
    """Return a photo for the Try page: one that the model has not seen."""
    catalogue = Library().catalogue(place)
    found = np.flatnonzero(catalogue.of_split("dev"))
    return catalogue.bytes(int(found[len(found) // 2] if len(found) else 0))


def _take(browser: Browser, address: str, pipeline: str, shot: Shot, photo: bytes) -> bytes:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        locale=shot.language,
        timezone_id="UTC",
        # Phones have dense screens: a picture of 390 pixels would look blurred in the README.
        device_scale_factor=2 if shot.width < 600 else 1,
    )
    page = context.new_page()
    page.goto(address + (shot.path if shot.path == "/" else f"/pipelines/{pipeline}{shot.path}"))
    if shot.name == "try":
        _try(page, photo)
    if shot.name == "map":  # it is laid out once, and the page asks again until it is
        page.locator("canvas").wait_for(timeout=120_000)
    if shot.width < 600:
        page.locator("article").first.scroll_into_view_if_needed()
        page.evaluate(
            "document.querySelector('article').scrollIntoView({block: 'start', behavior: 'instant'})"
        )
    # Photos load lazily.
    page.wait_for_load_state("networkidle")
    picture = page.screenshot()
    context.close()
    return picture


def _try(page: Page, photo: bytes) -> None:
    files = [{"name": "photo", "mimeType": "image/jpeg", "buffer": photo}]
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    page.locator("#results article").wait_for()


if __name__ == "__main__":
    main()
