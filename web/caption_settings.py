"""How captions are written in the browser: the decoding settings that it offers, some within narrower bounds.

Defaults, meanings and all other bounds are those of `train.captions.options.DecodingOptions`.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from train.captions.options import DecodingOptions, Strategy

Bound = float | None
LIMITS: dict[str, tuple[float, float]] = {
    "n": (1, 10),
    "beam_width": (1, 20),
    "temperature": (0.05, 5),
    "top_k": (1, 100_000),
    "seed": (0, 2**31 - 1),
}
"""The least and the greatest value in the browser, where visitors share one machine."""


def _empty_as_none(value: object) -> object:
    return None if value == "" else value  # a form sends an empty field as ""


OptionalInt = Annotated[int | None, BeforeValidator(_empty_as_none)]
OptionalFloat = Annotated[float | None, BeforeValidator(_empty_as_none)]


def allowed(name: str) -> dict[str, float]:
    """Return the bounds of a setting of `DecodingOptions`, by `ge`, `gt`, `le` and `lt`."""
    found = (
        (kind, getattr(bound, kind, None))
        for bound in DecodingOptions.model_fields[name].metadata
        for kind in ("ge", "gt", "le", "lt")
    )
    return {kind: value for kind, value in found if value is not None}


def offered(name: str) -> Any:
    """Return a field that is a setting of `DecodingOptions`, with `LIMITS` in the API's documentation."""
    setting = DecodingOptions.model_fields[name]
    limits = dict(zip(("minimum", "maximum"), LIMITS.get(name, ()), strict=False))
    # A limit is the one to name: whoever is told of the wider bound would be refused once more.
    bounds: dict[str, Any] = {} if limits else {**allowed(name)}
    return Field(setting.default, description=setting.description, json_schema_extra={**limits}, **bounds)


class CaptionSettings(BaseModel):
    """How captions are written. An empty field sets no limit."""

    # Docstrings below fields become the API's documentation; NaN and infinity would pass every bound.
    model_config = ConfigDict(use_attribute_docstrings=True, allow_inf_nan=False)

    strategy: Strategy = offered("strategy")
    n: int = offered("n")
    seed: int = offered("seed")
    beam_width: int = offered("beam_width")
    length_normalisation: float = offered("length_normalisation")
    no_repeat: OptionalInt = offered("no_repeat")
    temperature: float = offered("temperature")
    top_k: OptionalInt = offered("top_k")
    top_p: OptionalFloat = offered("top_p")
    distance: float = offered("distance")
    forbid: str = Field("", max_length=200)
    """Words that no caption may hold, with spaces between them."""

    @field_validator(*LIMITS)
    @classmethod
    def _within_limits(cls, value: float | None, info: ValidationInfo) -> float | None:
        low, high = LIMITS[str(info.field_name)]
        if value is None or low <= value <= high:
            return value
        raise PydanticCustomError(
            "beyond_limit",
            "Here it can be {low} to {high}, since visitors share one machine. The command line takes more",
            {"low": low, "high": high},
        )

    def bounds(self, name: str) -> tuple[Bound, Bound]:
        """Return the least and the greatest value that a field takes, None where there is no such bound."""
        if name in LIMITS:
            return LIMITS[name]
        bounds = allowed(name)
        return bounds.get("ge"), bounds.get("le")

    @property
    def needs_pool(self) -> bool:
        """Whether the captions of other photos are asked for."""
        return self.strategy == "mismatch"

    @property
    def needs_ranker(self) -> bool:
        """Whether a ranker chooses among captions."""
        return self.strategy == "best-of"

    def decoding(self) -> dict[str, Any]:
        """Return the settings of `train.captions.options.DecodingOptions`."""
        shared = DecodingOptions.model_fields.keys() & CaptionSettings.model_fields.keys()
        forbidden = tuple(self.forbid.replace("、", " ").replace(",", " ").split())
        return {**{name: getattr(self, name) for name in shared}, "forbidden": forbidden}
