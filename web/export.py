"""A copy of the Generate and Training pages as files that open without a server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from store.errors import UsageError
from store.place import Place
from store.progress import Progress
from store.whole_file import write_whole
from web.content.curves import comparison
from web.content.library import Library
from web.content.runs import chosen, runs
from web.content.stages import pipelines
from web.languages import LANGUAGES, Speaker
from web.links import STATIC, Links
from web.pages import Pages
from web.pictures import BROKEN, UnusablePhoto
from web.routes.generate import Wanted, cards, photos
from web.routes.training import MOST
from web.studio import Studio

PAGES = 2
"""Pages of photos that are copied of each split."""
FILES = ("style.css", "theme.js", "icon.svg")


Group = tuple[str, list[dict[str, Any]]]
"""A split and the cards of its photos."""


class FileLinks(Links):
    """Addresses within a copy, relative to its folder.

    Args:
        language: of the page that the links stand on.
        broken: photos that a drawing stands for.
    """

    is_copy = True

    def __init__(self, language: str, broken: set[str]) -> None:
        self._language, self._broken = language, broken

    def overview(self) -> str:
        """Return the first page: the copy has no overview."""
        return file("generate", self._language)

    def page(self, name: str, pipeline: str, **query: object) -> str:
        """Return the file of a page."""
        return file(name, self._language)

    def photo_page(self, pipeline: str, sha256: str) -> str:
        """Return the photo itself: the copy has no page about it."""
        return self.photo(pipeline, sha256)

    def photo(self, pipeline: str, sha256: str, size: int = 600) -> str:
        """Return the file of a photo."""
        return f"photos/{sha256}.{'svg' if sha256 in self._broken else 'jpg'}"

    def static(self, name: str) -> str:
        """Return the file of a stylesheet, script or icon."""
        return f"static/{name}"


def file(name: str, language: str) -> str:
    """Return the file name of a page: index.html, training.html, index.ja.html, training.ja.html."""
    stem = {"generate": "index"}.get(name, name)
    return f"{stem}.html" if language == "en" else f"{stem}.{language}.html"


def export(data: Path, pipeline: str, directory: Path) -> Path:
    """Write the copy into `directory`; return the page to open.

    Raises:
        MissingStage: there is no dataset or no model to show.
        UsageError: `directory` is a file.
    """
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file. Name a folder: --export DIR")
    if pipeline not in pipelines(data, pipeline):
        raise UsageError(f"There is no pipeline {pipeline!r}")
    place, library = Place(data, pipeline), Library()
    groups = list(_groups(place, library))
    shown = {card["photo"]["sha256"] for _, found in groups for card in found}
    shown |= {
        one.source.sha256 for _, found in groups for card in found for one in card["model"] if one.source
    }
    broken = _photos(place, library, sorted(shown), directory / "photos")
    for name in FILES:
        write_whole(directory / "static" / name, (STATIC / name).read_bytes())
    for language in LANGUAGES:
        _pages(place, groups, language, broken, directory)
    return directory / file("generate", "en")


def _groups(place: Place, library: Library) -> Iterator[Group]:
    """Yield the splits, dev first, with their cards."""
    catalogue, run = library.catalogue(place), chosen(place)
    for split in ("dev", "train"):
        numbers: list[int] = []
        for page in range(1, PAGES + 1):
            found, last = photos(catalogue, Wanted(split=split, page=page))
            numbers += found if page <= last else []
        sha256s = [catalogue.sha256s[number] for number in numbers]
        drawn = Studio(library).captions(place, run, sha256s, Wanted())
        yield split, cards(catalogue, numbers, drawn)


def _photos(place: Place, library: Library, sha256s: list[str], directory: Path) -> set[str]:
    """Write the photos; return those that cannot be decoded."""
    broken = set()
    with Progress("export", len(sha256s), "photos") as progress:
        for sha256 in sha256s:
            try:
                write_whole(directory / f"{sha256}.jpg", library.jpeg(place, sha256, 600))
            except UnusablePhoto:
                write_whole(directory / f"{sha256}.svg", BROKEN)
                broken.add(sha256)
            progress.advance()
    return broken


def _pages(place: Place, groups: list[Group], language: str, broken: set[str], directory: Path) -> None:
    pages = Pages(place.name, FileLinks(language, broken))
    found = runs(place)
    for name, context in {
        "generate": {
            "groups": groups,
            "wanted": Wanted(),
            "pages": 1,
            "problem": None,
            "runs": [],
            "query": {},
        },
        "training": {
            "runs": found,
            "shown": found[:MOST],
            "command": place.command("train"),
            **comparison(found[:MOST], Speaker(language)),
        },
    }.items():
        same = {code: file(name, code) for code in LANGUAGES}
        text = pages.render(f"{name}.html", language, here=name, same=same, **context)
        write_whole(directory / file(name, language), text)
