"""Exports the pages as files that a browser opens without a server."""

import base64
from collections.abc import Sequence, Set
from itertools import islice
from pathlib import Path

import pyarrow as pa

from dataset.export.made import exported
from dataset.export.pages import record_pages
from store.errors import UsageError
from store.photo.keys import check_keys
from store.place import Place
from store.progress import Progress
from store.whole_file import write_whole
from web.content.catalogue import Catalogue
from web.content.library import Library
from web.content.runs import runs as all_runs
from web.content.shown.glosses import Gloss, Glosses, nothing
from web.content.shown.learning import photos_of
from web.content.speakers import Speakers
from web.content.stages import pipelines
from web.languages import LANGUAGES
from web.links import STATIC
from web.offline import closed, decoder, keys
from web.offline.links import file_name, model_name
from web.offline.pages import Copy
from web.offline.written import Written, written_by
from web.options import WebOptions
from web.pictures import BROKEN_PHOTO_SVG, UnusablePhoto
from web.routes.generate import PER_PAGE
from web.routes.training import MAX_RUNS, learned_by

PER_SPLIT = 2 * PER_PAGE
"""Photos that are exported from each split."""
STATIC_FILES = ("style.css", "theme.js", "picture.js", "curves.js", "learn.js", "icon.svg")


def export(
    data: Path,
    pipeline: str,
    directory: Path,
    options: WebOptions | None = None,
    speakers: Speakers | None = None,
    contact: str | None = None,
    gloss: Gloss = nothing,
) -> Path:
    """Write the copy into `directory`; return the path of its first page.

    Args:
        speakers: choose whose model writes the captions.
        contact: whom owners of photos and captions can write to.
        gloss: returns what a drawn caption says in English, None where it cannot tell.

    Raises:
        MissingStage: there is no dataset or no model to show.
        UsageError: `directory` is a file.
        UserError: it holds other things than an earlier copy; licences let nobody pass on any photo.
    """
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file. Name a folder: --export DIR")
    if pipeline not in pipelines(data, pipeline):
        raise UsageError(f"There is no pipeline {pipeline!r}")
    place, library = Place(data, pipeline), Library(options, patience=None)
    catalogue = library.catalogue(place)  # without a dataset that is what to say
    runs = _runs(speakers or Speakers(), place, library.options.copy_runs)
    left_out = closed.left_out(place, catalogue.sha256s)
    chosen = {split: _numbers(catalogue, split, left_out) for split in ("dev", "train")}
    written = list(written_by(place, library, runs, chosen))
    shown = {catalogue.sha256s[number] for numbers in chosen.values() for number in numbers}
    learned, _ = learned_by(all_runs(place)[:MAX_RUNS], place, library)
    learned = closed.without(learned, left_out)
    watched = set(photos_of(learned.runs)) if learned else set()
    record_pages(place.dataset, directory)
    with exported(directory) as new:
        # Before the pages: they link to the placeholder of a photo that cannot be decoded.
        broken = _photos(place, library, sorted(shown | watched | _sources(written)), new / "photos")
        _picture_scripts(sorted(shown - broken), new / "photos")
        has_keys = _scripts(place, library.options, written, new)
        glosses = Glosses(data, gloss)
        copy = Copy(
            place, catalogue, chosen, written, learned, broken, has_keys, contact, len(left_out), glosses
        )
        for language in LANGUAGES:
            for name, text in copy.rendered(language):
                write_whole(new / name, text)
    return directory / file_name("generate", "en")


def _runs(speakers: Speakers, place: Place, most: int) -> list[Path]:
    """Return the runs that write: the one that speaks for the pipeline, then the newest."""
    first = speakers.run(place)
    others = (place.runs / run.name for run in speakers.with_models(place) if run.name != first.name)
    return [first, *others][:most]


def _numbers(catalogue: Catalogue, split: str, left_out: Set[str]) -> list[int]:
    """Return the numbers of the photos of a split that a copy shows, in the order of the Generate page."""
    shown = (int(each) for each in catalogue.shuffled(split) if catalogue.sha256s[each] not in left_out)
    return list(islice(shown, PER_SPLIT))


def _sources(written: Sequence[Written]) -> set[str]:
    """Return the photos that captions were written for, where that is another one than they stand at."""
    cards = (card for one in written for _, found in one.groups for card in found)
    return {caption.source.sha256 for card in cards for caption in card["model"] if caption.source}


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


def _picture_scripts(sha256s: list[str], directory: Path) -> None:
    """Write each photo as a script, too: from a disk, a page may draw no other file (`static/picture.js`)."""
    for sha256 in sha256s:
        content = base64.b64encode((directory / f"{sha256}.jpg").read_bytes()).decode()
        write_whole(directory / f"{sha256}.js", f'bokeruPictures.photo("{sha256}", "{content}");\n')


def _scripts(place: Place, options: WebOptions, written: Sequence[Written], directory: Path) -> bool:
    """Write styles and scripts, models and the list of keys; tell whether the last is there."""
    names = [*STATIC_FILES, keys.SCRIPT]
    for number, one in enumerate(written):
        if one.decoder:
            model = model_name(one.writer.run if number else None)
            write_whole(directory / "static" / "offline" / f"{model}.js", one.decoder)
    if any(one.decoder for one in written):
        names += decoder.SCRIPTS
    for name in names:
        write_whole(directory / "static" / name, (STATIC / name).read_bytes())
    script = keys.keys_script(place, options.keys_megabytes)
    if script:
        write_whole(directory / keys.KEYS, script)
    return script is not None
