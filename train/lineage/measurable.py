"""Whether a model can be measured on a dataset: it was cut, split and seen as what the model learned from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dataset.build.sides import SETTINGS as SPLIT
from store.errors import UserError
from store.place import Place
from train.data import dataset_manifest
from train.runs.identity import MadeFrom, made_from


def unlike(run: Path, dataset: Path) -> tuple[str, ...]:
    """Return in what a dataset is not like the one that a run learned from; nothing where it can be measured.

    Other filters make other photos and captions, which it can be measured on; what neither side tells is no
    difference.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: what tells of one of them cannot be read.
    """
    return tuple(_unlike(made_from(run), dataset_manifest(dataset)))


def require(run: Path, dataset: Path) -> None:
    """Stop where a model cannot be measured on a dataset.

    Raises:
        UserError: it cannot; the message says why, and names the ways on.
        MissingStage, DamagedFile: as `unlike`.
    """
    if reasons := unlike(run, dataset):
        place = Place.of(run)
        raise UserError(
            f"{run.name} cannot be measured on {dataset}: {'; '.join(reasons)}. Build the dataset as it was: "
            f"{place.command('dataset')}. Or measure a run that learned from this one: "
            f"{place.command('runs list')}"
        )


def _unlike(made: MadeFrom, manifest: Mapping[str, Any]) -> Iterator[str]:
    settings = manifest.get("settings", {})
    tokenizer = manifest.get("tokenizer", settings.get("tokenizer"))
    if None not in (made.tokenizer, tokenizer) and made.tokenizer != tokenizer:
        yield f"it learned from tokens of {made.tokenizer}, and these are of {tokenizer}"
    elif None not in (made.tokens, manifest.get("tokens")) and made.tokens != manifest["tokens"]:
        yield f"it learned from tokens of {made.tokens}, and these are of {manifest['tokens']}"
    for name in SPLIT:
        before, now = (made.dataset or {}).get(name), settings.get(name)
        if None not in (before, now) and before != now:
            yield (
                f"dataset.{name} was {before} and is {now}, so that dev may hold photos that it learned from"
            )
