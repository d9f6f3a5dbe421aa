"""The best of several captions, by a ranker: how often the site's own taste prefers it to one more."""

from collections.abc import Sequence

import numpy as np

from benchmarks.ranker.sites import Site
from dataset.text.captions import TOKEN_SEPARATOR, Tokenizer, normalise
from dataset.text.vocabulary import Vocabulary
from demo.captions.jokes import captions
from demo.taste.liked import preferred
from train.arithmetic.arithmetic import choose
from train.captions.captioner import Captioner
from train.model import Array, CaptionModel, Sizes, initial
from train.options import TrainOptions
from train.prepare import standardisation
from train.ranking.artifact import RankerArtifact, RankerConfig
from train.ranking.best_of import best_of
from train.ranking.captions import characters
from train.ranking.judged import interval
from train.ranking.model import Ranker
from train.ranking.words import bags_of
from train.updater import Updater

TASTED_PHOTOS, DRAWS = 400, 16
"""Photos that captions are drawn for, and how many the ranker chooses among."""
OPTIONS = TrainOptions(epochs=12, schedule="cosine", dropout=0.2, device="cpu", threads=1)
"""Of the captioner whose captions are chosen among; all else is the default."""


def of_the_grammar(
    ranker: Ranker, site: Site, vectors: Array, vocabulary: Vocabulary, tokenizer: Tokenizer
) -> dict[str, object]:
    """Return how the best of captions that the site's grammar writes does against one more of these."""
    pairs = []
    for scene, vector in zip(site.scenes[:TASTED_PHOTOS], vectors[:TASTED_PHOTOS], strict=True):
        single, *drawn = map(normalise, captions(scene, DRAWS + 1))
        tokens = [tokenizer.segment(text).split(TOKEN_SEPARATOR) for text in drawn]
        words = bags_of(tokens, vocabulary)
        lengths = np.array([characters(text) for text in drawn])
        scores = ranker.scores(words, lengths, np.repeat(vector[None], len(drawn), axis=0))
        pairs.append((drawn[int(scores.argmax())], single))
    return tasted(site, pairs)


def of_a_model(
    ranker: Ranker, captioner: Captioner, site: Site, vectors: Array, vocabulary: Vocabulary
) -> dict[str, object]:
    """Return how the best of a model's captions, as `best-of` chooses, does against one more sample."""
    config = RankerConfig(sizes=ranker.sizes, features_key="scene", fingerprint="of no run")
    artifact = RankerArtifact(ranker, vocabulary, config)
    shown = vectors[:TASTED_PHOTOS]
    best = best_of(captioner, artifact, shown, n=1, draws=DRAWS, seed=0)
    single = captioner.caption(shown, strategy="sample", n=1, seed=1)
    pairs = [(liked.caption.text, one.text) for (liked,), (one,) in zip(best, single, strict=True)]
    return tasted(site, pairs)


def tasted(site: Site, pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Return how often the first text of each photo is preferred to the second, with its interval."""
    scenes = site.scenes[: len(pairs)]
    wins = [preferred(one, other, scene.contents) for (one, other), scene in zip(pairs, scenes, strict=True)]
    sums = np.stack([np.array(wins), np.ones(len(wins))], axis=1)
    return {"photos": len(wins), "preferred": float(np.mean(wins)), "interval": interval(sums)}


def trained(site: Site, vectors: Array, vocabulary: Vocabulary) -> Captioner:
    """Return a captioner that was trained on a site's captions and these vectors, (P, D) float32."""
    examples, arithmetic = site.examples(vocabulary), choose(np)
    sizes = Sizes(
        vocabulary=len(vocabulary),
        vector=vectors.shape[1],
        embedding=OPTIONS.embedding,
        hidden=OPTIONS.hidden,
    )
    tensors = initial(sizes, OPTIONS.seed)
    tensors["mean"], scale = standardisation(vectors)
    tensors["scale"] = scale / np.float32(sizes.vector**0.5)  # `train.standardise: length`
    model = CaptionModel(sizes, tensors)
    adam = arithmetic.adam(model, OPTIONS.learning_rate, OPTIONS.clip, OPTIONS.weight_decay)
    updater = Updater(model, adam, examples, vectors, OPTIONS, arithmetic)
    with arithmetic.threads(1):
        while updater.epoch < OPTIONS.epochs:
            updater.update()
    return Captioner(
        arithmetic.decoder(model), vocabulary, dimensions=sizes.vector, max_tokens=OPTIONS.max_tokens
    )
