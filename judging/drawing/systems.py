"""Who is compared: people, and runs with the strategies that they write with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset import read
from featurize import read as features
from judging.contest import PEOPLE, Caption
from judging.drawing.unfit import Unfit
from store.errors import UsageError
from store.place import Place
from train.captions.captioner import Captioner

STRATEGIES = ("sample", "beam", "greedy")
"""Those that need nothing but the photo."""


@dataclass(frozen=True)
class Written:
    """A caption that somebody wrote for a photo, with its tokens."""

    caption: Caption
    tokens: tuple[str, ...]


def of_people(place: Place, split: str, unfit: Unfit) -> dict[str, list[Written]]:
    """Return people's captions that judges may see, by photo.

    Raises:
        MissingStage: there is no dataset.
        UsageError: no caption has a score that `unfit` limits.
    """
    found: dict[str, list[Written]] = {}
    known: set[str] = set()
    columns = ["sha256", "text", "tokens", "odai_id", "boke_id", "category", "scores"]
    for table in read.caption_tables(place.dataset, split):
        for row in table.select(columns).to_pylist():
            scores = {score["name"]: score["value"] for score in row["scores"] or ()}
            known |= scores.keys()
            if unfit.is_fit(row["text"], row["category"], scores):
                caption = Caption(PEOPLE, row["sha256"], row["text"], row["odai_id"], row["boke_id"])
                found.setdefault(row["sha256"], []).append(Written(caption, tuple(row["tokens"] or ())))
    if lacking := sorted(unfit.scores.keys() - known):
        raise UsageError(
            f"No caption of {split} has the score {lacking[0]}, so that it would keep nothing out. "
            f"There are: {', '.join(sorted(known)) or 'none'}. Name one of these, or leave out --max-score"
        )
    return found


class Model:
    """A run with a strategy: it writes one caption a photo.

    Args:
        place: the pipeline.
        run: the run's folder.
        strategy: one of STRATEGIES.
        seed: of samples.

    Raises:
        UsageError: no such strategy.
        UserError: the model or its vectors are not there, or damaged.
    """

    def __init__(self, place: Place, run: Path, strategy: str, seed: int) -> None:
        if strategy not in STRATEGIES:
            raise UsageError(f"A contest knows no strategy {strategy!r}. There are: {', '.join(STRATEGIES)}")
        self.name = f"{run.name} {strategy}"
        self._settings: dict[str, Any] = {"strategy": strategy, "n": 1, "seed": seed}
        self._captioner = Captioner.load(run / "model")
        self._vectors = features.read(place.features / self._captioner.features_key, place)

    def write(self, sha256s: Sequence[str], unfit: Unfit) -> dict[str, Written]:
        """Return its captions that judges may see, by photo."""
        found = {}
        captions = self._captioner.caption(self._vectors.of(sha256s)[:], **self._settings)
        for sha256, one in zip(sha256s, captions, strict=True):
            if one and unfit.is_fit(one[0].text):
                found[sha256] = Written(Caption(self.name, sha256, one[0].text), one[0].tokens)
        return found

    def seen(self, sha256s: Iterable[str]) -> list[str]:
        """Return those of the photos that have a vector, in their order."""
        names = list(sha256s)
        there = self._vectors.find(names) >= 0
        return [names[number] for number in np.flatnonzero(there)]


def draw(written: Mapping[str, Sequence[Written]], sha256s: Sequence[str], seed: int) -> dict[str, Written]:
    """Return one of each photo's captions, drawn by chance: the same for the same photo and seed."""
    return {
        sha256: written[sha256][int(_random(seed, sha256).integers(len(written[sha256])))]
        for sha256 in sha256s
        if written.get(sha256)
    }


def _random(seed: int, sha256: str) -> np.random.Generator:
    return np.random.default_rng([seed, int(sha256[:16], 16)])
