"""How near a ranker comes to the best that any can do, on the embedded site, where that is known exactly.

    python -m benchmarks.ranker [--photos 1000] [--captions-per-photo 20] [--caffenet]

Rankers learn from stars and are judged on photos of another site, with vectors of the scene itself, with
random vectors, and from captions alone; with `--caffenet` also with fc7 of CaffeNet with random weights.
`best_of`: of 16 captions for a photo the one that the ranker likes most, against one more, by the site's own
taste: of captions that the site's grammar writes, and of those of a captioner that is trained on the same
captions and vectors of the scene. Prints JSON; ends with 1 where a figure misses its limit.
"""

import argparse
import json
import sys
from collections import Counter
from typing import Any

from benchmarks.ranker.chosen import DRAWS, of_a_model, of_the_grammar, trained
from benchmarks.ranker.sites import Site, contents_of, fc7, noise, scene_vectors
from dataset.pairs import clearly_more
from dataset.text.captions import Tokenizer
from dataset.text.vocabulary import Vocabulary
from demo.taste.best import Best, best
from train.model import Array
from train.ranking.judged import judged
from train.ranking.learn import all_scores, learn
from train.ranking.words import kinds

TOKENIZER, SEED, JUDGED_SEED = "unidic-lite", 1, 9001
JUDGED_PHOTOS = 2000
"""Photos that rankers are judged on, so many that stars drawn anew change their accuracy by half a point."""
REACHED = 0.9
"""Of the way from chance to the best reachable accuracy, with vectors of the scene itself."""
WORTH = 0.5
"""Of the points that seeing the photo is worth, with CaffeNet with random weights."""


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
    scene = scene_vectors(train.scenes, parts), scene_vectors(held.scenes, parts)
    shown: dict[str, tuple[Array, Array] | None] = {
        "scene": scene,
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
    captioner = trained(train, scene[0], vocabulary)
    chosen = {
        "grammar": of_the_grammar(rankers["scene"], held, scene[1], vocabulary, tokenizer),
        "model": of_a_model(rankers["scene"], captioner, held, scene[1], vocabulary),
    }
    in_short = shares(found, reachable)
    return {"best": reachable._asdict(), "accuracy": found, "best_of": chosen, "in_short": in_short}


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
    failed = {
        f"with the scene {ways['scene_of_the_best']} of the way is gone; {REACHED} are wanted": ways[
            "scene_of_the_best"
        ]
        < REACHED,
        f"CaffeNet gains {ways.get('caffenet_of_the_photo')} of the photo's worth; {WORTH} are wanted": (
            ways.get("caffenet_of_the_photo", 1) < WORTH
        ),
    }
    for name, chosen in figures["best_of"].items():
        low = chosen["interval"][0]
        line = f"the best of {DRAWS} by the {name} is preferred from {low} on; more than a half is wanted"
        failed[line] = low <= 0.5
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
