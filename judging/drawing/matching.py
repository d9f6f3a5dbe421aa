"""Which of five captions a model takes for the photo's own: by what the photo adds to their likelihood.

It chooses among the captions that people are shown: the most pointwise mutual information, log p(caption |
photo) minus the log of its mean over the five photos, as recall by mutual information does in an evaluation.

n fives, D components of a photo's vector.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dataset.text.vocabulary import BOS, EOS
from featurize import read
from judging.contest import Pair
from judging.figures.plan import FIVE
from store.place import Place
from train import artifact
from train.arithmetic.arithmetic import choose
from train.evaluation.measure import caption_losses
from train.examples import Examples


def choices(
    place: Place, run: Path, pairs: Sequence[Pair], tokens: Mapping[tuple[str, str], Sequence[str]]
) -> list[Pair]:
    """Return the pairs with what a run's model chooses.

    Args:
        tokens: of each caption, by its photo and text.

    Raises:
        UserError: the model or a photo's vector is not there.
    """
    model = artifact.load(run / "model")
    photos = [caption.sha256 for pair in pairs for caption in pair.captions]
    vectors = read.read(place.features / model.config.features.key, place).of(photos)
    ids = [
        model.vocabulary.encode(tokens[caption.sha256, caption.text])
        for pair in pairs
        for _ in pair.captions  # each photo of a five is given each caption of it
        for caption in pair.captions
    ]
    rows = np.repeat(np.arange(len(photos)), FIVE).tolist()
    examples = Examples.build(photos, rows, ids, [0] * len(ids), BOS, EOS)
    arithmetic = choose(model.model.xp)
    nats = caption_losses(model.model, examples, vectors, arithmetic).nats
    log_p = -nats.reshape(len(pairs), FIVE, FIVE)  # five, photo, caption
    gained = log_p - np.logaddexp.reduce(log_p, axis=1, keepdims=True)
    chosen = gained[:, 0, :].argmax(axis=1)  # the first photo is the pair's own: `pairs.fives` has it so
    return [replace(pair, model=int(number)) for pair, number in zip(pairs, chosen, strict=True)]
