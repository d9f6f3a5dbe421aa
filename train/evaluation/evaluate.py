"""The evaluation stage: losses beside their bounds, whether the model uses the photo, and caption metrics.

P photos, N captioned photos, D components of a photo's vector.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dataset import read
from dataset.text.captions import normalise
from dataset.text.names import name_form
from store.chainer_compat import chainer
from store.errors import DamagedFile, UserError
from store.manifest import changed, fingerprint, read_manifest
from store.place import Place
from store.plugins.find import Plugin
from store.processes.lock import locked
from store.register.listed import changing
from store.register.stages import Stage
from store.whole_file import read_object, write_json
from train import artifact
from train.arithmetic.arithmetic import choose
from train.arithmetic.device import device_if_there, operations
from train.artifact import Artifact
from train.captions.captioner import Caption, Captioner
from train.data import Split, dataset_manifest, read_split
from train.evaluation import baselines, metrics, outside
from train.evaluation.figures import MEANINGS, show
from train.evaluation.losses import Figures, derangement, losses
from train.evaluation.measure import BATCH, ranks
from train.evaluation.people import People, first_photos
from train.model import Array
from train.options import EVALUATED

FORMAT = 5
"""Of evaluation.json: an evaluation of another format is made again."""
CAPTIONED = 500
"""At most so many photos of a split are captioned: its first ones."""
RANKED = 50
"""Photos of a split among whose captions each photo's own is ranked."""
COMPARED = 100
"""Captions that are compared with each other, in quadratic time."""
SAMPLES, HUMAN = 8, 5
"""Photos of each split in samples.json, and captions by people of each."""


def evaluate(
    run: Path,
    dataset: Path,
    features: Path,
    others: Sequence[str] = (),
    sample: int = EVALUATED,
    device: str = "auto",
) -> dict[str, Any]:
    """Measure the model of `run` on both splits; write evaluation.json and samples.json there, print a table.

    Args:
        others: metrics of other people's code, as `train.metrics` names them.
        sample: at most so many captions of a split are measured where not all are; see `losses`.
        device: as `train.device` says. Figures of a GPU differ from those of the CPU in the last digits.

    Returns:
        The contents of evaluation.json: figures by split; losses in nats per token, <EOS> counted; None where
        there are no captions or no labels to compute a figure from.

    Raises:
        MissingStage: the run, the dataset or the features are not there.
        UserError: the vectors are not those that the model was trained on; or content is being forgotten, or
            the run trained, by another process.
    """
    model = artifact.load(run / "model")
    if model.config.features.key != features.name:
        raise UserError(
            f"{run.name} was trained on the vectors {model.config.features.key}, not on {features.name}. "
            f"Set features.* as they were, or train again: {Place.of(run).command('train')}"
        )
    trained = (read_manifest(run) or {}).get("fingerprint")
    plugins = outside.found(others, MEANINGS)
    key = fingerprint(
        *(
            FORMAT,
            trained,
            dataset_manifest(dataset)["fingerprint"],
            features.name,
            read.floor(dataset),
            sample,
        ),
        *([[f"{plugin.name} {plugin.version}" for plugin in plugins]] if plugins else []),
    )
    if (earlier := _earlier(run, key)) is not None:
        print("evaluate: up to date")
        return earlier
    # As training does: content that is forgotten meanwhile would come back with the samples.
    with locked(run / "snapshots" / ".lock", f"is training or measuring {run}"):
        sizes = model.config.sizes
        own = device_if_there(device, operations(BATCH, sizes.vocabulary, sizes.hidden))
        model.model.to_device(own)
        # One thread a product: figures must not depend on how many cores the machine has.
        with chainer.using_device(own), choose(model.model.xp).threads(1):
            captioner = Captioner.load(run / "model", own)
            figures, samples = _measure(model, captioner, dataset, features, plugins, sample)
        with changing(Stage("run", run), [run / "samples.json", run / "evaluation.json"]):
            write_json(run / "samples.json", samples)
            write_json(run / "evaluation.json", {"fingerprint": key, **figures})
    show(figures)
    return {"fingerprint": key, **figures}


def _earlier(run: Path, key: str) -> dict[str, Any] | None:
    """Return the evaluation of a run if it was made from the same model and data, and is whole; else None."""
    if {"evaluation.json", "samples.json"} & {*changed(run)} or not (run / "samples.json").is_file():
        return None
    try:
        figures = read_object(run / "evaluation.json")
    except (FileNotFoundError, DamagedFile):
        return None
    return figures if figures.get("fingerprint") == key else None


def _measure(
    model: Artifact,
    captioner: Captioner,
    dataset: Path,
    features: Path,
    plugins: Sequence[Plugin],
    sample: int,
) -> tuple[dict[str, Figures], list[dict[str, Any]]]:
    """Return the figures of each split, and samples of both."""
    config, floor = model.config, read.floor(dataset) or {}
    splits = [
        read_split(dataset, features, name, model.vocabulary, config.max_tokens, config.vectors)
        for name in ("train", "dev")
    ]
    figures: dict[str, Figures] = {}
    samples: list[dict[str, Any]] = []
    for split in splits:
        captions = greedy(captioner, split.vectors[:CAPTIONED])
        people = first_photos(dataset, split, CAPTIONED, config.max_tokens)
        figures[split.name] = {"captions": len(split.examples), "nll": None, "floor": floor.get(split.name)}
        if captions:
            figures[split.name] |= losses(model, split, splits[0], sample)
            figures[split.name] |= _grounding(captioner, split, people, captions)
            figures[split.name] |= _caption_metrics(people, captions, plugins)
            ids = [model.vocabulary.encode(caption.tokens) for caption in captions]
            figures[split.name]["verbatim"] = baselines.verbatim(ids, splits[0].examples)
            rank = ranks(model.model, split.examples, split.vectors, RANKED, choose(model.model.xp))
            figures[split.name] |= {f"recall@{k}": metrics.recall(rank.tolist(), k) for k in (1, 5, 10)}
        samples += _samples(split, people, captions)
    return figures, samples


def _grounding(captioner: Captioner, split: Split, people: People, captions: list[Caption]) -> Figures:
    """Return how often captions name what is in the photo, given its vector and given another photo's."""
    others = split.vectors[: len(captions)][derangement(len(captions))]  # (N, D)
    return {
        "captioned": len(captions),
        "names": names([caption.text for caption in captions], people.labels),
        "names_shuffled": names([caption.text for caption in greedy(captioner, others)], people.labels),
        "names_human": names([texts[0] for texts in people.texts], people.labels),
    }


def _caption_metrics(people: People, captions: list[Caption], plugins: Sequence[Plugin]) -> Figures:
    """Return how the captions compare with people's and with each other."""
    tokens, references = [caption.tokens for caption in captions], people.tokens
    return {
        **{f"bleu_{n}": value for n, value in enumerate(metrics.bleu(tokens, references), 1)},
        "rouge_l": metrics.rouge_l(tokens, references),
        "cider": metrics.cider(tokens, references),
        "distinct_1": metrics.distinct(tokens, 1),
        "distinct_2": metrics.distinct(tokens, 2),
        "self_bleu": metrics.self_bleu(tokens[:COMPARED]),
        "same": metrics.sameness(tokens),
        **outside.measured(plugins, tokens, references),
    }


def greedy(captioner: Captioner, vectors: Array) -> list[Caption]:
    """Return the greedy caption of each photo, for vectors (N, D) float32, raw."""
    return [captions[0] for captions in captioner.caption(vectors, strategy="greedy")] if len(vectors) else []


def names(captions: list[str], labels: list[list[str]]) -> float | None:
    """Return the share of captions that name a label of their photo; None where no photo has labels.

    Both are compared in their normal form: a caption in half-width kana names what it names.
    """
    named = [
        any(label and label in normalise(caption) for label in map(name_form, present))
        for caption, present in zip(captions, labels, strict=True)
        if present
    ]
    return sum(named) / len(named) if named else None


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
