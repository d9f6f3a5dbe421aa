"""Exports the Generate and Training pages as files that a browser opens without a server."""

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataset.export.made import exported
from dataset.export.pages import record_pages
from store.errors import UsageError
from store.photo.keys import check_keys
from store.place import Place
from store.progress import Progress
from store.whole_file import write_whole
from train.artifact import load
from web.caption_service import CaptionService
from web.content.library import Library
from web.content.runs import runs
from web.content.shown.hidden import Hidden
from web.content.shown.writer import Writer, writer
from web.content.speakers import Speakers
from web.content.stages import pipelines
from web.content.training.comparison import compare
from web.content.training.differences import differences, pooled
from web.languages import LANGUAGES, Translator
from web.links import STATIC, Links
from web.offline.decoder import MODEL, SCRIPTS, bytes_of, decoder_script
from web.options import WebOptions
from web.pages import Pages
from web.pictures import BROKEN_PHOTO_SVG, UnusablePhoto
from web.routes.generate import GenerateSettings, cards, hidden_on, select_photos
from web.routes.training import MAX_RUNS

CAPTIONS = 3
"""The model's captions per photo: a copy has no button that asks for more."""
PAGES_PER_SPLIT = 2
"""Pages of photos that are exported from each split."""
STATIC_FILES = ("style.css", "theme.js", "icon.svg")
log = logging.getLogger(__name__)


Group = tuple[str, list[dict[str, Any]]]
"""A split and the cards of its photos."""


class FileLinks(Links):
    """Addresses within a copy, relative to its folder.

    Args:
        language: the language of the page with the links.
        broken: the photos that are exported as a placeholder, since they cannot be decoded.
        writes: whether the model's decoder lies beside the pages.
    """

    is_copy = True

    def __init__(self, language: str, broken: set[str], writes: bool) -> None:
        super().__init__()
        self._language, self._broken, self.writes = language, broken, writes

    def overview(self) -> str:
        """Return the first page: the copy has no overview."""
        return file_name("generate", self._language)

    def page(self, name: str, pipeline: str, **query: object) -> str:
        """Return the file of a page."""
        return file_name(name, self._language)

    def photo_page(self, pipeline: str, sha256: str, part: str = "") -> str:
        """Return the photo itself: the copy has no page about it."""
        return self.photo(pipeline, sha256)

    def photo(self, pipeline: str, sha256: str, size: int = 600) -> str:
        """Return the file of a photo."""
        return f"photos/{sha256}.{'svg' if sha256 in self._broken else 'jpg'}"

    def static(self, name: str) -> str:
        """Return the file of a stylesheet, script or icon."""
        return f"static/{name}"


def file_name(name: str, language: str) -> str:
    """Return the file name of a page: index.html, training.html, index.ja.html, training.ja.html."""
    stem = {"generate": "index"}.get(name, name)
    return f"{stem}.html" if language == "en" else f"{stem}.{language}.html"


def export(
    data: Path,
    pipeline: str,
    directory: Path,
    options: WebOptions | None = None,
    speakers: Speakers | None = None,
) -> Path:
    """Write the copy into `directory`; return the path of its first page.

    Args:
        speakers: choose whose model writes the captions.

    Raises:
        MissingStage: there is no dataset or no model to show.
        UsageError: `directory` is a file.
        UserError: it holds other things than an earlier copy.
    """
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file. Name a folder: --export DIR")
    if pipeline not in pipelines(data, pipeline):
        raise UsageError(f"There is no pipeline {pipeline!r}")
    place, library = Place(data, pipeline), Library(options, patience=None)
    library.catalogue(place)  # without a dataset that is what to say
    run = (speakers or Speakers()).run(place)
    groups = list(_groups(place, library, run))
    record_pages(place.dataset, directory)
    shown = {card["photo"]["sha256"] for _, found in groups for card in found}
    shown |= {
        caption.source.sha256
        for _, found in groups
        for card in found
        for caption in card["model"]
        if caption.source
    }
    with exported(directory) as new:
        # Before the pages: they link to the placeholder of a photo that cannot be decoded.
        broken = _photos(place, library, sorted(shown), new / "photos")
        sha256s = [card["photo"]["sha256"] for _, found in groups for card in found]
        writes = _decoder(place, library, run, sha256s, new)
        for name in STATIC_FILES + SCRIPTS * writes:
            write_whole(new / "static" / name, (STATIC / name).read_bytes())
        for language in LANGUAGES:
            links = FileLinks(language, broken, writes)
            _pages(place, groups, writer(place, run), links, language, new)
    return directory / file_name("generate", "en")


def _groups(place: Place, library: Library, run: Path) -> Iterator[Group]:
    """Yield the splits, dev first, with their cards."""
    catalogue = library.catalogue(place)
    for split in ("dev", "train"):
        numbers: list[int] = []
        for page in range(1, PAGES_PER_SPLIT + 1):
            found, last = select_photos(catalogue, GenerateSettings(split=split, page=page))
            # Past the last page `select_photos` would give the last again.
            numbers += found if page <= last else []
        sha256s = [catalogue.sha256s[number] for number in numbers]
        captions = CaptionService(library).for_photos(place, run, sha256s, GenerateSettings(n=CAPTIONS))
        yield split, cards(catalogue, numbers, captions)


def _photos(place: Place, library: Library, sha256s: list[str], directory: Path) -> set[str]:
    """Write the photos; return those that cannot be decoded."""
    check_keys(place.dataset, pa.chunked_array([sha256s], pa.string()))  # files are named by them
    broken = set()
    with Progress("export", len(sha256s), "photos") as progress:
        for sha256 in sha256s:
            try:
                write_whole(directory / f"{sha256}.jpg", library.jpeg(place, sha256, 600))
            except UnusablePhoto:
                write_whole(directory / f"{sha256}.svg", BROKEN_PHOTO_SVG)
                broken.add(sha256)
            progress.advance()
    return broken


def _decoder(place: Place, library: Library, run: Path, sha256s: list[str], directory: Path) -> bool:
    """Write the model's decoder for these photos; tell whether it was written."""
    artifact = load(run / "model")
    limit, size = library.options.decoder_megabytes, bytes_of(artifact) / 1e6
    if size > limit:
        log.warning(
            "The copy writes no captions by itself: its decoder would take %.1f MB, and "
            "web.decoder_megabytes is %g. Raise it to %d to bring it along",
            *(size, limit, math.ceil(size)),
        )
        return False
    vectors = library.vectors(place, artifact.config.features.key).of(sha256s)[:]
    shown = dict(zip(sha256s, vectors, strict=True))
    script = decoder_script(artifact, shown, forbidden=Hidden(library.options.hide).words)
    write_whole(directory / MODEL, script)
    return True


def _pages(
    place: Place, groups: list[Group], writes: Writer, links: FileLinks, language: str, directory: Path
) -> None:
    pages = Pages(place.name, links)
    found = runs(place)
    folders = [place.runs / run.name for run in found[:MAX_RUNS]]
    for name, context in {
        "generate": {
            "groups": groups,
            "settings": GenerateSettings(),
            "pages": 1,
            "problem": None,
            "writer": writes,
            "hidden": hidden_on(groups),
            "runs": [],
            "query": {},
        },
        "training": {
            "runs": found,
            "shown": found[:MAX_RUNS],
            "command": place.command("train"),
            "differences": differences(folders, Translator(language)),
            "over_seeds": pooled(folders, Translator(language)),
            **compare(found[:MAX_RUNS], folders, Translator(language)),
        },
    }.items():
        language_links = {code: file_name(name, code) for code in LANGUAGES}
        text = pages.render(f"{name}.html", language, current=name, language_links=language_links, **context)
        write_whole(directory / file_name(name, language), text)
