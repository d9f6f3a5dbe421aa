"""Find photos of a dataset: by words, or by another photo. What `bokeru find` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset import read as read_dataset
from dataset.describe.mentions import described, mentioning, words_in
from featurize.extract import Extractor
from featurize.options import FeatureOptions
from featurize.read import read
from featurize.words.found import NO_TOWER, Found, Match
from featurize.words.gallery import Gallery
from featurize.words.open import words_of
from featurize.words.tokens import CHARACTERS
from store.errors import UsageError, UserError
from store.place import Place

COUNT = 24
"""Photos that are shown unless another number is asked for."""


def checked(words: str) -> str:
    """Return words as they are looked for.

    Raises:
        UsageError: there are none, too many, or what is no text.
    """
    plain = words.strip()
    if not plain:
        raise UsageError("There are no words to look for. Write some, such as: 犬 電車")
    if len(plain) > CHARACTERS:
        raise UsageError(f"{len(plain):,} characters are too many to look for; {CHARACTERS:,} are the most")
    try:
        plain.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{plain!r} is no text in UTF-8. Write it anew") from None
    return plain


@dataclass(frozen=True)
class Finder:
    """Finds photos of a dataset.

    Args:
        options: of features.
        dataset: a folder of train and dev shards.
        cache: the vectors that `options` name; not needed for words without a text tower.
        weights: the folder of weights files.
    """

    options: FeatureOptions
    dataset: Path
    cache: Path
    weights: Path

    def by_words(self, text: str, count: int = COUNT) -> Found:
        """Find the photos that show what words say; without a text tower, those of which it is written.

        Args:
            text: in a language that the tower learned.
            count: at most so many.

        Raises:
            UsageError: there are no words, or `features.text` names no file.
            UserError: there is no dataset or no vector, or the tower cannot be used.
        """
        asked = checked(text)
        photos = self._photos
        words = words_of(self.options, self.cache, self.weights)
        if words is None:
            told = words_in(asked)
            places = mentioning(self.dataset, told)[:count]
            written = described(self.dataset, photos, places, told[0] if told else "")
            matches = [Match(one.sha256, one.split, None, one.labels, one.caption) for one in written]
            return Found(asked, "captions", len(photos), 0, NO_TOWER, matches)
        gallery = self._gallery(photos)
        direction = words.tower().vectors([asked])[0]
        return self._found(asked, photos, gallery, gallery.like_words(direction, count))

    def by_photo(self, photo: str, count: int = COUNT) -> Found:
        """Find the photos that are most like another one; any encoder can do that.

        Args:
            photo: a file, or the sha256 of a photo of the dataset, which is not found itself.

        Raises:
            UsageError: there is no such file and no such photo.
            UserError: there is no dataset or no vector, or the file cannot be read as a photo.
        """
        photos = self._photos
        gallery = self._gallery(photos)
        if Path(photo).is_file():
            near = gallery.like_photo(self._vector(Path(photo)), count)
        else:
            own = _place(photo, photos)
            near = gallery.like_photo(gallery.vectors.of([photo])[0], count, [own])
        return self._found(photo, photos, gallery, near)

    @property
    def _photos(self) -> pa.Table:
        return read_dataset.photos(self.dataset, columns=["sha256", "labels"])

    def _gallery(self, photos: pa.Table) -> Gallery:
        return Gallery(photos["sha256"], read(self.cache, Place.of(self.dataset)))

    def _vector(self, file: Path) -> np.ndarray:
        """Return the vector of a file, (D,) float32."""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror}") from None
        return np.asarray(Extractor(self.options, self.weights).vectors([content])[0])

    def _found(
        self, asked: str, photos: pa.Table, gallery: Gallery, near: Sequence[tuple[int, float]]
    ) -> Found:
        written = described(self.dataset, photos, [place for place, _ in near])
        matches = [
            Match(one.sha256, one.split, likeness, one.labels, one.caption)
            for one, (_, likeness) in zip(written, near, strict=True)
        ]
        without = len(photos) - len(gallery.places)
        return Found(asked, "vectors", len(gallery.places), without, None, matches)


def _place(sha256: str, photos: pa.Table) -> int:
    """Return where a photo of the dataset is.

    Raises:
        UsageError: there is none.
    """
    place = int(photos["sha256"].index(sha256).as_py())
    if place < 0:
        raise UsageError(
            f"{sha256} is no file, and no photo of the dataset has this sha256. Name a file, "
            "or a photo of the dataset"
        )
    return place
