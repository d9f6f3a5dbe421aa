"""How much a run's ranker likes what people wrote: it stands beside the stars, which it has learned from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from store.place import Place
from train.ranking.artifact import CONFIG, FOLDER
from web.content.catalogue import Catalogue
from web.content.library import Library


def liked(
    library: Library, place: Place, run: Path, catalogue: Catalogue, photos: Sequence[int]
) -> dict[int, dict[str, float]]:
    """Return for photos, by number, the score of each caption by its text; nothing where a run has no ranker.

    A difference of 1 between two captions of one photo says that the one has more stars at odds of e to 1.

    Raises:
        UserError: the ranker's files do not belong together, or a photo has no vector.
        DamagedFile: a shard cannot be read.
    """
    if not (run / FOLDER / CONFIG).exists():
        return {}
    ranker = library.ranker(run)
    sha256s = [catalogue.sha256s[photo] for photo in photos]
    vectors = library.vectors(place, ranker.config.features_key).of(sha256s)[:]
    found = {}
    for photo, vector in zip(photos, vectors, strict=True):
        if captions := catalogue.tokens_of(photo):
            scores = ranker.scores(captions, np.asarray(vector, np.float32))
            texts = (text for text, _ in captions)
            found[photo] = dict(zip(texts, map(float, scores), strict=True))
    return found
