"""How near a ranker comes to the best that any can do, on the embedded site, where that is known exactly.

    python -m benchmarks.ranker [--photos 1000] [--captions-per-photo 20] [--caffenet]

Rankers learn from stars and are judged on photos of another site, with vectors of the scene itself, with
random vectors, and from captions alone; with `--caffenet` also with fc7 of CaffeNet with random weights.
`best_of`: of 16 captions that the site's grammar writes for a photo, the one that the ranker likes most,
against one more; the site's own taste judges. Prints JSON; ends with 1 where a figure misses its limit.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from dataset.pairs import clearly_more
from dataset.text.captions import TOKEN_SEPARATOR, Tokenizer, normalise
from dataset.text.vocabulary import Vocabulary
from demo.captions.jokes import captions
from demo.content import EmbeddedSite
from demo.scenes import Contents, Scene, jpeg
from demo.taste.best import Best, best
from demo.taste.liked import preferred
from train.data import random_vector
from train.model import Array
from train.ranking.captions import RankedCaptions, characters, ranked
from train.ranking.judged import interval, judged
from train.ranking.learn import all_scores, learn
from train.ranking.model import Ranker
from train.ranking.words import bags_of, kinds

TOKENIZER, SEED, JUDGED_SEED = "unidic-lite", 1, 9001
JUDGED_PHOTOS, TASTED_PHOTOS = 2000, 400
"""Photos that rankers are judged on, so many that stars drawn anew change their accuracy by half a point; and
those of them for which captions are drawn."""
REACHED = 0.9
"""Of the way from chance to the best reachable accuracy, with vectors of the scene itself."""
WORTH = 0.5
"""Of the points that seeing the photo is worth, with CaffeNet with random weights."""
DRAWS = 16


class Site:
    """An embedded site's captions with their stars, and its photos' scenes.

    Args:
        photos, per_photo, seed: as `EmbeddedSite` takes them.
        tokenizer: cuts the captions.
    """

    def __init__(self, photos: int, per_photo: int, seed: int, tokenizer: Tokenizer) -> None:
        site = EmbeddedSite(photos, per_photo, seed)
        self.scenes = [site.scene(photo) for photo in range(photos)]
        rows = [
            (photo, normalise(boke.text), boke.stars)
            for photo in range(photos)
            for page in range(1, site.odai_pages(photo) + 1)
            for boke in site.odai_bokes(photo, page)
        ]
        photo, text, stars = zip(*rows, strict=True)
        self.tokens = [tokenizer.segment(one).split(TOKEN_SEPARATOR) for one in text]
        self.names = [f"{seed}/{number}" for number in range(photos)]
        self._columns = {"sha256": [self.names[one] for one in photo], "text": text, "stars": stars}

    def ranked(self, vocabulary: Vocabulary) -> RankedCaptions:
        """Return the captions as a ranker reads them."""
        return ranked(pa.table({**self._columns, "tokens": self.tokens}), vocabulary)


def contents_of(scene: Contents) -> list[str]:
    """Return what a scene shows, each thing with the part that it plays."""
    subject, traits, companions, place, time, weather = scene
    many = [f"trait {each}" for each in traits] + [f"beside {each}" for each in companions]
    return [f"subject {subject}", *many, f"place {place}", f"time {time}", f"weather {weather}"]


def scene_vectors(scenes: Sequence[Scene], parts: Sequence[str]) -> Array:
    """Return (P, D) float32: 1 for each of the parts that a scene has."""
    places = {part: place for place, part in enumerate(parts)}
    vectors = np.zeros((len(scenes), len(parts)), np.float32)
    for row, scene in zip(vectors, scenes, strict=True):
        row[[places[part] for part in contents_of(scene.contents) if part in places]] = 1
    return vectors


def fc7(scenes: Sequence[Scene]) -> Array:
    """Return fc7 (P, 4096) of CaffeNet with random weights for the pictures of scenes."""
    from featurize.encoder import open_encoder
    from featurize.options import FeatureOptions

    photos = [("", jpeg(scene)) for scene in scenes]
    with TemporaryDirectory() as weights:
        encoder = open_encoder(FeatureOptions(weights="untrained"), Path(weights))
        rows = [row for some in range(0, len(photos), 64) for row in encoder.rows(photos[some : some + 64])]
    return np.array([row["vector"] for row in rows], np.float32)


def best_of(
    ranker: Ranker, site: Site, vectors: Array, vocabulary: Vocabulary, tokenizer: Tokenizer
) -> dict[str, object]:
    """Return how often the best of DRAWS captions, by the ranker, is preferred to one more caption."""
    wins = []
    for scene, vector in zip(site.scenes[:TASTED_PHOTOS], vectors[:TASTED_PHOTOS], strict=True):
        single, *drawn = map(normalise, captions(scene, DRAWS + 1))
        tokens = [tokenizer.segment(text).split(TOKEN_SEPARATOR) for text in drawn]
        words = bags_of(tokens, vocabulary)
        lengths = np.array([characters(text) for text in drawn])
        scores = ranker.scores(words, lengths, np.repeat(vector[None], len(drawn), axis=0))
        wins.append(preferred(drawn[int(scores.argmax())], single, scene.contents))
    sums = np.stack([np.array(wins), np.ones(len(wins))], axis=1)
    return {"photos": len(wins), "preferred": float(np.mean(wins)), "interval": interval(sums)}


def measure(photos: int, per_photo: int, *, with_caffenet: bool) -> dict[str, Any]:
    """Return all figures."""
    tokenizer = Tokenizer(TOKENIZER)
    train, held = (
        Site(photos, per_photo, SEED, tokenizer),
        Site(JUDGED_PHOTOS, per_photo, JUDGED_SEED, tokenizer),
    )
    counts = Counter(token for caption in train.tokens for token in caption)
    vocabulary = Vocabulary.from_counts(counts)
    learned, judge = train.ranked(vocabulary), held.ranked(vocabulary)
    parts = sorted({part for scene in train.scenes for part in contents_of(scene.contents)})
    shown: dict[str, tuple[Array, Array] | None] = {
        "scene": (scene_vectors(train.scenes, parts), scene_vectors(held.scenes, parts)),
        "random": (noise(train.names), noise(held.names)),
        "captions_only": None,
    }
    if with_caffenet:
        shown["caffenet"] = fc7(train.scenes), fc7(held.scenes)
    rankers = {
        name: learn(learned, vectors and vectors[0], kinds(vocabulary), SEED)
        for name, vectors in shown.items()
    }
    scores = {
        name: all_scores(rankers[name], judge, vectors and vectors[1]) for name, vectors in shown.items()
    }
    found = judged(judge, {**scores, "length": -judge.characters})
    reachable = best(1.0, per_photo, clearly_more)
    assert reachable is not None
    chosen = best_of(rankers["scene"], held, scene_vectors(held.scenes, parts), vocabulary, tokenizer)
    in_short = shares(found, reachable)
    return {"best": reachable._asdict(), "accuracy": found, "best_of": chosen, "in_short": in_short}


def noise(names: Sequence[str]) -> Array:
    """Return a random vector for each photo, (P, 64)."""
    return np.stack([random_vector(name, 64) for name in names])


def shares(found: dict[str, dict[str, float]], reachable: Best) -> dict[str, float]:
    """Return which share of the way rankers go: from chance to the best, and of what the photo is worth."""
    accuracy = {name: value["accuracy"] for name, value in found.items() if isinstance(value, dict)}
    worth = reachable.with_photo - reachable.captions_only
    ways = {"scene_of_the_best": (accuracy["scene"] - 0.5) / (reachable.with_photo - 0.5)}
    ways["random_above_captions_only"] = accuracy["random"] - accuracy["captions_only"]
    if "caffenet" in accuracy:
        ways["caffenet_of_the_photo"] = (accuracy["caffenet"] - accuracy["captions_only"]) / worth
    return {name: round(value, 4) for name, value in ways.items()}


def failures(figures: dict[str, Any]) -> list[str]:
    """Return a line for each figure that misses its limit."""
    ways = figures["in_short"]
    low = figures["best_of"]["interval"][0]
    failed = {
        f"with the scene {ways['scene_of_the_best']} of the way is gone; {REACHED} are wanted": ways[
            "scene_of_the_best"
        ]
        < REACHED,
        f"CaffeNet gains {ways.get('caffenet_of_the_photo')} of the photo's worth; {WORTH} are wanted": (
            ways.get("caffenet_of_the_photo", 1) < WORTH
        ),
        f"best of {DRAWS} is preferred from {low} on; more than a half is wanted": low <= 0.5,
    }
    return [line for line, is_failed in failed.items() if is_failed]


def main() -> None:
    """Measure, print, and fail where a figure misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--captions-per-photo", type=int, default=20)
    parser.add_argument(
        "--caffenet", action="store_true", help="draw the photos, and run the network on them"
    )
    arguments = parser.parse_args()
    figures = measure(arguments.photos, arguments.captions_per_photo, with_caffenet=arguments.caffenet)
    print(json.dumps(figures, indent=1))
    sys.exit("\n".join(failures(figures)) or None)


if __name__ == "__main__":
    main()
