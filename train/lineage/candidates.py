"""The complete runs of a pipeline, each beside what the pipeline would train now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dataset.lineage import without_held_out
from dataset.options import DatasetOptions
from store.errors import DamagedFile
from store.lineage.difference import Difference, differences
from store.manifest import read_manifest
from store.place import Place
from train.history import best, read_log
from train.lineage.wanted import Wanted
from train.options import TrainOptions
from train.runs.find import complete
from train.runs.identity import INCIDENTAL, MadeFrom, made_from

NOT_IN_KEY = ("batch_size", "backend", "engine", "ray")
"""The settings of features that are kept beside vectors, and that these do not depend on."""


@dataclass(frozen=True)
class Candidate:
    """A complete run beside what the pipeline wants.

    Args:
        differ: the settings that made it and are not the pipeline's: of its dataset, vectors and training.
        is_of_dataset: it learned from the dataset that is there now.
        is_blind: it saw random vectors in the place of photos.
        loss: on dev, nats per token; None where none was measured.
    """

    run: Path
    differ: tuple[Difference, ...]
    is_of_dataset: bool
    is_blind: bool
    loss: float | None


def candidates(wanted: Wanted) -> list[Candidate]:
    """Return every complete run beside what the pipeline wants; runs that cannot be read are left out."""
    return list(_candidates(wanted.place, lambda made: tuple(_differences(wanted, made))))


def known(place: Place) -> list[Candidate]:
    """Return every complete run of a pipeline whose settings are not known: none differs from them."""
    return list(_candidates(place, lambda _: ()))


def _candidates(place: Place, differ: Callable[[MadeFrom], tuple[Difference, ...]]) -> Iterator[Candidate]:
    dataset = _manifest(place.dataset)
    for run in complete(place.runs):
        try:
            made, loss = made_from(run), dev_loss(run)
        except DamagedFile:  # `bokeru verify` says so
            continue
        is_of_dataset = made.built is not None and made.built == dataset.get("fingerprint")
        if made.dataset is None and is_of_dataset:
            made = replace(made, dataset=dataset.get("settings"))
        is_blind = "random" in ((made.features or {}).get("weights"), made.train.get("vectors"))
        yield Candidate(run, differ(made), is_of_dataset, is_blind, loss)


def dev_loss(run: Path) -> float | None:
    """Return the loss on dev of the epoch that a run keeps, nats per token; None where none was measured.

    It is that over known tokens, where the log has it.

    Raises:
        DamagedFile: the log cannot be read.
    """
    record = best(read_log(run)) or {}
    losses = (record.get(name) for name in ("dev_known_loss", "dev_loss"))
    return next((float(loss) for loss in losses if loss is not None), None)


def _differences(wanted: Wanted, made: MadeFrom) -> Iterator[Difference]:
    """Yield in what a run is not what the pipeline would train; what is not told is no difference."""
    dataset = made.dataset or ({"tokenizer": made.tokenizer} if made.tokenizer else {})
    if "dev_odai" in dataset:
        dataset = {**dataset, "dev_odai": without_held_out(dataset["dev_odai"], wanted.held_out)}
    settings = wanted.dataset.of_result()
    if made.dataset is None:
        settings = {name: value for name, value in settings.items() if name in dataset}
    yield from differences("dataset", dataset, settings, DatasetOptions().of_result())
    yield from _of_vectors(wanted, made)
    training, defaults = (
        options.model_dump(mode="json", exclude=INCIDENTAL) for options in (wanted.train, TrainOptions())
    )
    yield from differences("train", made.train, training, defaults)
    if made.variant:
        yield Difference("what an experiment changed", made.variant, "nothing", is_setting=False)


def _manifest(directory: Path) -> Mapping[str, Any]:
    try:
        return read_manifest(directory) or {}
    except DamagedFile:
        return {}


def _of_vectors(wanted: Wanted, made: MadeFrom) -> Iterator[Difference]:
    """Yield in what a run's vectors differ: by the name of their cache, and the settings that tell of it."""
    key = wanted.cache.name if wanted.cache else None  # else only the settings tell
    if made.key is None or made.key == key:
        return
    kept, settings = made.features or {}, wanted.features.of_result()
    told = [
        Difference(f"features.{name}", kept[name], value)
        for name, value in settings.items()
        if name in kept and name not in NOT_IN_KEY and None not in (kept[name], value) and kept[name] != value
    ]
    if told or key is not None:
        yield from told or [Difference("vectors", made.key, key, is_setting=False)]
