"""Compares two builds: which captions came and went, by which filter, and which photos changed sides."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from store.schema import BUILDS
from store.shard_reader import sql_rows

NEW, GONE = "new", "gone"
_KEY = """CASE WHEN boke_id IS NULL THEN concat_ws(chr(10), sha256, odai_id, text)
    ELSE concat(host, '/', boke_id) END"""
# Where two captions have one key, as two spellings of a text without a number, that which is kept counts.
_ROWS = """SELECT key, min(coalesce(filter, '')) AS filter, arg_min(split, coalesce(filter, '')) AS split,
        arg_min(sha256, coalesce(filter, '')) AS sha256
    FROM (SELECT *, {key} AS key FROM {rows}) GROUP BY key"""
# No filter: '' is a caption that is kept, null one that this build has not met.
_CHANGES = """
    SELECT old.filter, new.filter, old.split, new.split, count(*), count(DISTINCT new.sha256)
    FROM ({old}) old FULL JOIN ({new}) new USING (key)
    WHERE old.filter IS DISTINCT FROM new.filter OR old.split IS DISTINCT FROM new.split
    GROUP BY ALL ORDER BY ALL"""
_PHOTOS = """
    SELECT count(*) FILTER (old.sha256 IS NULL), count(*) FILTER (new.sha256 IS NULL)
    FROM (SELECT DISTINCT sha256 FROM {old} WHERE split IS NOT NULL) old
    FULL JOIN (SELECT DISTINCT sha256 FROM {new} WHERE split IS NOT NULL) new USING (sha256)"""


@dataclass(frozen=True)
class Changes:
    """What differs between two builds; captions are counted, where it does not say photos.

    Args:
        old: the fingerprint of the earlier build.
        new: that of the later one.
        came: captions that only the later one has, by the filter that had left them out, or NEW.
        went: captions that only the earlier one has, by the filter that leaves them out now, or GONE: no
            longer crawled, or forgotten.
        moved: captions whose photo is on another side, by the sides: "train to dev".
        photos_moved: the same for photos.
        photos_came: photos that only the later one has.
        photos_went: photos that only the earlier one has.
    """

    old: str
    new: str
    came: Mapping[str, int]
    went: Mapping[str, int]
    moved: Mapping[str, int]
    photos_moved: Mapping[str, int]
    photos_came: int
    photos_went: int

    def __bool__(self) -> bool:
        return bool(self.came or self.went or self.moved)

    def lines(self) -> Iterator[str]:
        """Yield what a terminal shows."""
        if not self:
            yield f"the same captions on the same sides as in {self.old}"
            return
        yield f"compared with {self.old}:"
        came = _listed(self.came, "{n} that {name} had left out", {NEW: "{n} new"})
        went = _listed(self.went, "{n} by {name}", {GONE: "{n} no longer crawled, or forgotten"})
        yield f"  in: {self.photos_came:,} photos, {sum(self.came.values()):,} captions{came}"
        yield f"  out: {self.photos_went:,} photos, {sum(self.went.values()):,} captions{went}"
        moved = _listed(self.photos_moved, "{n} from {name}", {})
        yield f"  on another side: {sum(self.photos_moved.values()):,} photos{moved}"


def _listed(counts: Mapping[str, int], usual: str, special: Mapping[str, str]) -> str:
    """Return the parts of a sum, the greatest first, in brackets; nothing for no parts."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    parts = [special.get(name, usual).format(n=f"{n:,}", name=name) for name, n in ordered]
    return f" ({', '.join(parts)})" if parts else ""


def changes(connection: duckdb.DuckDBPyConnection, old: tuple[str, Path], new: tuple[str, Path]) -> Changes:
    """Return what differs between two builds, each given by its fingerprint and its rows.

    Args:
        connection: goes on in files where the rows outgrow its memory.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    came: dict[str, int] = Counter()
    went, moved, photos_moved = (came.copy() for _ in range(3))
    tables = {"old": sql_rows([old[1]], BUILDS), "new": sql_rows([new[1]], BUILDS)}
    rows = {name: _ROWS.format(key=_KEY, rows=table) for name, table in tables.items()}
    for before, after, left, right, captions, photos in connection.execute(
        _CHANGES.format(**rows)
    ).fetchall():
        if before == after == "":
            moved[f"{left} to {right}"] += captions
            photos_moved[f"{left} to {right}"] += photos
        elif after == "":
            came[before or NEW] += captions
        elif before == "":
            went[after or GONE] += captions
    [(photos_came, photos_went)] = connection.execute(_PHOTOS.format(**tables)).fetchall()
    came, went, moved, photos_moved = map(dict, (came, went, moved, photos_moved))
    return Changes(old[0], new[0], came, went, moved, photos_moved, photos_came, photos_went)
