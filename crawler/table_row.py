"""A table's row as a Scrapy item: ItemAdapter tells its fields, their types and how to export them.

Feeds, contracts, Spidermon and the pipelines of others ask there, whatever an item is made of.
"""

from collections.abc import Iterator, KeysView
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar

import pyarrow as pa
from itemadapter.adapter import DictAdapter, ItemAdapter

Meta = MappingProxyType[str, Any]


class TableRow(dict[str, object]):
    """A row of one of the crawl's tables; `columns` are its fields."""

    columns: ClassVar[pa.Schema]

    @property
    def photo_name(self) -> str | None:
        """The photo's name as exports have it: sha256, and an ending by its format; None without a photo."""
        if self.get("bytes") is None:
            return None
        ending = "jpg" if self["format"] in ("jpeg", "mpo") else self["format"]
        return f"{self['sha256']}.{ending}"


class RowAdapter(DictAdapter):
    """What ItemAdapter does with a `TableRow`, which has every column of its table: None where it names none.

    The metadata of a field are its Arrow `type`, `json_schema_extra` for ItemAdapter.get_json_schema, and a
    `serializer` where Scrapy's exporters need one: photos stand in feeds by their names, times as ISO 8601.
    """

    item: TableRow

    @classmethod
    def is_item(cls, item: object) -> bool:
        """Tell whether an item is a row."""
        return isinstance(item, TableRow)

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        """Tell whether a class is one of rows."""
        return issubclass(item_class, TableRow)

    @classmethod
    def get_field_names_from_class(cls, item_class: type[TableRow]) -> list[str]:
        """Return the names of the table's columns."""
        return list(item_class.columns.names)

    @classmethod
    def get_field_meta_from_class(
        cls, item_class: type[TableRow], field_name: str
    ) -> MappingProxyType[str, Any]:
        """Return what is known of a field.

        Raises:
            KeyError: the table has no such column.
        """
        if field_name not in item_class.columns.names:
            raise KeyError(f"{item_class.__name__} does not support field: {field_name}")
        return _meta(item_class.columns.field(field_name).type)

    @classmethod
    def get_json_schema(cls, item_class: type[TableRow], *, _state: Any = None) -> dict[str, Any]:
        """Return the JSON Schema of a row as feeds have it: every column is there, and may be null."""
        properties = {field.name: _json_type(field.type) for field in item_class.columns}
        return {"type": "object", "additionalProperties": False, "properties": properties,
                "required": list(properties)}  # fmt: skip

    def get_field_meta(self, field_name: str) -> Meta:
        """Return what is known of this row's field; the serializer of a photo's bytes gives its name."""
        meta = self.get_field_meta_from_class(type(self.item), field_name)
        if pa.types.is_binary(meta["type"]):
            return MappingProxyType({**meta, "serializer": lambda _: self.item.photo_name})
        return meta

    def field_names(self) -> KeysView[str]:
        """Return the names of the table's columns."""
        return KeysView(self)

    def __getitem__(self, field_name: str) -> object:
        self.get_field_meta_from_class(type(self.item), field_name)
        return self.item.get(field_name)

    def __setitem__(self, field_name: str, value: object) -> None:
        self.get_field_meta_from_class(type(self.item), field_name)
        super().__setitem__(field_name, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.item.columns.names)

    def __len__(self) -> int:
        return len(self.item.columns)


@cache
def _meta(kind: pa.DataType) -> Meta:
    meta = {"type": kind, "json_schema_extra": _json_type(kind)}
    return MappingProxyType(meta | ({"serializer": _with_times_as_text} if _holds_time(kind) else {}))


def _with_times_as_text(value: object) -> object:
    """Return a value with its times in ISO 8601; Scrapy's exporters would drop zone and microseconds."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return [_with_times_as_text(one) for one in value]
    if isinstance(value, dict):
        return {name: _with_times_as_text(one) for name, one in value.items()}
    return value


def _holds_time(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(_holds_time(field.type) for field in kind)
    return _holds_time(kind.value_type) if pa.types.is_list(kind) else bool(pa.types.is_timestamp(kind))


def _json_type(kind: pa.DataType) -> dict[str, Any]:
    """Return the JSON Schema of a column's values in feeds."""
    if pa.types.is_struct(kind):
        properties = {field.name: _json_type(field.type) for field in kind}
        return {"type": ["object", "null"], "properties": properties}
    if pa.types.is_list(kind):
        return {"type": ["array", "null"], "items": _json_type(kind.value_type)}
    if pa.types.is_timestamp(kind):
        return {"type": ["string", "null"], "format": "date-time"}
    if pa.types.is_integer(kind):
        return {"type": ["integer", "null"]}
    return {"type": ["number" if pa.types.is_floating(kind) else "string", "null"]}


# First: Scrapy's own for dicts would take a row, and know of no fields.
ItemAdapter.ADAPTER_CLASSES.appendleft(RowAdapter)  # type: ignore[attr-defined]
