"""JSON Schemas of answers, made from their types; what docstrings say of a field is its description."""

import inspect
import re
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

_FIELDS = re.compile(r"\n\n(?:Args|Attributes):\n")
_FIELD = re.compile(r"^ {4}(\w+(?:, \w+)*): (.+(?:\n {5,}.+)*)", re.MULTILINE)


def schema(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the documents of a type."""
    made = TypeAdapter(kind).json_schema(mode="serialization", schema_generator=_Generator)
    for definition in (made, *made.get("$defs", {}).values()):
        _describe(definition)
    return {"$schema": GenerateJsonSchema.schema_dialect, **made}


class _Generator(GenerateJsonSchema):
    """Makes schemas as pydantic does, with all fields that a type has, and no titles that repeat names."""

    def float_schema(self, schema: Any) -> dict[str, Any]:
        return {"type": ["number", "null"]}  # null where it is not finite: see `store.answers.answer.text`

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        inner = self.generate_inner(schema["schema"])
        return inner if "null" in inner.get("type", "") else super().nullable_schema(schema)

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])  # an answer has it, whether it is the default or not

    def field_is_required(self, field: Any, total: bool) -> bool:
        return field["type"] != "typed-dict-field" or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _describe(definition: dict[str, Any]) -> None:
    """Move what a docstring says of fields to these."""
    if "description" not in definition:
        return
    said, *sections = _FIELDS.split(inspect.cleandoc(definition["description"]))
    definition["description"] = _line(said)
    for names, meaning in _FIELD.findall("".join(sections)):
        for name in names.split(", "):
            if name in definition.get("properties", {}):
                definition["properties"][name]["description"] = _line(meaning)


def _line(text: str) -> str:
    return re.sub(r"\bNone\b", "null", " ".join(text.split()))
