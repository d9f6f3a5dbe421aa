"""Types known only as the program runs: of the rows of a table by its schema, of dicts by their keys."""

from datetime import datetime
from typing import Any, cast

import pyarrow as pa
from pydantic import ConfigDict
from typing_extensions import TypedDict

_PLAIN: tuple[tuple[Any, Any], ...] = (
    (pa.types.is_boolean, bool),
    (pa.types.is_integer, int),
    (pa.types.is_floating, float),
    (pa.types.is_string, str),
    (pa.types.is_timestamp, datetime),
)


def row_type(name: str, columns: pa.Schema | pa.StructType) -> Any:
    """Return the type of a table's rows as `to_pylist` gives them: every column may be null.

    Raises:
        TypeError: a column is of a kind that JSON has not, such as bytes.
    """
    return dict_type(name, {each.name: _type(each.type, name, each.name) | None for each in columns})


def dict_type(name: str, kinds: dict[str, Any], *, meaning: str = "", is_open: bool = False) -> Any:
    """Return the type of dicts with these keys.

    Args:
        kinds: the type of each key's value.
        meaning: its description.
        is_open: any of the keys may be missing, and others be there.
    """
    made: Any = cast(Any, TypedDict)(name, kinds, total=not is_open)
    made.__doc__ = meaning or None
    made.__pydantic_config__ = ConfigDict(extra="allow" if is_open else "forbid")
    return made


def _type(kind: pa.DataType, *names: str) -> Any:
    if pa.types.is_struct(kind):
        return row_type("_".join(names), kind)
    if pa.types.is_map(kind):
        return dict[str, _type(kind.item_type, *names)]  # type: ignore[misc]
    if pa.types.is_list(kind):
        return list[_type(kind.value_type, *names)]  # type: ignore[misc]
    for check, plain in _PLAIN:
        if check(kind):
            return plain
    raise TypeError(f"{'.'.join(names)} is {kind}, which JSON has not")
