"""The catalogue: a dataset in memory without the bytes of its photos, to filter, page through and look up.

P photos, C captions; photo p has the captions in rows offsets[p] to offsets[p + 1].
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset import read
from dataset.text.captions import normalise
from dataset.text.names import name_form
from store.errors import DamagedFile
from store.schema import PHOTOS
from store.shard_reader import Shard, unreadable
from web.content import scores
from web.content.scores import Score

CAPTION_COLUMNS = ("boke_id", "odai_id", "text", "stars", "raters", "category", "posted", "url")
PHOTO_COLUMNS = ("sha256", "width", "height", "phash", "odai_ids", "category", "labels")


@dataclass(frozen=True)
class Filter:
    """Which photos to show; None and empty mean any. Text, stars, score must hold for one caption."""

    split: str | None = None
    category: str | None = None
    label: str | None = None
    stars: int = 0
    text: str = ""
    score: str = ""
    score_min: float | None = None
    score_max: float | None = None


@dataclass(frozen=True)
class RowLocation:
    """Where a photo's Parquet row is: the shard, the row group, and the row within the group."""

    path: Path
    group: int
    row: int


class Catalogue:
    """One version of a dataset, as `load` read it. Photos are numbered from 0 in the dataset's order."""

    def __init__(
        self,
        paths: list[Path],
        photos: pa.Table,
        captions: pa.Table,
        offsets: NDArray[np.int64],
        normal_forms: pa.ChunkedArray,
        scores: dict[str, Score],
    ) -> None:
        self._paths, self.photos, self.captions, self.offsets = paths, photos, captions, offsets
        self._normal_forms, self.scores = normal_forms, scores
        self.sha256s: list[str] = photos["sha256"].to_pylist()
        self.index = {sha256: number for number, sha256 in enumerate(self.sha256s)}

    @classmethod
    def load(cls, directory: Path) -> "Catalogue":
        """Read a dataset's text columns.

        Raises:
            MissingStage: there is no dataset.
            DamagedFile: a shard cannot be read.
        """
        paths = read.shards(directory)
        fields = (*CAPTION_COLUMNS, "text_nfkc", "scores")
        columns = [*PHOTO_COLUMNS, "scores", *(f"captions.list.element.{name}" for name in fields)]
        photos, captions, forms, lengths = [], [], [], []
        of_photos, of_captions = [], []
        for number, path in enumerate(paths):
            try:
                # Checksums, so that damage shows here and not as a wrong caption on a page.
                with Shard(path, PHOTOS) as shard:
                    table = shard.read(columns=columns)
            except (pa.ArrowException, OSError) as error:
                raise unreadable(path, error) from error
            # Captions lie flat in one table: a filter is then one vectorised comparison over all of them.
            lists = table["captions"].combine_chunks()
            lengths.append(pc.fill_null(pc.list_value_length(lists), 0).to_numpy())
            flat = pa.Table.from_struct_array(lists.flatten())
            captions.append(flat.select(CAPTION_COLUMNS))
            forms.append(pc.coalesce(flat["text_nfkc"], flat["text"]))  # early versions had no normal form
            of_photos.append(scores.column(table))
            of_captions.append(scores.column(flat))
            split = pa.array([path.name.split("-")[0]] * len(table), pa.string())
            location = {
                "split": split,
                "shard": pa.array([number] * len(table), pa.int64()),
                "row": np.arange(len(table)),
            }
            photos.append(pa.table({**{name: table[name] for name in PHOTO_COLUMNS}, **location}))
        # (P + 1,): the number of captions before each photo, then the total.
        offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
        return cls(
            paths,
            pa.concat_tables(photos),
            pa.concat_tables(captions).combine_chunks(),
            offsets,
            pa.chunked_array([chunk for form in forms for chunk in form.chunks], pa.string()),
            scores.gathered(of_photos, of_captions),
        )

    def __len__(self) -> int:
        return len(self.sha256s)

    @cached_property
    def split(self) -> NDArray[Any]:
        """The split of each photo, (P,)."""
        return np.asarray(self.photos["split"].to_numpy())

    @cached_property
    def stars(self) -> NDArray[np.int64]:
        """The stars of each caption, (C,); 0 where they are unknown."""
        return np.asarray(pc.fill_null(self.captions["stars"], 0).to_numpy())

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """The number of characters of each caption, (C,)."""
        return np.asarray(pc.fill_null(pc.utf8_length(self.captions["text"]), 0).to_numpy())

    @cached_property
    def caption_categories(self) -> Counter[str]:
        """How many captions each category has."""
        return Counter(filter(None, self.captions["category"].to_pylist()))

    @cached_property
    def photo_categories(self) -> Counter[str]:
        """How many photos each category of photos has."""
        return Counter(filter(None, self.photos["category"].to_pylist()))

    @cached_property
    def labels(self) -> Counter[str]:
        """How many photos each label has."""
        return Counter(label for labels in self._labels for label in labels)

    @cached_property
    def _labels(self) -> list[frozenset[str]]:
        # Sets, since a filter looks for one label in every photo's.
        return [frozenset(labels or ()) for labels in self.photos["labels"].to_pylist()]

    def find(self, wanted: Filter) -> NDArray[np.int64]:
        """Return the numbers of the N photos that pass a filter, (N,), in the dataset's order."""
        passing = np.ones(len(self), bool)
        if wanted.split:
            passing &= self.split == wanted.split
        if wanted.label:
            names = _spellings(wanted.label)
            having = (not names.isdisjoint(labels) for labels in self._labels)
            passing &= np.fromiter(having, bool, len(self))
        if wanted.category:
            names = pa.array(sorted(_spellings(wanted.category)), pa.string())
            own = _true(pc.is_in(self.photos["category"], names))
            passing &= own | self._any_caption(_true(pc.is_in(self.captions["category"], names)))
        score = self.scores.get(wanted.score)
        if wanted.score and score is None:
            passing[:] = False
        if score and score.of == "photos":
            passing &= score.within(wanted.score_min, wanted.score_max)
        if wanted.text or wanted.stars or (score and score.of == "captions"):
            passing &= self._any_caption(self._matching_captions(wanted, score))
        return np.flatnonzero(passing)

    def _matching_captions(self, wanted: Filter, score: Score | None) -> NDArray[np.bool_]:
        passing = self.stars >= wanted.stars
        if score and score.of == "captions":
            passing &= score.within(wanted.score_min, wanted.score_max)
        if text := normalise(wanted.text):
            passing &= _true(pc.match_substring(self._normal_forms, text, ignore_case=True))
        return passing

    def _any_caption(self, captions: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for each photo, (P,), whether any of its captions is selected, given a mask (C,)."""
        # The count of selected captions before each offset: it grows over a photo with any.
        selected = np.concatenate([[0], np.cumsum(captions)])
        return np.asarray(selected[self.offsets[1:]] > selected[self.offsets[:-1]])

    def photo(self, photo: int) -> dict[str, Any]:
        """Return the columns of one photo, its scores by name, and how many captions it has."""
        row: dict[str, Any] = self.photos.slice(photo, 1).to_pylist()[0]
        del row["shard"], row["row"]
        own = scores.at(self.scores, "photos", photo)
        return {**row, "scores": own, "captions": int(self.offsets[photo + 1] - self.offsets[photo])}

    def captions_of(self, photo: int, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the captions of one photo, most stars first, at most `limit` of them."""
        # The sort is stable, so captions with equal stars keep the dataset's order.
        start, end = (int(offset) for offset in self.offsets[photo : photo + 2])
        captions: list[dict[str, Any]] = self.captions.slice(start, end - start).to_pylist()
        for place, caption in enumerate(captions, start):
            caption["scores"] = scores.at(self.scores, "captions", place)
        return sorted(captions, key=lambda caption: -(caption["stars"] or 0))[:limit]

    def locate(self, photo: int) -> RowLocation:
        """Return where a photo's Parquet row is."""
        columns = self.photos.slice(photo, 1)
        path, row = self._paths[columns["shard"][0].as_py()], columns["row"][0].as_py()
        start = 0
        with Shard(path, PHOTOS) as shard:
            for group in range(shard.num_row_groups):
                rows = shard.metadata.row_group(group).num_rows
                if row < start + rows:
                    return RowLocation(path, group, row - start)
                start += rows
        # Another process has replaced the shard by a shorter one; the caller reads the dataset again.
        raise DamagedFile(path, f"it has {start:,} rows, but had more a moment ago")

    def bytes(self, photo: int) -> bytes:
        """Read a photo's bytes from its shard.

        Raises:
            DamagedFile: the shard cannot be read, or is no longer there.
        """
        try:
            row = self.locate(photo)
            with Shard(row.path, PHOTOS) as shard:
                # A row group holds about 100 photos: quick to read. All bytes would not fit into memory.
                table = shard.read_row_group(row.group, columns=["sha256", "image.bytes"])
        except (pa.ArrowException, OSError) as error:
            path = self._paths[self.photos["shard"][photo].as_py()]
            raise unreadable(path, error) from error
        return bytes(table["image"][row.row]["bytes"].as_py() or b"")

    def splits(self) -> Iterator[tuple[str, int, int]]:
        """Yield each split with its photos and captions."""
        counts = np.diff(self.offsets)
        for split in ("train", "dev"):
            inside = self.split == split
            yield split, int(inside.sum()), int(counts[inside].sum())


def _spellings(name: str) -> frozenset[str]:
    """Return a name as it was asked for, which a dataset of 0.1 may have, and in its one form."""
    return frozenset((name, name_form(name)))


def _true(values: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), bool)
