"""What runs write for the photos of a copy, and their decoders, by which the copy writes more."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import UserError
from store.place import Place
from train.artifact import load
from web.caption_service import CaptionService
from web.content.library import Library
from web.content.shown.hidden import Hidden
from web.content.shown.writer import Writer, writer
from web.offline.closed import keeps_model
from web.offline.decoder import bytes_of, decoder_script
from web.routes.generate import GenerateSettings, cards

CAPTIONS = 3
"""The model's captions per photo: a copy has no button that asks a server for more."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Written:
    """What one run writes.

    Args:
        writer: the run.
        groups: each split with the cards of its photos.
        decoder: the script with its model; None where that is too large, or licences keep it.
    """

    writer: Writer
    groups: list[tuple[str, list[dict[str, Any]]]]
    decoder: bytes | None


def written_by(
    place: Place, library: Library, runs: Sequence[Path], chosen: Mapping[str, list[int]]
) -> Iterator[Written]:
    """Yield what runs write; one of the others that cannot is left out, which is said.

    Args:
        runs: the first is the one that must.
        chosen: the numbers of the photos of each split.

    Raises:
        UserError: there is no model or no vectors, or they do not belong together.
    """
    for run in runs:
        try:
            yield _written(place, library, run, chosen)
        except UserError as error:
            if run == runs[0]:
                raise
            log.warning("The copy leaves out the run %s: %s", run.name, error)


def _written(place: Place, library: Library, run: Path, chosen: Mapping[str, list[int]]) -> Written:
    catalogue, service, groups = library.catalogue(place), CaptionService(library), []
    for split, numbers in chosen.items():
        sha256s = [catalogue.sha256s[number] for number in numbers]
        captions = service.for_photos(place, run, sha256s, GenerateSettings(n=CAPTIONS))
        groups.append((split, cards(catalogue, numbers, captions)))
    shown = [catalogue.sha256s[number] for numbers in chosen.values() for number in numbers]
    return Written(writer(place, run), groups, _decoder(place, library, run, shown))


def _decoder(place: Place, library: Library, run: Path, sha256s: list[str]) -> bytes | None:
    """Return the script with a run's model for these photos; None where it is too large or may not go."""
    if keeps_model(run):
        return None
    artifact = load(run / "model")
    limit, size = library.options.decoder_megabytes, bytes_of(artifact) / 1e6
    if size > limit:
        log.warning(
            "The copy writes no captions by itself: its decoder would take %.1f MB, and "
            "web.decoder_megabytes is %g. Raise it to %d to bring it along",
            *(size, limit, math.ceil(size)),
        )
        return None
    vectors = library.vectors(place, artifact.config.features.key).of(sha256s)[:]
    shown = dict(zip(sha256s, vectors, strict=True))
    return decoder_script(artifact, shown, forbidden=Hidden(library.options.hide).words)
