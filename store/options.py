"""The base of every stage's settings."""

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
