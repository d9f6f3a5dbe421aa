"""What a photo, an odai or a boke amounts to in all stages: hashes, addresses, numbers, captions.

Stages state facts: each yields SQL over its own tables. Here the facts are joined, so that one hash or number
leads to everything that belongs to it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from store.addresses import numbered, photo_key
from store.errors import UsageError
from store.sql import literal

FACT = "key VARCHAR, sha256 VARCHAR, odai_id BIGINT, boke_id BIGINT, text VARCHAR, text_nfkc VARCHAR"
"""The columns of a fact, null where it says nothing of one. `key` is a photo's key, see `store.addresses`."""


@dataclass(frozen=True)
class Request:
    """One thing to forget: a photo by its sha256, an odai or a boke by its number.

    Raises:
        UsageError: none or several are given, or the sha256 is not one.
    """

    sha256: str | None = None
    odai: int | None = None
    boke: int | None = None

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.sha256, self.odai, self.boke)) != 1:
            raise UsageError("Name one thing to forget: --sha256 X, --odai N or --boke N")
        if self.sha256 is not None and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise UsageError(f"{self.sha256!r} is no sha256: those have 64 of the digits 0-9a-f")

    def options(self, content: "Content") -> tuple[str, str]:
        """Return the options that forget the same in another pipeline: a photo by its sha256.

        Numbers of odai and boke are a site's own; a sha256 is the same everywhere.
        """
        if len(content.sha256s) == 1:
            return "--sha256", next(iter(content.sha256s))
        return ("--boke", str(self.boke)) if self.odai is None else ("--odai", str(self.odai))


@dataclass
class Content:
    """What is to go. `keys` are photo keys (see `addresses`); `texts` are captions as written and normalised.

    Texts that other boke have, too, are not among `texts`: finding them would prove nothing.
    """

    sha256s: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    odai_ids: set[int] = field(default_factory=set)
    boke_ids: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def names(self, url: str) -> bool:
        """Tell whether an address is that of the photo, of the odai or of the boke."""
        page = numbered(url)
        ids = {"odai": self.odai_ids, "boke": self.boke_ids}
        return photo_key(url) in self.keys or (page is not None and page[1] in ids[page[0]])

    def includes(self, captions: pa.Table) -> list[bool]:
        """Return for each caption whether it belongs to this content, or its odai or photo does.

        Args:
            captions: sha256 (of the photo), odai_id, boke_id; a row per caption.
        """
        photo = pc.is_in(captions["sha256"], pa.array(self.sha256s, pa.string()))
        odai = pc.is_in(captions["odai_id"], pa.array(self.odai_ids, pa.int64()))
        boke = pc.is_in(captions["boke_id"], pa.array(self.boke_ids, pa.int64()))
        included: list[bool] = pc.or_(pc.or_(photo, odai), boke).to_pylist()
        return included


class Facts:
    """What the stages of a pipeline state about photos, odai and boke, joined in DuckDB."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def load(cls, queries: Iterable[str]) -> Iterator["Facts"]:
        """Yield the facts that `queries` select.

        Raises:
            duckdb.Error: a shard is damaged.
        """
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE fact ({FACT})")
            for query in queries:
                connection.execute(f"INSERT INTO fact {query}")
            yield cls(connection)

    def holds(self, content: Content) -> bool:
        """Tell whether these stages, of another pipeline, hold some photo or caption of `content`.

        Numbers of odai and boke alone prove nothing: another site counts its own.
        """
        photo = _among("sha256", content.sha256s)
        caption = f"{_among('boke_id', content.boke_ids)} AND {_among('text', content.texts)}"
        return bool(
            self._connection.execute(f"SELECT 1 FROM fact WHERE {photo} OR {caption} LIMIT 1").fetchall()
        )

    def content(self, request: Request) -> Content:
        """Return everything that belongs to what is to be forgotten."""
        if request.sha256 is not None:
            return self._of_photo(request.sha256)
        if request.odai is not None:
            return self._of_odai(request.odai)
        assert request.boke is not None
        return self._of_boke(request.boke)

    def _of_photo(self, sha256: str) -> Content:
        """Return what belongs to a photo: the odai that show it, at any of its addresses, and their boke."""
        keys = self._set("key", f"sha256 = '{sha256}'")
        odai_ids = self._set("odai_id", f"sha256 = '{sha256}' OR {_among('key', keys)}")
        where = (
            f"{_among('odai_id', odai_ids)} OR {_among('key', keys)} OR coalesce(sha256 = '{sha256}', false)"
        )
        return Content({sha256}, keys, odai_ids, self._set("boke_id", where), self._texts(where))

    def _of_odai(self, odai_id: int) -> Content:
        """Return what belongs to one odai: its boke, and its photo if no other odai shows it."""
        where = f"odai_id = {odai_id}"
        keys = self._set("key", where) - self._set("key", f"odai_id <> {odai_id}")
        sha256s = self._set("sha256", f"{where} OR {_among('key', keys)}")
        sha256s -= self._set(
            "sha256", f"odai_id <> {odai_id} OR NOT {_among('key', keys)} AND key IS NOT NULL"
        )
        return Content(sha256s, keys, {odai_id}, self._set("boke_id", where), self._texts(where))

    def _of_boke(self, boke_id: int) -> Content:
        """Return what belongs to one boke: its text."""
        return Content(boke_ids={boke_id}, texts=self._texts(f"boke_id = {boke_id}"))

    def _texts(self, where: str) -> set[str]:
        """Return the texts, as written and normalised, of facts that match and of no others."""
        where = f"coalesce({where}, false)"
        others = self._set("text", f"NOT {where}") | self._set("text_nfkc", f"NOT {where}")
        return (self._set("text", where) | self._set("text_nfkc", where)) - others

    def _set(self, column: str, where: str) -> set:  # type: ignore[type-arg]  # of the column's values
        rows = self._connection.execute(f"SELECT DISTINCT {column} FROM fact WHERE {where}").fetchall()
        return {value for (value,) in rows if value is not None}


def _among(column: str, values: Iterable[object]) -> str:
    listed = ", ".join(literal(value) if isinstance(value, str) else str(value) for value in values)
    return f"coalesce({column} IN ({listed}), false)" if listed else "false"
