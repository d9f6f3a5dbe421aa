"""What is to be forgotten: what was asked for, and all that belongs to it."""

import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from store.addresses import numbered, photo_key
from store.errors import UsageError

SHORT = 8  # characters
"""Shorter captions are looked for as whole values only: inside other text they would prove nothing."""
LARGEST = 2**63 - 1
"""The largest number of an odai or a boke that tables hold."""


@dataclass(frozen=True)
class Request:
    """One thing to forget: a photo by its sha256, an odai or a boke by its number.

    Raises:
        UsageError: none or several are given, the sha256 is not one, or no table can hold the number.
    """

    sha256: str | None = None
    odai: int | None = None
    boke: int | None = None

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.sha256, self.odai, self.boke)) != 1:
            raise UsageError("Name one thing to forget: --sha256 X, --odai N or --boke N")
        if self.sha256 is not None and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise UsageError(f"{self.sha256!r} is no sha256: those have 64 of the digits 0-9a-f")
        for name in ("odai", "boke"):
            number = getattr(self, name)
            if number is not None and abs(number) > LARGEST:
                raise UsageError(f"{number} is no number of {name}: the largest is {LARGEST}. Look it up")

    def options(self, content: "Content") -> tuple[str, str]:
        """Return the options that forget the same in another pipeline: a photo by its sha256.

        Numbers of odai and boke are a site's own; a sha256 is the same everywhere.
        """
        if len(content.sha256s) == 1:
            return "--sha256", next(iter(content.sha256s))
        return ("--boke", str(self.boke)) if self.odai is None else ("--odai", str(self.odai))


def unnumbered(place: str, text: str) -> str:
    """Return what tells a boke without numbers: its photo (by key or sha256), and its text."""
    return f"{place}\n{text}"


@dataclass
class Content:
    """What is to go.

    Args:
        sha256s: photos.
        keys: of photos' addresses, see `store.addresses`.
        odai_ids: odai with all their boke.
        boke_ids: boke.
        texts: captions as written and normalised. Those that other boke have, too, are not among them:
            finding them would prove nothing.
        unnumbered: boke that only their photo and text tell, see `unnumbered`.
        quoted: of the texts, those that another boke's text holds as a part of its own.
        image_sha256s: of the photos' bytes without their metadata, as datasets, exports and pages have them.
            Those that another photo has, too, are not among them.
    """

    sha256s: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    odai_ids: set[int] = field(default_factory=set)
    boke_ids: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    unnumbered: set[str] = field(default_factory=set)
    quoted: set[str] = field(default_factory=set)
    image_sha256s: set[str] = field(default_factory=set)

    def __or__(self, other: "Content") -> "Content":
        """Return what belongs to either."""
        return Content(**{name: values | getattr(other, name) for name, values in vars(self).items()})

    @property
    def digests(self) -> set[str]:
        """The sha256 of the photos' bytes, with their metadata and without."""
        return self.sha256s | self.image_sha256s

    @property
    def phrases(self) -> set[str]:
        """Texts that prove something wherever they stand, in the midst of others too."""
        return {text for text in self.texts - self.quoted if len(text) >= SHORT}

    def names(self, url: str) -> bool:
        """Tell whether an address is that of the photo, of the odai or of the boke."""
        page = numbered(url)
        ids = {"odai": self.odai_ids, "boke": self.boke_ids}
        return photo_key(url) in self.keys or (page is not None and page[1] in ids[page[0]])

    def includes(self, captions: pa.Table) -> pa.ChunkedArray:
        """Return for each caption whether it belongs to this content, or its odai or photo does.

        Args:
            captions: sha256 (of the photo), odai_id, boke_id and, where anything is `unnumbered`, text; a row
                per caption.
        """
        photo = pc.is_in(captions["sha256"], pa.array(self.sha256s, pa.string()))
        odai = pc.is_in(captions["odai_id"], pa.array(self.odai_ids, pa.int64()))
        boke = pc.is_in(captions["boke_id"], pa.array(self.boke_ids, pa.int64()))
        included = pc.or_(pc.or_(photo, odai), boke)
        if not self.unnumbered:
            return included
        told = pc.binary_join_element_wise(captions["sha256"], captions["text"], "\n")
        alone = pc.and_(captions["boke_id"].is_null(), pc.is_in(told, pa.array(self.unnumbered, pa.string())))
        return pc.or_(included, alone)
