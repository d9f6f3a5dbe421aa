"""Schemas of types, held to a validator of other people: jsonschema, by the 2020-12 draft."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator

from store.answers.answer import plain
from store.answers.rows import dict_type, row_type
from store.answers.schema import schema


@dataclass
class Photo:
    """A photo, and
    what is said of it.

    Args:
        width, height: in pixels; None where it
            cannot be decoded.
        share: of what
            is bright.
    """

    width: int | None
    height: int | None
    share: float
    name: str = ""
    labels: list[str] = field(default_factory=list)


def valid(kind: Any, value: object) -> bool:
    made = schema(kind)
    Draft202012Validator.check_schema(made)
    return bool(Draft202012Validator(made).is_valid(value))


def test_a_type_as_a_schema() -> None:
    assert schema(Photo) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Photo",
        "description": "A photo, and what is said of it.",
        "type": "object",
        "properties": {
            "width": {
                "anyOf": [{"type": "integer"}, {"type": "null"}],
                "description": "in pixels; null where it cannot be decoded.",
            },
            "height": {
                "anyOf": [{"type": "integer"}, {"type": "null"}],
                "description": "in pixels; null where it cannot be decoded.",
            },
            "share": {"type": ["number", "null"], "description": "of what is bright."},
            "name": {"type": "string"},
            "labels": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["width", "height", "share", "name", "labels"],
    }


def test_answers_are_valid_and_others_are_not() -> None:
    assert valid(Photo, plain(Photo(3, None, float("nan")), Photo))
    assert not valid(Photo, {"width": 3, "height": None, "share": 1.0})
    assert not valid(Photo, {**plain(Photo(3, None, 0.5), Photo), "width": "3"})
    assert valid(list[Photo] | None, None)
    assert valid(list[Photo] | None, [])
    assert not valid(list[Photo] | None, {})


COLUMNS = pa.schema(
    [
        ("url", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("stars", pa.int64()),
        ("share", pa.float32()),
        ("is_new", pa.bool_()),
        ("labels", pa.list_(pa.string())),
        ("outcomes", pa.map_(pa.string(), pa.int64())),
        ("stretches", pa.list_(pa.struct([("pages", pa.int64())]))),
    ]
)
ROW = {
    "url": "a",
    "at": datetime(2026, 1, 2, tzinfo=UTC),
    "stars": 3,
    "share": 0.5,
    "is_new": False,
    "labels": ["x"],
    "outcomes": {"ok": 3},
    "stretches": [{"pages": 3}],
}


def test_rows_of_a_table() -> None:
    kind = row_type("Row", COLUMNS)
    assert valid(kind, plain(ROW, kind))
    assert plain(ROW, kind)["at"] == "2026-01-02T00:00:00Z"
    assert valid(kind, dict.fromkeys(ROW)), "every column may be null"
    assert not valid(kind, {**plain(ROW, kind), "stars": "3"})
    assert not valid(kind, {**plain(ROW, kind), "other": 3})
    assert not valid(kind, {"url": "a"})


def test_photos_are_no_json() -> None:
    with pytest.raises(TypeError, match=r"Row\.image is binary"):
        row_type("Row", pa.schema([("image", pa.binary())]))


def test_dicts_that_others_may_add_to() -> None:
    kind = dict_type("Figures", {"nll": float | None}, meaning="Figures.", is_open=True)
    assert schema(kind)["description"] == "Figures."
    for value in ({"nll": 0.5}, {}, {"nll": None, "theirs": 3}):
        assert plain(value, kind) == value
        assert valid(kind, value)
    assert not valid(kind, {"nll": "0.5"})
