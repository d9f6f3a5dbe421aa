"""The documentation page of the API, made from its OpenAPI document without scripts of other sites."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation: where it is sent (`path` or `query`), its type and its meaning."""

    name: str
    location: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Operation:
    """An operation of the API; `takes` are the content types of the request's body."""

    method: str
    path: str
    summary: str
    tag: str
    parameters: tuple[Parameter, ...]
    takes: str


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document, in its order."""
    return [
        _operation(method, path, operation)
        for path, item in document.get("paths", {}).items()
        for method, operation in item.items()
    ]


def _operation(method: str, path: str, operation: dict[str, Any]) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    summary = operation.get("description") or operation.get("summary", "")
    tag = (operation.get("tags") or [""])[0]
    return Operation(method.upper(), path, summary, tag, tuple(_parameters(operation)), ", ".join(content))


def _parameters(operation: dict[str, Any]) -> Iterator[Parameter]:
    for parameter in operation.get("parameters", ()):
        schema = parameter.get("schema", {})
        default = "" if schema.get("default") is None else str(schema["default"])
        meaning = parameter.get("description") or schema.get("description", "")
        yield Parameter(parameter["name"], parameter["in"], _type(schema), default, meaning)


def _type(schema: dict[str, Any]) -> str:
    """Describe a schema in a few words: `integer, 1 to 10`, `train or dev`."""
    # `anyOf` with null is how pydantic writes an optional parameter.
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        return " or ".join(_type(option) for option in options)
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    name = str(schema.get("type", "anything"))
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None:
        return f"{name}, {low} to {high}" if high is not None else f"{name}, from {low}"
    return name
