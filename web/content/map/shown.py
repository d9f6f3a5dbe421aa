"""A map as its page shows it: which photos, what a model says of each, and how they are coloured.

N photos on the map.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from web.caption_service import ModelCaption
from web.content.catalogue import Catalogue
from web.content.map.colourings import Colouring, by_score, by_value
from web.content.map.layout import Layout
from web.content.map.thumbnails import SIZE, columns
from web.languages import Message

SCORE = "score:"
"""What names of colourings begin with that are by a score of photos."""


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        by: the name of the colouring.
        choices: (name, title) of each colouring that there is.
        colouring: the one that is shown.
        said: how many different captions stand below how many photos, and the share of the most frequent.
        hidden: how many captions the settings hide.
        data: what the script draws.
    """

    by: str
    choices: list[tuple[str, Message]]
    colouring: Colouring
    said: tuple[int, int, float]
    hidden: int
    data: Mapping[str, Any]


def shown(layout: Layout, catalogue: Catalogue, captions: Mapping[str, ModelCaption], by: str) -> Shown:
    """Return what a map shows.

    Args:
        captions: what a model says of the photos, those that it says anything of.
        by: the name of a colouring; one that there is not means captions.
    """
    numbers = [catalogue.index[sha256] for sha256 in layout.sha256s]
    texts = [_text(captions.get(sha256)) for sha256 in layout.sha256s]
    categories, splits = (
        catalogue.photos[name].take(np.array(numbers, np.int64)).to_pylist() for name in ("category", "split")
    )
    values: dict[str, Sequence[str | None]] = {"caption": texts, "category": categories, "split": splits}
    scores = {f"{SCORE}{name}": score for name, score in catalogue.scores.items() if score.of == "photos"}
    if by in scores:
        colouring = by_score(scores[by].values[numbers])
    else:
        by = by if by in values else "caption"
        colouring = by_value(values[by])
    spoken = by_value(texts)
    written = [captions[sha256] for sha256 in layout.sha256s if sha256 in captions]
    photos = [
        {
            "sha256": sha256,
            "x": round(float(x), 4),
            "y": round(float(y), 4),
            "group": group,
            "caption": text,
            "about": " · ".join(filter(None, (category, split))),
        }
        for sha256, (x, y), group, text, category, split in zip(
            layout.sha256s, layout.places, colouring.of, texts, categories, splits, strict=True
        )
    ]
    return Shown(
        by,
        [
            *_CHOICES,
            *((name, Message("score {name}", {"name": name.removeprefix(SCORE)})) for name in scores),
        ],
        colouring,
        (spoken.distinct, len(written), spoken.largest),
        sum(caption.is_hidden for caption in written),
        {"size": SIZE, "columns": columns(len(photos)), "photos": photos},
    )


_CHOICES = [
    ("caption", Message("what the model says")),
    ("category", Message("category")),
    ("split", Message("split")),
]


def _text(caption: ModelCaption | None) -> str | None:
    """Return what is shown of a caption; None where there is none, or a hidden one."""
    return None if caption is None or caption.is_hidden else caption.text
