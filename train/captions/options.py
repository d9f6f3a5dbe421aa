"""The settings of decoding: how captions are generated from a model.

There is no other list of them: the options of `bokeru caption`, with their help and defaults, are made from
this one, and the browser app narrows it.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from store.errors import UsageError
from store.options import Options

Strategy = Literal["greedy", "beam", "sample", "mismatch", "best-of"]


class DecodingOptions(Options, strict=False):
    """How captions are generated."""

    strategy: Strategy = "sample"
    """The likeliest token each time, beam search, at random, the best caption of another photo, or of several
    that are drawn at random those that the ranker likes most (train.ranker). At random is the default: a
    search ends in the same safe words under most photos, and those are no joke."""
    n: int = Field(1, ge=1, le=100)
    """Captions per photo; greedy has only one, a mismatch one for each of so many other photos."""
    beam_width: int = Field(3, ge=1, le=100)
    """Unfinished captions that a beam search keeps; at least n are kept."""
    length_normalisation: float = Field(0.0, ge=0, le=4)
    """Beams are ranked by log-probability divided by length to this power; 0 favours short captions."""
    no_repeat: int | None = Field(None, ge=1, le=20)
    """No n-gram of this many tokens occurs twice in a caption; unset, all may."""
    temperature: float = Field(1.0, ge=0.01, le=100)
    """Sampling divides log-probabilities by it: below 1 plays safe, above 1 is bolder."""
    top_k: int | None = Field(None, ge=1)
    """Sampling draws among this many likeliest tokens; unset, among all."""
    top_p: float | None = Field(None, gt=0, le=1)
    """Sampling draws among the fewest tokens that together hold this probability; unset, among all."""
    seed: int = Field(0, ge=0, lt=2**63)
    """The same photo, settings and seed give the same samples, whatever else is in the batch."""
    max_tokens: int | None = Field(None, ge=1, le=1000)
    """The longest caption in tokens; unset, as long as the model was trained for."""
    draws: int = Field(16, ge=1, le=256)
    """Captions that best-of draws at random and chooses from; at least n are drawn."""
    distance: float = Field(0.8, ge=0, le=2)
    """How far a mismatch's other photo is by its vector: 0 the same, 1 unrelated, 2 the opposite."""
    forbidden: tuple[str, ...] = Field((), max_length=100)
    """Words that no caption may hold, not even across tokens."""
    unknown: bool = False
    """Whether captions may hold <UNK>, which stands for words that the model does not know."""

    @property
    def is_normalised(self) -> bool:
        """Whether captions are ranked by something other than their log-probability."""
        return self.strategy == "beam" and self.length_normalisation > 0


def parse_decoding(settings: Mapping[str, Any]) -> DecodingOptions:
    """Validate decoding settings.

    Raises:
        UsageError: a setting that does not exist or has a value it cannot have; the message names it and what
            is allowed.
    """
    try:
        return DecodingOptions.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise UsageError(
                f"There is no decoding setting {name!r}. There are: {', '.join(DecodingOptions.model_fields)}"
            ) from None
        raise UsageError(f"{name} cannot be {first['input']!r}: {first['msg']}") from None
