"""What a photo says of its rights: who made it, whose it is, how it may be used."""

from dataclasses import asdict, dataclass
from functools import reduce

from store.photo.metadata import data_mining, exif, iptc, xmp
from store.photo.metadata.blocks import Blocks
from store.photo.metadata.by_format import blocks_of
from store.photo.metadata.words import address, plain, text_of


@dataclass(frozen=True)
class Rights:
    """What a photo's metadata say; None where they say nothing.

    Args:
        creator: who made it; several are joined by commas.
        credit: how it is to be credited.
        copyright: the notice.
        licence: the terms of use, in words.
        licence_url: where they stand on the web.
        data_mining: the key of the value of `plus:DataMining`, such as DMI-PROHIBITED-AIMLTRAINING.
    """

    creator: str | None = None
    credit: str | None = None
    copyright: str | None = None
    licence: str | None = None
    licence_url: str | None = None
    data_mining: str | None = None

    def __bool__(self) -> bool:
        return any(self.stated().values())

    @property
    def refusal(self) -> str | None:
        """The words that forbid training on the photo; None where none do."""
        return f"plus:DataMining: {self.data_mining}" if data_mining.prohibits(self.data_mining) else None

    def row(self) -> dict[str, str | None] | None:
        """Return the struct of the column `rights`; None where nothing is said."""
        said = {name: text for name, text in self.stated().items() if name != "data_mining"}
        return said if any(said.values()) else None

    def stated(self) -> dict[str, str | None]:
        """Return what is said, by name."""
        return asdict(self)


NOTHING = Rights()


def rights_of(content: bytes) -> Rights:
    """Return what a photo's metadata say of its rights; broken metadata say nothing, and nothing raises.

    Of the places that say the same, XMP counts before IPTC-IIM, these before EXIF, and PNG's texts last.
    A prohibition counts wherever it stands.
    """
    blocks = blocks_of(content)
    return rights_in(blocks) if blocks else NOTHING


def rights_in(blocks: Blocks) -> Rights:
    """Return the rights that these blocks state."""
    said = [
        *map(xmp.rights, blocks.xmp),
        *map(iptc.rights, blocks.iptc),
        *map(exif.rights, blocks.exif),
        {"creator": plain(blocks.texts.get("author")), "copyright": plain(blocks.texts.get("copyright"))},
        {"licence_url": address(text_of(blocks.url))},
    ]
    stated: dict[str, str | None] = reduce(lambda sure, more: {**more, **_filled(sure)}, said, {})
    refusing = (one["data_mining"] for one in said if data_mining.prohibits(one.get("data_mining")))
    stated["data_mining"] = next(refusing, stated.get("data_mining"))
    return Rights(**stated)


def _filled(stated: dict[str, str | None]) -> dict[str, str | None]:
    return {name: text for name, text in stated.items() if text}
