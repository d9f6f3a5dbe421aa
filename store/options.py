"""The base of every stage's settings."""

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Settings of one stage: typed, immutable, unknown keys refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
