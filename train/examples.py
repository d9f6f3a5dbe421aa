"""A split as arrays: every caption as token ids, and the photo that it belongs to.

C captions, P photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.model import Array


@dataclass(frozen=True)
class Examples:
    """C captions of P photos.

    Attributes:
        photos: sha256 of each photo.
        photo: (C,) int64 row of `photos`; a photo's captions lie together.
        stream: (sum of lengths + 2,) int32 ids, every caption as <BOS> tokens… <EOS>, one after the other.
        starts: (C,) int64 where each caption's <BOS> lies in `stream`.
        lengths: (C,) int64 tokens of each caption, <BOS> and <EOS> not counted.
        stars: (C,) int64.
    """

    photos: Sequence[str]
    photo: Array
    stream: Array
    starts: Array
    lengths: Array
    stars: Array

    def __len__(self) -> int:
        return len(self.photo)

    @classmethod
    def build(
        cls,
        photos: Sequence[str],
        photo: Sequence[int],
        captions: Sequence[Sequence[int]],
        stars: Sequence[int],
        bos: int,
        eos: int,
    ) -> "Examples":
        """Lay captions out as arrays, photo by photo.

        Args:
            photos: sha256 of each photo.
            photo: row of `photos` of each caption.
            captions: token ids of each caption, without <BOS> and <EOS>.
            stars: of each caption.
            bos, eos: ids of <BOS> and <EOS>.
        """
        # Stable: a photo's captions keep the dataset's order, on which samples and the model depend.
        order = np.argsort(np.asarray(photo, np.int64), kind="stable")
        ordered = [captions[row] for row in order]
        lengths = np.array([len(caption) for caption in ordered], np.int64)
        ids = [token for caption in ordered for token in (bos, *caption, eos)]
        starts = np.concatenate([[0], np.cumsum(lengths + 2)[:-1]]).astype(np.int64)  # 2: <BOS> and <EOS>
        rows, ordered_stars = np.asarray(photo, np.int64)[order], np.asarray(stars, np.int64)[order]
        return cls(photos, rows, np.array(ids, np.int32), starts, lengths, ordered_stars)
