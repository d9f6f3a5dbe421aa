"""Photos by words and by photos, for pages and API: what `bokeru find` does, with what the app keeps open."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataset.describe.mentions import words_in
from featurize.words.find import COUNT, checked
from featurize.words.found import NO_TOWER, By, Found, Match
from featurize.words.gallery import Gallery
from featurize.words.open import Words, words_of
from featurize.words.tower import TextTower
from store.place import Place
from web.content.browse.filter import Filter
from web.content.browse.view import look
from web.content.catalogue import Catalogue
from web.content.file_cache import FileCache
from web.content.library import Library
from web.content.speakers import Speakers
from web.pictures import opened

MOST = 192
"""Photos that are shown at most."""
_OPEN = 8
"""Towers, and galleries, of a few pipelines."""


@dataclass(frozen=True)
class Seen:
    """What was found, by the numbers that photos have in the catalogue.

    Args:
        asked: the words, or the photo; nothing for an upload.
        by: whether vectors were compared, or captions and labels were read.
        searched: how many photos.
        without_vectors: how many have none.
        near: the photos, the likest first; their likeness, where vectors were compared.
    """

    asked: str
    by: By
    searched: int
    without_vectors: int
    near: Sequence[tuple[int, float | None]]

    def found(self, catalogue: Catalogue) -> Found:
        """Return it as `bokeru find --json` tells it; a hidden caption is not told."""
        matches = [self._match(catalogue, number, likeness) for number, likeness in self.near]
        remark = NO_TOWER if self.by == "captions" else None
        return Found(self.asked, self.by, self.searched, self.without_vectors, remark, matches)

    def _match(self, catalogue: Catalogue, number: int, likeness: float | None) -> Match:
        photo, best = catalogue.photo(number), catalogue.captions_of(number, 1)
        caption = best[0]["text"] if best else None
        return Match(photo["sha256"], photo["split"], likeness, photo["labels"] or [], caption)


class Finding:
    """Finds photos of a pipeline. By words and for an upload a model computes: run that in the queue."""

    def __init__(self, library: Library, speakers: Speakers) -> None:
        self._library, self._speakers = library, speakers
        self._cache = FileCache(_OPEN)

    def has_tower(self, place: Place) -> bool:
        """Tell whether words are looked for in what photos show."""
        return self._words(place) is not None

    def by_words(self, place: Place, text: str, count: int = COUNT) -> Seen:
        """Find the photos that show what words say, or of which it is written.

        Raises:
            UserError: there are no words, no dataset, no vectors, or the tower cannot be used.
            NotReady: what it needs is being made.
        """
        asked, catalogue, words = checked(text), self._library.catalogue(place), self._words(place)
        if words is None:
            numbers = mentioned(catalogue, words_in(asked))[:count]
            return Seen(asked, "captions", len(catalogue), 0, [(number, None) for number in numbers])
        gallery = self._gallery(place, words.cache.name)
        direction = self._tower(words).vectors([asked])[0]
        return _seen(asked, gallery, catalogue, gallery.like_words(direction, count))

    def like(self, place: Place, sha256: str, count: int = COUNT) -> Seen:
        """Find the photos that are most like one of the dataset, by the vectors that the model reads.

        Raises:
            UserError: there is no model or no vector.
            NotReady: what it needs is being made.
        """
        catalogue = self._library.catalogue(place)
        key = self._library.captioner(self._speakers.run(place)).features_key
        gallery = self._gallery(place, key)
        vector = gallery.vectors.of([sha256])[0]
        near = gallery.like_photo(vector, count, [catalogue.index[sha256]])
        return _seen(sha256, gallery, catalogue, near)

    def like_upload(self, place: Place, photo: bytes, count: int = COUNT) -> Seen:
        """Find the photos that are most like a visitor's, which is kept nowhere.

        Raises:
            UnusablePhoto: the bytes are not a photo, or one that is too large.
            UserError: there is no model, no vector, or no network.
        """
        picture = opened(photo)
        catalogue, captioner = (
            self._library.catalogue(place),
            self._library.captioner(self._speakers.run(place)),
        )
        gallery = self._gallery(place, captioner.features_key)
        vector = self._library.extractor(place, captioner).vectors([picture])[0]
        return _seen("", gallery, catalogue, gallery.like_photo(vector, count))

    def _words(self, place: Place) -> Words | None:
        """Return the text tower that a pipeline's settings name; None where they name none."""
        wanted = self._speakers.known(place)
        if wanted is None or wanted.cache is None:
            return None
        return words_of(wanted.features, wanted.cache, place.weights)

    def _tower(self, words: Words) -> TextTower:
        return self._cache.get(("tower", words.cache, str(words.options.text)), words.identity, words.tower)

    def _gallery(self, place: Place, key: str) -> Gallery:
        """Return the photos of a pipeline with their vectors; what it computes of them is kept."""
        # The files first: what changes while the others are awaited makes them an earlier version.
        version = tuple(each.version for each in self._library.made_of(place, key))
        names = self._library.catalogue(place).photos["sha256"]
        vectors = self._library.vectors(place, key)
        return self._cache.get(("gallery", place, key), version, lambda: Gallery(names, vectors))


def _seen(asked: str, gallery: Gallery, catalogue: Catalogue, near: Sequence[tuple[int, float]]) -> Seen:
    places = gallery.places
    return Seen(asked, "vectors", len(places), len(catalogue) - len(places), near)


def mentioned(catalogue: Catalogue, words: Sequence[str]) -> list[int]:
    """Return the photos of whose captions and labels every word is told, as `dataset.describe.mentions` does.

    Captions that are hidden are none.
    """
    told, labelled = np.full(len(catalogue), bool(words)), np.zeros(len(catalogue), int)
    for word in words:
        labels, captions = _having(catalogue, Filter(label=word)), _having(catalogue, Filter(text=word))
        told &= labels | captions
        labelled += labels
    places = np.flatnonzero(told)
    return [int(place) for place in places[np.argsort(-labelled[places], kind="stable")]]


def _having(catalogue: Catalogue, wanted: Filter) -> NDArray[np.bool_]:
    having = np.zeros(len(catalogue), bool)
    having[look(catalogue, wanted).numbers] = True
    return having
