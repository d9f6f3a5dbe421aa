"""Who writes the captions on a page: which run, and what of it a reader should know before laughing."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dataset.rights.attribution import is_all_drawn
from store.errors import DamagedFile
from store.place import Place
from store.whole_file import read_object
from web.content.file_cache import file_version
from web.languages import Message

RANDOM = Message("Its vectors are random numbers: the model sees nothing of a photo.")
UNTRAINED = Message(
    "The network that looks at the photos is untrained: it tells shapes and colours, not things."
)
DRAWN = Message("It has learned from drawings alone: to it, a photo is something it has never seen.")


@dataclass(frozen=True)
class Writer:
    """A run that writes.

    Args:
        run: its name.
        network: what made its vectors, for a title.
        notes: what speaks against taking its captions for more than they are.
    """

    run: str
    network: Message
    notes: tuple[Message, ...]


def writer(place: Place, run: Path) -> Writer:
    """Return what there is to know of a run that writes; files that cannot be read tell nothing."""
    config, statistics = run / "model" / "config.json", place.dataset / "statistics.json"
    return _writer(run, config, statistics, file_version(config, statistics))


@lru_cache(100)
def _writer(run: Path, config: Path, statistics: Path, version: object) -> Writer:
    # `version` changes with the files, and so makes lru_cache read them again.
    model = _object(config)
    features = model.get("features")
    options = features.get("options") if isinstance(features, dict) else None
    weights = str((options or {}).get("weights") or "")
    is_random = weights == "random" or model.get("vectors") == "random"
    return Writer(
        run.name, _network(weights, is_random), tuple(_notes(weights, is_random, _object(statistics)))
    )


def _network(weights: str, is_random: bool) -> Message:
    if is_random:
        return Message("random numbers")
    known = {"caffenet": "CaffeNet", "untrained": "CaffeNet, untrained", "": "a network"}
    return Message(known[weights]) if weights in known else Message("{name}", {"name": Path(weights).name})


def _notes(weights: str, is_random: bool, statistics: dict[str, Any]) -> Iterator[Message]:
    if is_random:
        yield RANDOM
    elif weights == "untrained":
        yield UNTRAINED
    if is_all_drawn(statistics):
        yield DRAWN


def _object(path: Path) -> dict[str, Any]:
    with suppress(OSError, DamagedFile):
        return read_object(path)
    return {}
