"""Samples of a run beside a dataset that may have been built anew since, without what the settings hide."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from web.content.catalogue import Catalogue


@dataclass(frozen=True)
class Sample:
    """A photo of the dataset with what people and a model wrote for it, the best first."""

    number: int
    split: str
    people: list[str]
    model: list[str]


def shown(samples: list[dict[str, Any]], catalogue: Catalogue) -> Iterator[Sample]:
    """Yield the samples whose photo is in the dataset; people's captions are read there."""
    for sample in samples:
        number = catalogue.index.get(str(sample.get("sha256")))
        if number is None:
            continue
        people = [caption["text"] for caption in catalogue.captions_of(number)]
        written = [text for text in sample.get("model") or () if not catalogue.rule.hides(str(text))]
        yield Sample(number, str(sample.get("split")), people, written)
