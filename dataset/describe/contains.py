"""Says whether a photo or caption is in a pipeline, where it came from, and how it is taken out."""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb

from dataset import read
from dataset.builds import left_out
from dataset.options import DatasetOptions
from store.addresses import numbered, page_address, photo_key, sql_photo_key
from store.errors import UsageError, UserError
from store.photo.decode import decode
from store.photo.description import ENOUGH
from store.photo.errors import UnusablePhoto
from store.photo.near.copies import copies_of
from store.photo.near.kept import KeptLooks
from store.photo.near.look import look
from store.place import Place
from store.schema import IMAGES, LEFT_OUT_CAPTIONS, PHOTOS
from store.shard_reader import sql_rows
from store.shards import shard_paths
from store.sql import literal

How = Literal["number", "address", "same", "near"]
_PAGES = 5
"""Addresses of pages that a match names."""
_KEPT = """
    SELECT sha256, image_sha256, split_part(parse_filename(filename), '-', 1) AS split, c.boke_id, c.odai_id,
        c.url, coalesce(c.source, p.source) AS source, coalesce(c.licence, p.licence) AS licence, credit
    FROM {rows} p, unnest(captions) AS unnested(c)"""
_LEFT_OUT = """
    SELECT sha256, NULL AS image_sha256, NULL AS split, boke_id, odai_id, url, NULL AS source, licence,
        NULL AS credit FROM {rows}"""
_MATCHES = """
    WITH mine AS (FROM caption WHERE {condition}),
    place AS (SELECT sha256 FROM mine UNION SELECT unnest({sha256s}::VARCHAR[])),
    said AS (
        SELECT sha256, any_value(split) AS split, count(split) AS captions,
            list(DISTINCT url ORDER BY url) AS urls, any_value(source) AS source,
            any_value(licence) AS licence, any_value(credit) AS credit
        FROM mine GROUP BY sha256),
    fetched AS (
        SELECT sha256, arg_min(url, fetched_at) AS url, min(fetched_at) AS since, any_value(source) AS source,
            any_value(licence) AS licence, any_value(credit) AS credit
        FROM image SEMI JOIN place USING (sha256) GROUP BY sha256)
    SELECT place.sha256, split, coalesce(captions, 0) AS captions, coalesce(urls, []) AS pages,
        fetched.url AS address, since, coalesce(said.source, fetched.source) AS source,
        coalesce(said.licence, fetched.licence) AS licence, coalesce(said.credit, fetched.credit) AS credit
    FROM place LEFT JOIN said ON place.sha256 IS NOT DISTINCT FROM said.sha256
    LEFT JOIN fetched ON place.sha256 = fetched.sha256 ORDER BY place.sha256"""


@dataclass(frozen=True)
class Match:
    """A photo of the pipeline that is, or shows, what was asked for.

    Args:
        how: it has the number or the address that was asked for; it is the `same` file; or it is a `near`
            copy, saved anew, resized, mirrored, turned, framed or cut a little.
        sha256: of its bytes as fetched; null for a caption without a photo.
        split: train or dev; null where the dataset has no caption of it.
        captions: how many of its captions are in the dataset.
        pages: addresses of pages that show its captions, five at most.
        address: where the photo was fetched from; null for an import.
        since: when it was fetched first.
        source: who published it.
        licence: null where none is known.
        credit: whom to name for the photo.
        forget: the command that takes it out.
    """

    how: How
    sha256: str | None
    split: str | None
    captions: int
    pages: list[str]
    address: str | None
    since: datetime | None
    source: str | None
    licence: str | None
    credit: str | None
    forget: str

    def lines(self) -> Iterator[str]:
        """Yield it as text."""
        how = {
            "number": "has that number",
            "address": "has that address",
            "same": "is the same file",
            "near": "shows the same",
        }
        captions = "1 caption" if self.captions == 1 else f"{self.captions:,} captions"
        where = f"in {self.split}, with {captions}" if self.split else "with no caption in the dataset"
        yield f"photo {self.sha256 or '(none)'} {how[self.how]}: {where}"
        since = f" since {self.since:%Y-%m-%d}" if self.since else ""
        origin = self.address or self.source or "an unknown source"
        credit = f", credit {self.credit}" if self.credit else ""
        yield f"  from {origin}{since}, licence {self.licence or 'unknown'}{credit}"
        if self.pages:
            yield f"  on {', '.join(self.pages)}"
        yield f"  taken out by: {self.forget}"


@dataclass(frozen=True)
class Contains:
    """What a pipeline holds of what was asked for.

    Args:
        asked: the number, address or file.
        matches: the same file first, then near copies.
        compared: how many photos it was compared with; null where numbers and addresses were.
        contact: whom the owner of a photo or caption can write to.
    """

    asked: str
    matches: list[Match]
    compared: int | None
    contact: str | None

    def lines(self) -> Iterator[str]:
        """Yield it as text."""
        if not self.matches:
            among = "" if self.compared is None else f", of {self.compared:,} photos"
            yield f"{self.asked} is not in it{among}"
        for match in self.matches:
            yield from match.lines()
        if self.matches and self.contact:
            yield f"to have it taken out, write to {self.contact}"


def contains(
    asked: str, place: Place, *, contact: str | None = None, content: bytes | None = None
) -> Contains:
    """Return what of the last build, and of the crawls that it took, is what was asked for.

    Nothing of a photo that is asked for is kept.

    Args:
        asked: a boke's number; the address of a boke, an odai or a photo; or what to call `content`.
        contact: whom owners can write to.
        content: a photo's bytes.

    Raises:
        UsageError: it is neither a number, an address nor a photo.
        MissingStage: there is no dataset.
        DamagedFile: a shard is cut short.
    """
    shards, gone = read.shards(place.dataset), left_out.paths(place.dataset)
    crawls = [Path(crawl) for crawl in read.manifest(place.dataset).get("crawls", [])]
    images = [path for crawl in crawls for path in shard_paths(crawl / "images", IMAGES)]
    with duckdb.connect() as connection:
        parts = [_KEPT.format(rows=sql_rows(shards, PHOTOS, places=True))]
        parts += [_LEFT_OUT.format(rows=sql_rows(gone, LEFT_OUT_CAPTIONS))] if gone else []
        connection.execute(f"CREATE VIEW caption AS {' UNION ALL '.join(parts)}")
        rows = f"FROM {sql_rows(images, IMAGES)} WHERE outcome = 'ok'" if images else "FROM nothing"
        connection.from_arrow(IMAGES.empty_table()).create("nothing")
        columns = "sha256, url, fetched_at, source, licence, credit"
        connection.execute(f"CREATE VIEW image AS SELECT {columns} {rows}")
        if content is not None:
            matches, compared = _of_photo(connection, content, place)
        else:
            matches, compared = _of_text(connection, asked, place), None
    return Contains(asked, matches, compared, contact)


def _of_text(connection: duckdb.DuckDBPyConnection, asked: str, place: Place) -> list[Match]:
    """Return the photos of a number or an address."""
    is_number = re.fullmatch(r"\d{1,18}", asked, re.ASCII)
    if page := ("boke", int(asked)) if is_number else _page(asked):
        kind, number = page
        forget = place.command("forget", f"--{kind}", str(number))
        return _matches(connection, "number", f"{kind}_id = {number}", [], forget)
    if not re.match("https?://", asked, re.IGNORECASE):
        raise UsageError(
            f"{asked!r} is neither a number, an address nor a file. Name a boke's number, the address of a "
            "boke, an odai or a photo, or a photo's file"
        )
    key = literal(photo_key(asked))
    found = connection.execute(f"SELECT sha256 FROM image WHERE {sql_photo_key('url')} = {key}").fetchall()
    return _photos(connection, "address", {sha256 for (sha256,) in found}, place)


def _page(asked: str) -> tuple[str, int] | None:
    """Return of which boke or odai an address is the page, on whichever host; people leave out its scheme."""
    address = asked if "://" in asked else f"http://{asked}"
    return numbered(page_address(address, address))


def _of_photo(connection: duckdb.DuckDBPyConnection, content: bytes, place: Place) -> tuple[list[Match], int]:
    """Return the photos that a photo is or shows, and how many it was compared with."""
    options = DatasetOptions.model_validate(read.settings(place.dataset), strict=False)
    digest = literal(hashlib.sha256(content).hexdigest())
    found = connection.execute(f"""
        SELECT sha256 FROM caption WHERE {digest} IN (sha256, image_sha256)
        UNION SELECT sha256 FROM image WHERE sha256 = {digest}""").fetchall()
    same = {sha256 for (sha256,) in found}
    held = connection.sql("SELECT sha256 FROM caption UNION SELECT sha256 FROM image").to_arrow_table()
    among, near = held["sha256"].combine_chunks().drop_null(), set()
    try:
        seen = look(decode(content, ENOUGH, grey=True).image)
        near = set(copies_of(seen, KeptLooks(place.photos), among, options.near_duplicate_bits)) - same
    except UnusablePhoto as error:
        if not same:
            raise UserError(
                f"The photo cannot be looked for: {error}. Name one that can be decoded"
            ) from None
    matches = _photos(connection, "same", same, place) + _photos(connection, "near", near, place)
    return matches, len(among)


def _photos(
    connection: duckdb.DuckDBPyConnection, how: How, sha256s: Collection[str], place: Place
) -> list[Match]:
    """Return a match for each of some photos."""
    listed = [literal(sha256) for sha256 in sorted(sha256s)]
    condition = f"sha256 IN ({', '.join(listed)})" if listed else "false"
    return _matches(connection, how, condition, listed, place.command("forget", "--sha256"))


def _matches(
    connection: duckdb.DuckDBPyConnection, how: How, condition: str, listed: Sequence[str], forget: str
) -> list[Match]:
    """Return a match for each photo that has a caption of `condition`, or is listed, as SQL."""
    query = _MATCHES.format(condition=condition, sha256s=f"[{', '.join(listed)}]")
    by_photo = how != "number"
    rows = connection.sql(query).to_arrow_table().to_pylist()
    return [
        Match(
            how=how,
            forget=f"{forget} {row['sha256']}" if by_photo else forget,
            **{**row, "pages": row["pages"][:_PAGES]},
        )
        for row in rows
    ]
