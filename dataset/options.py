"""The settings of the dataset stage."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from dataset.rights.licences import spdx
from dataset.text.names import name_form
from store.options import StageOptions, odai_range


def _name(written: str) -> str:
    name = name_form(written)
    if not name:
        raise ValueError(f"{written!r} is no name: nothing of it is seen. Write one that the site uses")
    return name


Words = tuple[str, ...]
Names = tuple[Annotated[str, AfterValidator(_name)], ...]
"""Categories or labels, in the form that those of the dataset have."""
Kind = Literal["photo", "illustration", "karuta", "fill-in", "text"]


class DatasetOptions(StageOptions):
    """`dataset:` in pipelines.yaml."""

    also: Words = ()
    """Other pipelines whose crawls and imports are built in, too."""
    tokenizer: Literal["unidic-lite", "ipadic", "characters", "sentencepiece"] = "unidic-lite"
    """How captions are cut into tokens: MeCab with unidic-lite or IPADIC, characters, learned pieces."""
    subwords: int = Field(8_000, ge=1)
    """So many pieces `sentencepiece` learns at most, or as many as there are characters."""

    min_stars: int = Field(0, ge=0)
    """Captions with fewer stars are left out; a caption without known stars counts as 0."""
    min_raters: int = Field(0, ge=0)
    """Captions that fewer people rated are left out; a caption without a known number counts as 0."""
    min_characters: int = Field(1, ge=1)
    """Shorter captions are left out; counted after NFKC, line breaks included."""
    max_characters: int = Field(100, ge=1, le=10_000)
    """Longer captions are left out; counted after NFKC, line breaks included."""
    min_captions_per_photo: int = Field(1, ge=1)
    """Photos with fewer captions are left out; counted after every other filter."""
    max_captions_per_photo: int | None = Field(None, ge=1)
    """Keep this many captions of a photo, those with most stars; null keeps all."""
    categories: Names | None = None
    """Keep only captions of these categories; null keeps all."""
    exclude_categories: Names = ()
    """Leave out captions of these categories."""
    photo_categories: Names | None = None
    """Keep only photos whose odai is of one of these categories; null keeps all."""
    exclude_photo_categories: Names = ()
    """Leave out photos whose odai is of one of these categories."""
    labels: Names | None = None
    """Keep only photos with one of these labels; null keeps all."""
    exclude_labels: Names = ()
    """Leave out photos with one of these labels."""
    min_confidence: float = Field(0.0, ge=0, le=1)
    """A label counts from this confidence on; one without a confidence always counts."""
    exclude_kinds: tuple[Kind, ...] = ("fill-in", "text")
    """Leave out odai of these kinds: their joke is in a text that is not in the caption."""
    sources: Words | None = None
    """Keep only captions from these sources (`bokete.jp`, `bokekan`, `embedded`); null keeps all."""
    exclude_sources: Words = ()
    """Leave out captions from these sources."""
    licences: Words | None = None
    """Keep only captions under one of these licences (SPDX identifiers); null keeps all."""
    photo_licences: Words | None = None
    """Keep only photos under one of these licences (SPDX identifiers); null keeps all."""
    public_only: bool = False
    """Leave out captions whose own licence, or their photo's, is not known to let them be published."""
    credited_only: bool = False
    """Leave out photos of which nobody knows whom to credit."""
    forbidden_words: str | None = None
    """A UTF-8 file, a word per line: captions with any of them are left out. Case and width do not matter."""
    forbidden_words_across: tuple[Literal["kana", "blanks"], ...] = ()
    """`kana`: a forbidden word is found in hiragana and katakana; `blanks`: also with blanks in it."""
    filters: Words = ()
    """Filters of other people's code, asked after ours: entry points, module:name or FILE.py:name."""
    opt_outs: str | None = None
    """A UTF-8 file with `odai 123`, `boke 456`, `photo SHA256` or `url ADDRESS` per line: left out."""
    where: str | None = None
    """Keep only captions for which this is true, such as `width >= 200 and stars > 10 and aspect < 3`."""

    @field_validator("licences", "photo_licences")
    @classmethod
    def _are_licences(cls, licences: Words | None) -> Words | None:
        return None if licences is None else tuple(spdx(licence) or "" for licence in licences)

    near_duplicate_bits: int = Field(4, ge=0, le=8)
    """Photos with a hash within so many of 64 bits are compared; near copies share a group, hence a split."""
    dev_fraction: float = Field(0.1, ge=0, lt=1)
    """The share of photo groups that the dev split gets, by a keyed hash of the group."""
    split_key: str = Field("bokeru", max_length=64)
    """The key of that hash: another key draws another split."""
    dev_odai: Words = ()
    """Odai whose photos are in dev, whatever that hash says: numbers, or ranges such as "17-90"."""
    min_count: int = Field(1, ge=1)
    """Tokens seen less often in train become <UNK>."""
    max_size: int | None = Field(None, ge=4)
    """The largest vocabulary, special tokens counted; null means no limit."""

    @field_validator("dev_odai")
    @classmethod
    def _are_ranges(cls, odai: Words) -> Words:
        for text in odai:
            odai_range(text)
        return odai

    @field_validator("where")
    @classmethod
    def _is_expression(cls, where: str | None) -> str | None:
        if where is not None:
            from dataset.where.expression import parse  # it imports DuckDB, which few settings need

            parse(where)
        return where
