"""The forget list of a pipeline: what was taken out on request and must not come back.

The list holds digests, not the hashes and addresses themselves: so a search of all files for a forgotten
photo finds nothing, and the list can still tell that a photo, odai or boke is on it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.addresses import numbered, photo_key
from store.errors import DamagedFile
from store.forget.content import Content, unnumbered
from store.register.sealed import Sealed
from store.whole_file import read_whole, write_whole

NAME = "forgotten.json"
REMEDY = "Bring it back from a copy: what it lists would be crawled again."

_OF_PHOTO = ("labels", "label_confidences")
"""Columns of a page that say what is in its photo."""

Kind = Literal["photo", "url", "odai", "boke", "unnumbered"]
"""A photo is known by its sha256 and by the addresses it was fetched from; odai and boke by their numbers; a
boke that is shown without any, by its photo's address and its text."""


def digest(kind: Kind, value: object) -> str:
    """Return what the list holds for one forgotten thing; in SQL: sha256(kind || ':' || value).

    Of a photo's address only the key counts (see `addresses`): the photo is forgotten in every width.
    """
    if kind == "url":
        value = photo_key(str(value))
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind
    digest: str
    at: datetime


class _Trained(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    run: str
    at: datetime


class Forgotten(Sealed):
    """A forget list: its entries, and the runs whose models had learned from something on it."""

    model_config = ConfigDict(extra="forbid")
    entries: list[_Entry] = Field(default_factory=list)
    trained: list[_Trained] = Field(default_factory=list)

    @classmethod
    def load(cls, pipeline: Path) -> "Forgotten":
        """Read the list of the pipeline in the directory data/<pipeline>; one that is not there is empty.

        Raises:
            DamagedFile: the file is not a forget list. Nothing may go on as if it were empty.
        """
        path = pipeline / NAME
        try:
            return cls.parse(read_whole(path, REMEDY), path)
        except FileNotFoundError:
            return cls()

    @classmethod
    def parse(cls, content: bytes, path: Path) -> "Forgotten":
        """Return the list in the content of a file; `path` is named where it cannot be read (DamagedFile)."""
        try:
            return cls.model_validate_json(content).opened(path, REMEDY)
        except ValidationError as error:
            raise DamagedFile(path, f"not a forget list ({error.error_count()} errors)", REMEDY) from None

    def save(self, pipeline: Path) -> None:
        """Write the list to the pipeline's directory."""
        write_whole(pipeline / NAME, self.sealed())

    def add(self, kind: Kind, values: Iterable[object]) -> None:
        """Put `values` on the list, those that it does not hold yet."""
        known, now = self.digests(), datetime.now(UTC)
        new = {digest(kind, value) for value in values if value is not None} - known
        self.entries += [_Entry(kind=kind, digest=one, at=now) for one in sorted(new)]

    def add_content(self, content: Content) -> None:
        """Put everything on the list that `content` names."""
        self.add("photo", content.digests)
        self.add("url", content.keys)
        self.add("odai", content.odai_ids)
        self.add("boke", content.boke_ids)
        self.add("unnumbered", content.unnumbered)

    def add_trained(self, runs: Iterable[str]) -> None:
        """Note the runs whose models may have learned from what is on the list."""
        known, now = {entry.run for entry in self.trained}, datetime.now(UTC)
        self.trained += [_Trained(run=run, at=now) for run in runs if run not in known]

    def join(self, other: "Forgotten") -> None:
        """Put on the list what another list of the same pipeline holds."""
        known = self.digests()
        self.entries += [entry for entry in other.entries if entry.digest not in known]
        runs = {entry.run for entry in self.trained}
        self.trained += [entry for entry in other.trained if entry.run not in runs]

    def digests(self) -> set[str]:
        """Return the digests of everything on the list."""
        return {entry.digest for entry in self.entries}

    def filter(self) -> "ForgottenFilter":
        """Return the list as something that crawled rows pass through."""
        return ForgottenFilter(frozenset(self.digests()))


class ForgottenFilter:
    """Rows of a crawl pass through here before they are written: what is forgotten stays out."""

    def __init__(self, digests: frozenset[str]) -> None:
        self._digests = digests

    @property
    def digests(self) -> frozenset[str]:
        """What the list holds."""
        return self._digests

    def __bool__(self) -> bool:
        return bool(self._digests)

    def holds(self, kind: Kind, value: object) -> bool:
        """Tell whether this photo, address, odai or boke is on the list."""
        return bool(self._digests) and value is not None and digest(kind, value) in self._digests

    def captions(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row of the pages table without forgotten boke; `row` itself if it has none.

        They go by their own number, by that of their odai, or by the address of their photo.
        """
        bokes = row.get("bokes") or []
        kept = [boke for boke in bokes if not (self and self._is_forgotten(boke, row))]
        return row if len(kept) == len(bokes) else {**row, "bokes": kept}

    def page(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row of the pages table without what is forgotten; `row` itself if it has none of it."""
        if not self:
            return row
        row, links, image_url = self.captions(row), row.get("links") or [], row.get("image_url")
        linked = [link for link in links if not self.holds("url", link)]
        if len(linked) < len(links):
            row = {**row, "links": linked}
        if image_url is None or not (self.holds("odai", row.get("odai_id")) or self.holds("url", image_url)):
            return row
        nothing: dict[str, Any] = {
            name: [] if row[name] is not None else None for name in _OF_PHOTO if name in row
        }
        return {**row, **nothing, "image_url": None}

    def image(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row of the images table; of a forgotten photo, only that its address is denied."""
        if not self or not row.get("sha256"):
            return row
        if not self.holds("photo", row["sha256"]) and not self.holds("url", row.get("url")):
            return row
        nothing = dict.fromkeys(("sha256", "bytes", "width", "height", "format", "phash"))
        return {**row, **nothing, "outcome": "denied", "error": "forgotten"}

    def canary(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """Return a row of the canaries; None if its boke, odai or photo is forgotten."""
        known: tuple[tuple[Kind, str], ...] = (
            *(("boke", "boke_id"), ("odai", "odai_id")),
            *(("url", "image_url"), ("photo", "sha256")),
        )
        return None if any(self.holds(kind, row.get(name)) for kind, name in known) else row

    def side(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """Return a row of the sides; None if its photo is forgotten."""
        return None if self.holds("photo", row["sha256"]) else row

    def left_out(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """Return a row of the table of what a rule closes; None if its address is of something forgotten."""
        page = numbered(row["url"])
        return None if self.holds("url", row["url"]) or (page and self.holds(*page)) else row

    def _is_forgotten(self, boke: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
        odai_id, url = (
            page.get(name) if boke.get(name) is None else boke[name] for name in ("odai_id", "image_url")
        )
        if self.holds("boke", boke.get("boke_id")) or self.holds("odai", odai_id) or self.holds("url", url):
            return True
        if url is None or boke.get("boke_id") is not None:
            return False
        return self.holds("unnumbered", unnumbered(photo_key(url), str(boke.get("text"))))
