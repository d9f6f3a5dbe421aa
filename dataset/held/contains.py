"""Says whether a photo or caption is in a pipeline, where it came from, and how it is taken out."""

import hashlib
import re
from collections.abc import Callable, Collection

from dataset import read
from dataset.held.answer import Contains, How, Match
from dataset.held.rows import HeldRows, Hides, held_rows
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
from store.sql import literal

Alike = Callable[[bytes], Collection[str]]
"""Returns the photos that are like a photo, by their vectors."""


class Undecodable(UserError):
    """A photo that is looked for cannot be decoded, and none that is held is the same file.

    Attributes:
        reason: why it cannot.
    """

    def __init__(self, reason: UnusablePhoto) -> None:
        super().__init__(f"The photo cannot be looked for: {reason}. Name one that can be decoded")
        self.reason = reason


def contains(
    asked: str,
    place: Place,
    *,
    contact: str | None = None,
    content: bytes | None = None,
    hides: Hides = lambda text, category: False,
    alike: Alike | None = None,
) -> Contains:
    """Return what of the last build, and of the crawls that it took, is what was asked for.

    Nothing of a photo that is asked for is kept.

    Args:
        asked: a boke's number; the address of a boke, an odai or a photo; a photo's sha256; or what to call
            `content`.
        contact: whom owners can write to.
        content: a photo's bytes.
        hides: captions whose pages are not named. That they are held is told all the same: whoever asks for
            their own is to know.
        alike: compares a photo by its vector; None: hashes alone are compared.

    Raises:
        UsageError: it is neither a number, an address, a sha256 nor a photo.
        Undecodable: a photo cannot be compared.
        MissingStage: there is no dataset.
        DamagedFile: a shard is cut short.
    """
    with held_rows(place, hides) as rows:
        if content is not None:
            matches, compared = _of_photo(rows, content, place, alike)
        else:
            matches, compared = _of_text(rows, asked, place), None
    return Contains(asked, matches, compared, contact, content is not None and alike is not None)


def _of_text(rows: HeldRows, asked: str, place: Place) -> list[Match]:
    """Return the photos of a number, an address or a sha256."""
    if re.fullmatch("[0-9a-f]{64}", asked, re.IGNORECASE):
        return _photos(rows, "same", _of_digest(rows, asked.lower()), place)
    if page := asked_page(asked):
        kind, number = page
        forget = place.command("forget", f"--{kind}", str(number))
        return [Match(how="number", forget=forget, **row) for row in rows.found(f"{kind}_id = {number}")]
    if not re.match("https?://", asked, re.IGNORECASE):
        raise UsageError(
            f"{asked!r} is neither a number, an address, a sha256 nor a file. Name a boke's number, the "
            "address of a boke, an odai or a photo, a photo's sha256, or its file"
        )
    key = literal(photo_key(asked))
    return _photos(rows, "address", rows.photos(f"{sql_photo_key('url')} = {key}"), place)


def asked_page(asked: str) -> tuple[str, int] | None:
    """Return which `boke` or `odai` is asked for, by a boke's number or an address on whichever host.

    People leave out an address's scheme.
    """
    if re.fullmatch(r"\d{1,18}", asked, re.ASCII):
        return "boke", int(asked)
    address = asked if "://" in asked else f"http://{asked}"
    return numbered(page_address(address, address))


def _of_photo(rows: HeldRows, content: bytes, place: Place, alike: Alike | None) -> tuple[list[Match], int]:
    """Return the photos that a photo is or shows, and how many it was compared with."""
    options = DatasetOptions.model_validate(read.settings(place.dataset), strict=False)
    same = _of_digest(rows, hashlib.sha256(content).hexdigest())
    among, near, like = rows.all_photos(), set[str](), set[str]()
    try:
        seen = look(decode(content, ENOUGH, grey=True).image)
        near = set(copies_of(seen, KeptLooks(place.photos), among, options.near_duplicate_bits)) - same
        like = set(alike(content) if alike else ()) - same - near
    except UnusablePhoto as error:
        if not same:
            raise Undecodable(error) from None
    kinds: dict[How, set[str]] = {"same": same, "near": near, "alike": like}
    return [match for how, found in kinds.items() for match in _photos(rows, how, found, place)], len(among)


def _of_digest(rows: HeldRows, digest: str) -> set[str]:
    """Return the photos whose bytes, as they were fetched or as the dataset has them, have this sha256."""
    wanted = literal(digest)
    found = rows.connection.execute(f"SELECT sha256 FROM caption WHERE {wanted} IN (sha256, image_sha256)")
    return {sha256 for (sha256,) in found.fetchall()} | rows.photos(f"sha256 = {wanted}")


def _photos(rows: HeldRows, how: How, sha256s: Collection[str], place: Place) -> list[Match]:
    """Return a match for each of some photos."""
    listed = ", ".join(map(literal, sorted(sha256s)))
    found = rows.found(f"sha256 IN ({listed})" if listed else "false", sha256s)
    return [Match(how=how, forget=place.command("forget", "--sha256", row["sha256"]), **row) for row in found]
