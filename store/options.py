"""The base of every stage's settings, and how durations and ranges of odai are written there."""

import re
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Settings: typed, immutable, unknown keys refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class StageOptions(Options):
    """The settings of one stage."""

    min_free_gb: float = Field(1, ge=0)
    """Gigabytes to leave free on the disk: with less, the stage ends (exit status 3), and nothing is lost."""

    def of_result(self) -> dict[str, Any]:
        """Return plain values of those settings that what the stage makes depends on."""
        return self.model_dump(mode="json", exclude=set(StageOptions.model_fields))


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_LONGEST = timedelta(days=3650)


def duration(text: str) -> timedelta:
    """Return what a number with a unit means: 90m, 36h, 7d, 2w, 1.5d.

    Raises:
        ValueError: the text is no such duration, or one of nothing, or of over ten years.
    """
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw])", text.strip(), re.ASCII)
    if not match:
        raise ValueError(f"{text!r} is no duration: write a number and s, m, h, d or w, such as 36h or 7d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise ValueError(f"{text!r} is not more than nothing and at most ten years: write such as 36h or 7d")
    return timedelta(seconds=seconds)


def odai_range(text: str) -> tuple[int, int]:
    """Return the first and the last number of a range such as "17" or "1-9000000".

    Raises:
        ValueError: the text is not a range, or an empty one.
    """
    match = re.fullmatch(r"\s*(\d{1,15})\s*(?:-\s*(\d{1,15})\s*)?", text, re.ASCII)
    if not match:
        raise ValueError(f'{text!r} is neither a number nor a range: write "17" or "1-9000000"')
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise ValueError(f"the range {text!r} is empty: write its smaller number first")
    return first, last
