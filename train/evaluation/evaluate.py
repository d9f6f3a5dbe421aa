"""The evaluation stage: losses beside their bounds, whether the model uses the photo, and caption metrics.

P photos, N captioned photos, D components of a photo's vector.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dataset import read
from featurize.words.open import Words
from featurize.words.tower import TextTower
from store.chainer_compat import chainer
from store.errors import UserError
from store.place import Place
from store.plugins.find import Plugin
from store.processes.lock import locked
from store.register.listed import changing
from store.register.stages import Stage
from store.whole_file import write_json
from train import artifact
from train.arithmetic.arithmetic import choose
from train.arithmetic.device import device_if_there, operations
from train.artifact import Artifact
from train.captions.captioner import Caption, Captioner
from train.data import Split, read_split
from train.evaluation import by_photo, outside
from train.evaluation.earlier import CAPTIONED, earlier, key_of
from train.evaluation.figures import KNOWN, show
from train.evaluation.intervals import estimates
from train.evaluation.losses import bounds, losses
from train.evaluation.measure import BATCH
from train.evaluation.people import People, first_photos
from train.evaluation.retrieval import retrieval
from train.evaluation.written import depiction, greedy, grounding, likeness
from train.lineage.measurable import require
from train.model import Array
from train.options import EVALUATED
from train.runs.find import EVALUATION
from train.sharing import card, learned_from

SAMPLES, HUMAN = 8, 5
"""Photos of each split in samples.json, and captions by people of each."""


def evaluate(
    run: Path,
    dataset: Path,
    features: Path,
    others: Sequence[str] = (),
    sample: int = EVALUATED,
    device: str = "auto",
    captioned: int = CAPTIONED,
    words: Words | None = None,
) -> dict[str, Any]:
    """Measure the model of `run` on both splits; write the files of `EVALUATION` there and the
    model's card, print a table.

    Args:
        others: metrics of other people's code, as `train.metrics` names them.
        sample: at most so many captions of a split are measured where not all are; see `losses`.
        device: as `train.device` says. Figures of a GPU differ from those of the CPU in the last digits.
        captioned: at most so many photos of a split are captioned, its first ones.
        words: the text tower that belongs to the vectors, for CLIPScore; None for none.

    Returns:
        The contents of evaluation.json: figures by split; losses in nats per token, <EOS> counted; None where
        there are no captions or no labels to compute a figure from.

    Raises:
        MissingStage: the run, the dataset or the features are not there.
        UserError: tokens, vectors or sides are not those that the model was trained on; or content is being
            forgotten, or the run trained, by another process.
    """
    model = artifact.load(run / "model")
    learned_from.kept(run)  # the card needs it: damage is told before minutes of work
    if model.config.features.key != features.name:
        raise UserError(
            f"{run.name} was trained on the vectors {model.config.features.key}, not on {features.name}. "
            f"Set features.* as they were, or train again: {Place.of(run).command('train')}"
        )
    require(run, dataset)
    plugins = outside.found(others, KNOWN)
    key = key_of(run, dataset, features, plugins, sample, captioned, words)
    if (known := earlier(run, key)) is not None:
        print("evaluate: up to date")
        return known
    tower = words.tower() if words else None
    # As training does: content that is forgotten meanwhile would come back with the samples.
    with locked(run / "snapshots" / ".lock", f"is training or measuring {run}"):
        sizes = model.config.sizes
        own = device_if_there(device, operations(BATCH, sizes.vocabulary, sizes.hidden))
        model.model.to_device(own)
        # One thread a product: figures must not depend on how many cores the machine has.
        with chainer.using_device(own), choose(model.model.xp).threads(1):
            captioner = Captioner.load(run / "model", own)
            figures, tables, samples = _measure(
                model, captioner, dataset, features, plugins, sample, captioned, tower
            )
        with changing(Stage("run", run), [run / name for name in EVALUATION]):
            write_json(run / "samples.json", samples)
            by_photo.write(run, tables)
            write_json(run / "evaluation.json", {"fingerprint": key, **figures})
        card.write(run)
    show(figures)
    return {"fingerprint": key, **figures}


def _measure(
    model: Artifact,
    captioner: Captioner,
    dataset: Path,
    features: Path,
    plugins: Sequence[Plugin],
    sample: int,
    captioned: int,
    tower: TextTower | None,
) -> tuple[dict[str, dict[str, Any]], list[pa.Table], list[dict[str, Any]]]:
    """Return the figures of each split, what they are made of, photo by photo, and samples of both."""
    config = model.config
    splits = [
        read_split(dataset, features, name, model.vocabulary, config.max_tokens, config.vectors)
        for name in ("train", "dev")
    ]
    figures: dict[str, dict[str, Any]] = {}
    tables: list[pa.Table] = []
    samples: list[dict[str, Any]] = []
    for split in splits:
        captions = greedy(captioner, split.vectors[:captioned])
        people = first_photos(dataset, split, captioned)
        found: dict[str, Any] = {"captions": len(split.examples), "left_out": split.left_out, "nll": None}
        found |= _floors(dataset, split)
        if captions:
            columns = _columns(model, captioner, split, splits[0], people, captions, sample, tower)
            tables.append(by_photo.table(split.name, split.examples.photos, columns))
            found |= _figures(columns) | bounds(split, splits[0], len(model.vocabulary))
            tokens = [caption.tokens for caption in captions]
            for name, each in outside.measured(plugins, tokens, people.tokens).items():
                found[name] = each.value
                found["intervals"] |= {} if each.low is None else {name: [each.low, each.high]}
        figures[split.name] = found
        samples += _samples(split, people, captions)
    return figures, tables, samples


def _floors(dataset: Path, split: Split) -> dict[str, float | None]:
    """Return the floors of the loss; None where they are not known, or of other captions than the loss."""
    if split.left_out:
        return {"floor": None, "floor_known": None}
    whole, known = (read.floor(dataset, known=known) or {} for known in (False, True))
    return {"floor": whole.get(split.name), "floor_known": known.get(split.name)}


def _columns(
    model: Artifact,
    captioner: Captioner,
    split: Split,
    train: Split,
    people: People,
    captions: Sequence[Caption],
    sample: int,
    tower: TextTower | None,
) -> dict[str, Array]:
    """Return all that is measured of each photo of a split: (P,) by name; see `store.schema.EVALUATED`."""
    arithmetic = choose(model.model.xp)
    measured = {
        **losses(model, split, train, sample),
        **grounding(captioner, split, people, captions),
        **likeness(model, train, people, captions),
        **depiction(tower, split, people, captions),
        **retrieval(model.model, split.examples, split.vectors, arithmetic, split.name),
    }
    # All but the losses are of the first photos alone.
    photos = len(split.vectors)
    return {
        name: np.pad(values, (0, photos - len(values)), constant_values=np.nan)
        for name, values in measured.items()
    }


def _figures(columns: Mapping[str, Array]) -> dict[str, Any]:
    """Return every figure of a split that is measured on photos, on how much, and the intervals."""
    found = estimates(columns)
    candidates = found["recall@1"].photos
    return {
        **{name: estimate.value for name, estimate in found.items()},
        "measured": int(np.nansum(columns["captions"])),
        "compared": int(np.nansum(columns["compared_captions"])),
        "captioned": found["rouge_l"].photos,
        "candidates": candidates,
        **{f"chance@{k}": min(1.0, k / candidates) for k in (1, 5, 10)},
        "intervals": {name: [each.low, each.high] for name, each in found.items() if each.low is not None},
    }


def _samples(split: Split, people: People, captions: list[Caption]) -> list[dict[str, Any]]:
    """Return the first photos of a split: their labels, people's captions with most stars, the model's."""
    return [
        {
            "split": split.name,
            "sha256": str(split.examples.photos[photo]),
            "labels": people.labels[photo],
            "human": people.texts[photo][:HUMAN],
            "model": [captions[photo].text],
        }
        for photo in range(min(SAMPLES, len(captions)))
    ]
