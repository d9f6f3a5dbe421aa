"""The catalogue: a dataset without the bytes of its photos, to filter, page through and look up.

P photos, C captions; photo p has the captions in rows offsets[p] to offsets[p + 1]. All of it lies in
the index, which is mapped into memory; a row becomes Python objects where a page shows it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset import read
from store.errors import DamagedFile
from store.schema import PHOTOS
from store.shard_reader import Shard, unreadable
from web.content import scores
from web.content.file_cache import FileCache
from web.content.index import CAPTION_COLUMNS, PHOTO_COLUMNS, Index, Report, open_index
from web.content.kinds import Kinds
from web.content.names import Names, Numbers
from web.content.shown.hidden import Hidden
from web.options import HideOptions

_SHOWN = [*PHOTO_COLUMNS, "split"]
SELECTIONS, DERIVED = 12, 64
"""How many selections are kept, of P + 2C bytes each, and how much else, of up to 8P or 8C bytes each."""
DAY = 86_400_000_000
"""Microseconds."""
NEVER: int = np.iinfo(np.int64).min
"""Stands for a time that is not known."""


@dataclass(frozen=True)
class RowLocation:
    """Where a photo's Parquet row is: the shard, the row group, and the row within the group."""

    path: Path
    group: int
    row: int


class Catalogue:
    """One version of a dataset. Photos are numbered from 0 in the dataset's order.

    Attributes:
        photos, captions: the tables of the index.
        offsets: (P + 1,) the number of captions before each photo, then the total.
        sha256s: of each photo.
        index: the number of each photo by its sha256.
        stars: (C,) of each caption; 0 where they are unknown.
        scores: of photos and captions, by name.
        label_kinds: which photos have which labels.
        labels, photo_categories: how many photos each has.
        caption_categories: how many captions each has, hidden ones left out.
        rule: which captions are hidden.
        hidden: (C,) whether each is: such a one is neither shown nor found.
        selected: what filters left of it.
        derived: what else was worked out of it, for those who ask again.
    """

    def __init__(self, index: Index, hide: HideOptions | None = None) -> None:
        self._paths = index.shards
        self.photos, self.captions = index.photos, index.captions
        counts = self.photos["captions"].to_numpy()
        self.offsets: NDArray[np.int64] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.sha256s = Names(self.photos["sha256"])
        self.index = Numbers(self.sha256s, self.photos["by_sha256"].to_numpy())
        self._shuffled: dict[str, NDArray[np.int64]] = {}
        # Here, and not where they are first shown: what takes a moment belongs to what visitors are told of.
        self.stars: NDArray[np.int64] = np.asarray(pc.fill_null(self.captions["stars"], 0).to_numpy())
        self.scores = scores.gathered([self.photos["scores"]], [self.captions["scores"]])
        lists = self.photos["labels"].combine_chunks()
        owners = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
        self.label_kinds = Kinds.of([(owners, pc.list_flatten(lists))])
        self.labels = self.label_kinds.counts()
        self.photo_categories = counted(self.photos["category"])
        self.rule = Hidden(hide or HideOptions())
        self.hidden = self.rule.mask(self.captions)
        self.caption_categories = counted(self.captions["category"], ~self.hidden)
        self.selected, self.derived = FileCache(SELECTIONS), FileCache(DERIVED)

    @classmethod
    def load(
        cls, directory: Path, report: Report = lambda done, total: None, hide: HideOptions | None = None
    ) -> "Catalogue":
        """Open a dataset's index; it is made where there is none of this version.

        Args:
            report: is called while it is made.
            hide: which captions are not shown.

        Raises:
            MissingStage: there is no dataset.
            DamagedFile: a shard cannot be read.
        """
        return cls(open_index(directory, report), hide)

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def lengths(self) -> NDArray[np.int32]:
        """The number of characters of each caption, (C,)."""
        return np.asarray(self.captions["characters"].to_numpy())

    @property
    def counts(self) -> NDArray[np.int64]:
        """The number of captions of each photo that are shown, (P,)."""
        before = np.concatenate([[0], np.cumsum(~self.hidden)])
        return np.diff(before[self.offsets])

    @property
    def posted(self) -> NDArray[np.int64]:
        """When each caption was posted, (C,), in microseconds from 1970; NEVER where nobody knows."""
        times = self.captions["posted"].cast(pa.int64())
        return np.asarray(pc.fill_null(times, NEVER).to_numpy())

    def shuffled(self, split: str) -> NDArray[np.int64]:
        """Return the numbers of a split's photos in an order that has nothing to do with theirs, (N,)."""
        if split not in self._shuffled:
            found = np.flatnonzero(self.of_split(split))
            self._shuffled[split] = np.random.default_rng(0).permutation(found)
        return self._shuffled[split]

    def of_split(self, split: str) -> NDArray[np.bool_]:
        """Return which photos are in a split, (P,)."""
        return _true(pc.equal(self.photos["split"], split))

    def photo(self, photo: int) -> dict[str, Any]:
        """Return the columns of one photo, its scores by name, and how many captions it has."""
        row: dict[str, Any] = self.photos.slice(photo, 1).select(_SHOWN).to_pylist()[0]
        own = scores.at(self.scores, "photos", photo)
        start, end = (int(offset) for offset in self.offsets[photo : photo + 2])
        hidden = int(self.hidden[start:end].sum())
        return {**row, "scores": own, "captions": end - start - hidden, "hidden": hidden}

    def captions_of(
        self, photo: int, limit: int | None = None, first: NDArray[np.bool_] | None = None
    ) -> list[dict[str, Any]]:
        """Return the captions of one photo that are shown, most stars first, at most `limit` of them.

        Args:
            first: (C,) those that come before all others.
        """
        # The sort is stable, so captions with equal stars keep the dataset's order.
        start, end = (int(offset) for offset in self.offsets[photo : photo + 2])
        table = self.captions.slice(start, end - start)
        captions: list[dict[str, Any]] = table.select(list(CAPTION_COLUMNS)).to_pylist()
        order = [place for place in range(end - start) if not self.hidden[start + place]]
        order.sort(key=lambda place: -(captions[place]["stars"] or 0))
        if first is not None:
            order.sort(key=lambda place: not first[start + place])
        for place in order[:limit]:
            captions[place]["scores"] = scores.at(self.scores, "captions", start + place)
        return [captions[place] for place in order[:limit]]

    def locate(self, photo: int) -> RowLocation:
        """Return where a photo's Parquet row is."""
        shard, group, row = (self.photos[name][photo].as_py() for name in ("shard", "row_group", "row"))
        return RowLocation(self._paths[shard], group, row)

    def bytes(self, photo: int) -> bytes:
        """Read a photo's bytes from its shard.

        Raises:
            DamagedFile: the shard cannot be read, or is no longer there.
        """
        path, row = self._read(photo, read.PHOTO)
        return bytes(read.photo_contents(path, row)[0].as_py() or b"")

    def tokens_of(self, photo: int) -> list[tuple[str, list[str]]]:
        """Read text and tokens of each caption of a photo from its shard.

        Raises:
            DamagedFile: as `bytes`.
        """
        columns = [f"captions.list.element.{name}" for name in ("text", "tokens")]
        _, row = self._read(photo, ["sha256", *columns])
        return [(one["text"], one["tokens"]) for one in row["captions"][0].as_py() or ()]

    def _read(self, photo: int, columns: Sequence[str]) -> tuple[Path, pa.Table]:
        """Read columns, sha256 among them, of a photo's row; return its shard, and a table of the row."""
        row = self.locate(photo)
        try:
            with Shard(row.path, PHOTOS) as shard:
                # A row group holds about 100 photos: quick to read. All bytes would not fit into memory.
                table = shard.read_row_group(row.group, columns=list(columns))
        except (pa.ArrowException, OSError, IndexError) as error:
            raise unreadable(row.path, error) from error
        if row.row >= len(table) or table["sha256"][row.row].as_py() != self.sha256s[photo]:
            # Another process has replaced the shard; the caller reads the dataset again.
            raise DamagedFile(row.path, "its rows are others than a moment ago")
        return row.path, table.slice(row.row, 1)

    def splits(self) -> Iterator[tuple[str, int, int]]:
        """Yield each split with its photos and captions."""
        counts = np.diff(self.offsets)
        for split in ("train", "dev"):
            inside = self.of_split(split)
            yield split, int(inside.sum()), int(counts[inside].sum())


def counted(values: pa.ChunkedArray, chosen: NDArray[np.bool_] | None = None) -> Counter[str]:
    """Return how often each text occurs among all values (N,), or those that are chosen; not the empty."""
    found = pc.value_counts(values if chosen is None or chosen.all() else values.filter(pa.array(chosen)))
    names, counts = found.field("values").to_pylist(), found.field("counts").to_pylist()
    return Counter({name: count for name, count in zip(names, counts, strict=True) if name})


def _true(values: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), bool)
