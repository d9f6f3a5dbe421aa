"""The settings of the dataset stage, and the base of every stage's settings."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Settings of one stage: typed, immutable, unknown keys refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class DatasetOptions(Options):
    """`dataset:` in pipelines.yaml."""

    tokenizer: Literal["unidic-lite", "characters"] = "unidic-lite"
    """How captions are cut into tokens: MeCab with unidic-lite, or single characters."""
    min_stars: int = Field(0, ge=0)
    """Captions with fewer stars are left out."""
    min_characters: int = Field(1, ge=1)
    """Shorter captions are left out."""
    max_characters: int = Field(100, ge=1)
    """Longer captions are left out."""
    max_captions_per_photo: int | None = Field(None, ge=1)
    """Keep this many captions of a photo, those with most stars; null keeps all."""
    dev_fraction: float = Field(0.1, ge=0, lt=1)
    """The share of photo groups that the dev split gets, by a keyed hash of the group."""
    split_key: str = "bokeru"
    """The key of that hash: another key draws another split."""
    min_count: int = Field(1, ge=1)
    """Tokens seen less often in train become <UNK>."""
    max_size: int | None = Field(None, ge=4)
    """The largest vocabulary, special tokens counted; null means no limit."""
